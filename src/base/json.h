/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON values (jansson) with checked access. Reading from outside goes through json_read, which
 * has a ceiling of bytes and depth and refuses duplicate keys (two readers of one document must
 * not see two different things). Getters answer 1 found, 0 absent or null, -1 wrong type.
 */
#ifndef CBUILD_BASE_JSON_H
#define CBUILD_BASE_JSON_H

#include "base/buf.h"
#include "base/error.h"
#include "base/strv.h"

#include <jansson.h>

static inline void value_free(json_t *value)
{
	json_decref(value);
}
DEFINE_CLEANUP(json_t *, value_free);

enum { JSON_DEPTH_MAX = 64 };

/* `what` names the document in errors ("manifest sha256:..."). The result belongs to the caller. */
int value_read(const char *text, size_t len, const char *what, json_t **ret_value,
	       struct error *err) must_check;

/* Borrowed text of object[key]. */
int value_get_text(const json_t *object, const char *key, const char **ret_text, struct error *err)
	must_check;
int value_get_integer(const json_t *object, const char *key, int64_t *ret_integer,
		      struct error *err) must_check;
int value_get_bool(const json_t *object, const char *key, bool *ret_bool, struct error *err)
	must_check;
/* Borrowed array or object. */
int value_get_array(const json_t *object, const char *key, json_t **ret_array, struct error *err)
	must_check;
int value_get_object(const json_t *object, const char *key, json_t **ret_object, struct error *err)
	must_check;
/* Adds the strings of an array to strv. */
int value_get_texts(const json_t *object, const char *key, struct strv *strv, struct error *err)
	must_check;

/*
 * The first member that is none of these (NULL behind the last), or NULL. Borrowed. With
 * allows_empty, not one that is null or an empty array.
 */
const char *value_unknown_member(const json_t *object, const char *const *known, bool allows_empty);

/* New string value; bytes that are not UTF-8 become U+FFFD, as Go's encoder does. */
json_t *value_of_text(const char *text);
json_t *value_of_texts(const struct strv *strv);
/* object[key] = text, unless text is NULL or empty. */
void value_set_text(json_t *object, const char *key, const char *text);

/*
 * Writes compact JSON in the object's own order, as Go's encoder would without HTML escaping. With
 * indent > 0 one member a line.
 */
void value_write(const json_t *value, int indent, struct buf *buf);

#endif
