/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/key.h"

#include <stdio.h>
#include <string.h>

/* A value longer than this is kept as its start and its digest: enough to say what changed. */
enum { VALUE_KEPT_MAX = 256, VALUE_START = 128 };

static void add_framed(struct hasher *hasher, const void *bytes, size_t len)
{
	uint64_t frame = len;

	hasher_add(hasher, &frame, sizeof(frame));
	hasher_add(hasher, bytes, len);
}

static void keep(struct cache_key *key, const char *name, const char *text)
{
	json_t *pair = json_array();

	json_array_append_new(pair, value_of_text(name));
	json_array_append_new(pair, value_of_text(text));
	json_array_append_new(key->inputs, pair);
}

static void add_bytes(struct cache_key *key, const char *name, const void *value, size_t len)
{
	add_framed(&key->hasher, name, strlen(name));
	add_framed(&key->hasher, value, len);
}

void cache_key_start(struct cache_key *key, const char *kind, unsigned version)
{
	*key = (struct cache_key){ .hasher = HASHER_INIT, .inputs = json_array() };
	hasher_start(&key->hasher);
	cache_key_add_text(key, "kind", kind);
	cache_key_add_number(key, "version", version);
}

void cache_key_add(struct cache_key *key, const char *name, const void *value, size_t len)
{
	struct digest digest = digest_of(value, len);

	add_bytes(key, name, value, len);
	keep(key, name, digest_format(&digest).text);
}

/* Cuts no character of UTF-8 in two. */
static size_t start_len(const char *text)
{
	size_t len = VALUE_START;

	while (len && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	return len;
}

void cache_key_add_text(struct cache_key *key, const char *name, const char *text)
{
	cleanup(buf_release) struct buf shortened = BUF_INIT;
	size_t len = strlen(text);

	add_bytes(key, name, text, len);
	if (len <= VALUE_KEPT_MAX) {
		keep(key, name, text);
		return;
	}
	struct digest digest = digest_of(text, len);
	buf_add(&shortened, text, start_len(text));
	buf_printf(&shortened, "... (%zu bytes, %s)", len, digest_format(&digest).text);
	keep(key, name, shortened.data);
}

void cache_key_add_digest(struct cache_key *key, const char *name, const struct digest *digest)
{
	add_bytes(key, name, digest->bytes, sizeof(digest->bytes));
	keep(key, name, digest_format(digest).text);
}

void cache_key_add_number(struct cache_key *key, const char *name, uint64_t number)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	cache_key_add_text(key, name, text);
}

void cache_key_add_bulk(struct cache_key *key, const char *name, const void *value, size_t len)
{
	add_bytes(key, name, value, len);
}

void cache_key_finish(struct cache_key *key)
{
	key->digest = hasher_finish(&key->hasher);
}

void cache_key_release(struct cache_key *key)
{
	hasher_release(&key->hasher);
	value_free(key->inputs);
	key->inputs = NULL;
}
