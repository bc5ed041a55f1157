/* SPDX-License-Identifier: Apache-2.0 */
#include "exec/result.h"

#include "base/json.h"

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
	value_write(object, 0, buf);
}

static int decode_digest(const json_t *object, const char *name, struct digest *ret_digest,
			 struct error *err)
{
	const char *text = "";

	if (value_get_text(object, name, &text, err) < 0)
		return -1;
	return digest_parse(text, ret_digest, err);
}

int step_result_decode(const char *text, size_t len, struct step_result *ret_result,
		       struct error *err)
{
	cleanup(value_free) json_t *object = NULL;
	struct step_result result = { .has_layer = true };
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
	    value_get_integer(object, "reused", &n_reused, err) < 0)
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
	return 0;
}
