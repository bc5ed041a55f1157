/* SPDX-License-Identifier: Apache-2.0 */
/* A URL becomes a blob; what is remembered of it is a record: its digest, mark and time. */
#include "secret.h"

#include "base/alloc.h"
#include "base/base64.h"
#include "base/json.h"
#include "base/path.h"
#include "base/text.h"
#include "fetch/fetch.h"
#include "store/blob.h"
#include "transfer/transfer.h"

#include <string.h>
#include <time.h>

enum { URL_FORMAT = 1 };

struct memory {
	bool is_there;
	struct fetched_url url;
	char *etag, *modified;
};

static void memory_release(struct memory *memory)
{
	free(memory->etag);
	free(memory->modified);
}
DEFINE_RELEASE(struct memory, memory_release);

/* "Wed, 21 Oct 2015 07:28:00 GMT"; what cannot be read is no time. */
static int64_t parse_http_time(const char *text)
{
	struct tm tm = { 0 };

	if (!text || !strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm))
		return 0;
	time_t seconds = timegm(&tm);
	return seconds > 0 ? (int64_t)seconds : 0;
}

/* The URL itself is not kept: it may hold a signature. */
static void make_key(const char *url, struct cache_key *key)
{
	cache_key_start(key, "url", URL_FORMAT);
	cache_key_add_bulk(key, "url", url, strlen(url));
	cache_key_finish(key);
}

static int read_payload(const char *payload, struct memory *memory)
{
	cleanup(value_free) json_t *object = NULL;
	struct error ignored = ERROR_INIT;
	const char *digest = NULL, *etag = NULL, *modified = NULL;
	int64_t size = 0;

	if (value_read(payload, strlen(payload), "record", &object, &ignored) < 0 ||
	    value_get_text(object, "digest", &digest, &ignored) <= 0 ||
	    value_get_integer(object, "size", &size, &ignored) <= 0 || size < 0 ||
	    value_get_text(object, "etag", &etag, &ignored) < 0 ||
	    value_get_text(object, "lastModified", &modified, &ignored) < 0 ||
	    digest_parse(digest, &memory->url.digest, &ignored) < 0)
		return 0;
	memory->url.size = (uint64_t)size;
	memory->etag = etag ? xstrdup(etag) : NULL;
	memory->modified = modified ? xstrdup(modified) : NULL;
	memory->url.modified = parse_http_time(modified);
	return 1;
}

/* 0 or -1; a record whose blob is gone or wrong is none. */
static int remember(const struct fetch_env *env, const struct cache_key *key, struct memory *memory,
		    struct error *err)
{
	cleanup(cache_record_release) struct cache_record record = { 0 };
	uint64_t size = 0;

	int found = cache_find(env->cache, &key->digest, &record, err);
	if (found <= 0 || !read_payload(record.payload, memory))
		return found < 0 ? -1 : 0;
	found = blob_find(env->store, &memory->url.digest, &size, err);
	if (found <= 0 || size != memory->url.size)
		return found < 0 ? -1 : 0;
	if (record.needs_verification) {
		found = blob_verify(env->store, &memory->url.digest, err);
		if (found <= 0)
			return found;
	}
	memory->is_there = true;
	return 0;
}

static int keep(const struct fetch_env *env, const struct cache_key *key,
		const struct transfer_resource *resource, struct error *err)
{
	cleanup(value_free) json_t *object = json_object();
	cleanup(buf_release) struct buf text = BUF_INIT;

	value_set_text(object, "kind", "url");
	value_set_text(object, "digest", digest_format(&resource->digest).text);
	json_object_set_new(object, "size", json_integer((json_int_t)resource->size));
	value_set_text(object, "etag", resource->etag);
	value_set_text(object, "lastModified", resource->last_modified);
	value_write(object, 0, &text);
	return cache_put(env->cache, key, text.data, err);
}

static void encode_basic(const char *user, struct buf *ret_value)
{
	buf_reserve(ret_value, strlen(user) * 2 + 16);
	buf_add_text(ret_value, "Basic ");
	base64_encode(user, strlen(user), ret_value);
}

/* HTTP_AUTH_HEADER_HOST is the header as it is, HTTP_AUTH_TOKEN_HOST a bearer token. */
static int find_authorization(const struct fetch_env *env, const char *url, struct buf *ret_value,
			      struct error *err)
{
	const char *host = strstr(url, "://") + 3;
	int len = (int)strcspn(host, "/?#:");
	autofree char *header = xasprintf("HTTP_AUTH_HEADER_%.*s", len, host);
	autofree char *token = xasprintf("HTTP_AUTH_TOKEN_%.*s", len, host);

	int found = secret_read(env, header, "", ret_value, err);
	return found ? found : secret_read(env, token, "Bearer ", ret_value, err);
}

static int download(const struct fetch_env *env, const char *written, const struct memory *memory,
		    uint64_t max, struct job_channel *channel, struct transfer_resource *resource,
		    struct error *err)
{
	cleanup(blob_ingest_free) struct blob_ingest *ingest = NULL;
	cleanup(secret_release) struct buf authorization = BUF_INIT;
	struct progress progress = job_progress(channel);
	autofree char *url = NULL, *user = NULL;

	if (source_split_user(written, &url, &user, err) < 0)
		return -1;
	int has_authorization = user ? 1 : find_authorization(env, url, &authorization, err);
	if (user) {
		encode_basic(user, &authorization);
		explicit_bzero(user, strlen(user));
	}
	if (has_authorization < 0 || blob_ingest_new(env->store, &ingest, err) < 0)
		return -1;
	if (transfer_get_url(env->transfer, url, has_authorization ? authorization.data : NULL,
			     memory->is_there ? memory->etag : NULL, max, blob_ingest_fd(ingest),
			     &progress, resource, err) < 0)
		return -1;
	if (!resource->is_modified)
		return 0;
	struct digest digest;
	uint64_t size;
	return blob_ingest_finish(take_ptr(&ingest), &resource->digest, resource->size, true,
				  &digest, &size, err);
}

static int check(const char *url, const struct digest *digest, const struct digest *expected,
		 struct error *err)
{
	cleanup(buf_release) struct buf shown = BUF_INIT;

	if (!expected || digest_equal(digest, expected))
		return 0;
	source_add_printable(url, &shown);
	return error_set(err, ERROR_CORRUPT, "digest mismatch for %s: %s (expected: %s)",
			 shown.data, digest_format(digest).text, digest_format(expected).text);
}

/* Only a strong mark says that not a byte is another. */
static bool is_strong(const char *etag)
{
	return etag && *etag == '"';
}

int fetch_url(const struct fetch_env *env, const char *url, const struct digest *expected,
	      uint64_t max, struct job_channel *channel, struct fetched_url *ret_url,
	      struct error *err)
{
	cleanup(cache_key_release) struct cache_key key = { 0 };
	cleanup(memory_release) struct memory memory = { 0 };
	cleanup(transfer_resource_release) struct transfer_resource resource = { 0 };

	make_key(url, &key);
	if (remember(env, &key, &memory, err) < 0)
		return -1;
	if (memory.is_there && expected && digest_equal(&memory.url.digest, expected)) {
		*ret_url = memory.url;
		return 0;
	}
	if (!is_strong(memory.etag)) {
		free(memory.etag);
		memory.etag = NULL;
	}
	if (download(env, url, &memory, max, channel, &resource, err) < 0)
		return -1;
	if (!resource.is_modified) {
		*ret_url = memory.url;
		return check(url, &memory.url.digest, expected, err);
	}
	/* nothing is remembered of what nobody wanted */
	if (check(url, &resource.digest, expected, err) < 0 || keep(env, &key, &resource, err) < 0)
		return -1;
	*ret_url = (struct fetched_url){ .digest = resource.digest,
					 .size = resource.size,
					 .modified = parse_http_time(resource.last_modified) };
	return 0;
}

/* Go's path.Base of the decoded path, as BuildKit names such files. */
char *fetch_url_name(const char *url)
{
	const char *host = strstr(url, "://");
	const char *path = strchr(host ? host + 3 : url, '/');
	size_t len = path ? strcspn(path, "?#") : 0;
	cleanup(buf_release) struct buf decoded = BUF_INIT;

	for (size_t i = 0; i < len; i++) {
		char hex[3] = { 0 };
		if (path[i] == '%' && i + 2 < len)
			memcpy(hex, path + i + 1, 2);
		bool is_escape =
			strspn(hex, "0123456789abcdefABCDEF") == 2 && strcmp(hex, "00") != 0;
		buf_add_char(&decoded, is_escape ? (char)strtoul(hex, NULL, 16) : path[i]);
		i += is_escape ? 2 : 0;
	}
	while (decoded.len && decoded.data[decoded.len - 1] == '/')
		buf_truncate(&decoded, decoded.len - 1);
	const char *name = path_base_name(decoded.data);
	bool is_name = *name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
	return xstrdup(is_name ? name : "__unnamed__");
}
