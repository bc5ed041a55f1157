/* SPDX-License-Identifier: Apache-2.0 */
/* What the decoders of this folder share. */
#ifndef CBUILD_OCI_DECODE_H
#define CBUILD_OCI_DECODE_H

#include "base/json.h"

#include <stdbool.h>

bool media_type_is_valid(const char *media_type);

/*
 * Go's decoders match keys without regard to case, so "Layers" beside "layers" would be read
 * differently by others than here. A key that only differs from one of ours by case is refused.
 */
int decode_check_keys(const json_t *object, const char *const *keys, size_t n_keys,
		      struct error *err) must_check;

/* object[key] as an object of texts: a copy sorted by key, or NULL where there is none. */
int decode_text_map(const json_t *object, const char *key, json_t **ret_map, struct error *err)
	must_check;

/* A document: its size is checked against `max`, and it is an object. `what` is for errors. */
int decode_document(const char *text, size_t len, size_t max, const char *what, json_t **ret_object,
		    struct error *err) must_check;

/*
 * What a manifest or index says it is against what it was fetched as (`media_type`, may be NULL)
 * and what it looks like: they must agree, and nothing may be both (CVE-2021-41190). The result is
 * its media type, owned by the caller.
 */
int decode_check_kind(const json_t *object, bool is_index, const char *media_type,
		      char **ret_media_type, struct error *err) must_check;

/* A copy with the keys in byte order, as Go writes its maps. */
json_t *decode_sorted_copy(const json_t *object);

#endif
