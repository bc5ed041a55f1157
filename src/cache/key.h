/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key of a step: SHA-256 over a canonical list of named inputs, each framed by its length, so
 * that no two different lists can have the same bytes. The names and (short forms of) the values
 * are kept, so that a miss can be explained down to the input that changed.
 *
 *	struct cache_key key; cache_key_start(&key, "run", 1);
 *	cache_key_add(&key, "parent", digest, 32);
 *	cache_key_add_text(&key, "env PATH", value);
 *	cache_key_finish(&key);
 */
#ifndef CBUILD_CACHE_KEY_H
#define CBUILD_CACHE_KEY_H

#include "base/digest.h"
#include "base/json.h"

struct cache_key {
	struct hasher hasher;
	json_t *inputs;	      /* [[name, value], ...] in order */
	struct digest digest; /* after finish */
};

/* kind and format version are the first inputs. */
void cache_key_start(struct cache_key *key, const char *kind, unsigned version);
void cache_key_add(struct cache_key *key, const char *name, const void *value, size_t len);
void cache_key_add_text(struct cache_key *key, const char *name, const char *text);
void cache_key_add_digest(struct cache_key *key, const char *name, const struct digest *digest);
void cache_key_add_number(struct cache_key *key, const char *name, uint64_t number);
/*
 * One of very many inputs (the files of a COPY): hashed as any other, but the record keeps neither
 * name nor value.
 */
void cache_key_add_bulk(struct cache_key *key, const char *name, const void *value, size_t len);
void cache_key_finish(struct cache_key *key);
void cache_key_release(struct cache_key *key);
DEFINE_RELEASE(struct cache_key, cache_key_release);

#endif
