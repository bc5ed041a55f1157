/* SPDX-License-Identifier: Apache-2.0 */
#include "exec/result.h"

#include "base/alloc.h"
#include "base/json.h"

#include <stdlib.h>

void step_result_release(struct step_result *result)
{
	for (size_t i = 0; i < result->n_leftovers; i++)
		for (size_t k = 0; k < LEFTOVER_PATHS_MAX; k++)
			free(result->leftovers[i].paths[k].path);
	free(result->leftovers);
	result->leftovers = NULL;
	result->n_leftovers = 0;
}

/* --- encoding -----------------------------------------------------------------------------------
 */

static json_t *dump_leftover(const struct leftover *leftover)
{
	json_t *object = json_object(), *paths = json_array();

	value_set_text(object, "diffID", digest_format(&leftover->diff_id).text);
	json_object_set_new(object, "rewritten", json_boolean(leftover->is_rewritten));
	json_object_set_new(object, "size", json_integer((json_int_t)leftover->size));
	json_object_set_new(object, "n", json_integer((json_int_t)leftover->n_paths));
	for (size_t i = 0; i < LEFTOVER_PATHS_MAX && leftover->paths[i].path; i++) {
		json_t *path = json_object();
		json_object_set_new(path, "path", value_of_text(leftover->paths[i].path));
		json_object_set_new(path, "size",
				    json_integer((json_int_t)leftover->paths[i].size));
		json_array_append_new(paths, path);
	}
	json_object_set_new(object, "paths", paths);
	return object;
}

static void dump_leftovers(const struct step_result *result, json_t *object)
{
	json_t *list = json_array();

	for (size_t i = 0; i < result->n_leftovers; i++)
		json_array_append_new(list, dump_leftover(&result->leftovers[i]));
	json_object_set_new(object, "leftovers", list);
}

void step_result_encode(const struct step_result *result, struct buf *buf)
{
	cleanup(value_free) json_t *object = json_object();

	value_set_text(object, "key", digest_format(&result->key).text);
	value_set_text(object, "diffID", digest_format(&result->diff_id).text);
	value_set_text(object, "chainID", digest_format(&result->chain_id).text);
	value_set_text(object, "digest", digest_format(&result->digest).text);
	json_object_set_new(object, "size", json_integer((json_int_t)result->size));
	json_object_set_new(object, "compression", json_integer(result->compression));
	json_object_set_new(object, "made", json_integer(result->made));
	json_object_set_new(object, "madeNsec", json_integer(result->made_nsec));
	json_object_set_new(object, "milliseconds", json_integer(result->milliseconds));
	json_object_set_new(object, "members", json_integer((json_int_t)result->n_members));
	json_object_set_new(object, "reused", json_integer((json_int_t)result->n_reused));
	if (result->n_leftovers)
		dump_leftovers(result, object);
	value_write(object, 0, buf);
}

/* --- decoding -----------------------------------------------------------------------------------
 */

static int decode_digest(const json_t *object, const char *name, struct digest *ret_digest,
			 struct error *err)
{
	const char *text = "";

	if (value_get_text(object, name, &text, err) < 0)
		return -1;
	return digest_parse(text, ret_digest, err);
}

static int get_size(const json_t *object, const char *name, uint64_t *ret_size, struct error *err)
{
	int64_t size = 0;

	if (value_get_integer(object, name, &size, err) < 0)
		return -1;
	if (size < 0)
		return error_set(err, ERROR_CORRUPT, "%s: impossible number", name);
	*ret_size = (uint64_t)size;
	return 0;
}

static int decode_leftover(const json_t *object, struct leftover *leftover, struct error *err)
{
	json_t *paths = NULL;

	if (decode_digest(object, "diffID", &leftover->diff_id, err) < 0 ||
	    value_get_bool(object, "rewritten", &leftover->is_rewritten, err) < 0 ||
	    get_size(object, "size", &leftover->size, err) < 0 ||
	    get_size(object, "n", &leftover->n_paths, err) < 0 ||
	    value_get_array(object, "paths", &paths, err) < 0)
		return -1;
	for (size_t i = 0; i < json_array_size(paths) && i < LEFTOVER_PATHS_MAX; i++) {
		const json_t *item = json_array_get(paths, i);
		const char *path = "";
		if (value_get_text(item, "path", &path, err) < 0 ||
		    get_size(item, "size", &leftover->paths[i].size, err) < 0)
			return -1;
		leftover->paths[i].path = xstrdup(path);
	}
	return 0;
}

/* Into *result, which is released by the caller when this fails. */
static int decode_leftovers(const json_t *object, struct step_result *result, struct error *err)
{
	json_t *list = NULL;

	if (value_get_array(object, "leftovers", &list, err) < 0)
		return -1;
	size_t n = json_array_size(list);
	if (n > LEFTOVERS_MAX)
		return error_set(err, ERROR_CORRUPT, "too many leftovers");
	if (!n)
		return 0;
	result->leftovers = xcalloc(n, sizeof(*result->leftovers));
	result->n_leftovers = n;
	for (size_t i = 0; i < n; i++)
		if (decode_leftover(json_array_get(list, i), &result->leftovers[i], err) < 0)
			return -1;
	return 0;
}

int step_result_decode(const char *text, size_t len, struct step_result *ret_result,
		       struct error *err)
{
	cleanup(value_free) json_t *object = NULL;
	cleanup(step_result_release) struct step_result result = { .has_layer = true };
	int64_t size = 0, compression = 0, nsec = 0, n_members = 0, n_reused = 0;

	if (value_read(text, len, "step result", &object, err) < 0 ||
	    decode_digest(object, "key", &result.key, err) < 0 ||
	    decode_digest(object, "diffID", &result.diff_id, err) < 0 ||
	    decode_digest(object, "chainID", &result.chain_id, err) < 0 ||
	    decode_digest(object, "digest", &result.digest, err) < 0 ||
	    value_get_integer(object, "size", &size, err) < 0 ||
	    value_get_integer(object, "compression", &compression, err) < 0 ||
	    value_get_integer(object, "made", &result.made, err) < 0 ||
	    value_get_integer(object, "madeNsec", &nsec, err) < 0 ||
	    value_get_integer(object, "milliseconds", &result.milliseconds, err) < 0 ||
	    value_get_integer(object, "members", &n_members, err) < 0 ||
	    value_get_integer(object, "reused", &n_reused, err) < 0 ||
	    decode_leftovers(object, &result, err) < 0)
		return error_wrap(err, "step result");
	if (size < 0 || nsec < 0 || n_reused < 0 || n_members < n_reused ||
	    compression < LAYER_UNCOMPRESSED || compression > LAYER_ZSTD)
		return error_set(err, ERROR_CORRUPT, "step result with impossible numbers");
	result.size = (uint64_t)size;
	result.n_members = (uint64_t)n_members;
	result.n_reused = (uint64_t)n_reused;
	result.made_nsec = (uint32_t)nsec;
	result.compression = (enum layer_compression)compression;
	*ret_result = result;
	result.leftovers = NULL;
	result.n_leftovers = 0;
	return 0;
}
