/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include "base/alloc.h"

#include <string.h>

/* jansson itself recurses over the input; its own limit (2048) is far above ours. */
static bool is_too_deep(const char *text, size_t len)
{
	size_t depth = 0;
	bool in_text = false;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		if (in_text && c == '\\')
			i++;
		else if (c == '"')
			in_text = !in_text;
		else if (!in_text && (c == '{' || c == '['))
			depth++;
		else if (!in_text && (c == '}' || c == ']') && depth)
			depth--;
		if (depth > JSON_DEPTH_MAX)
			return true;
	}
	return false;
}

int value_read(const char *text, size_t len, const char *what, json_t **ret_value,
	       struct error *err)
{
	json_error_t reason;

	if (is_too_deep(text, len))
		return error_set(err, ERROR_CORRUPT, "%s: JSON nested deeper than %d", what,
				 JSON_DEPTH_MAX);
	json_t *value = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &reason);
	if (!value)
		return error_set(err, ERROR_CORRUPT, "%s: bad JSON in line %d: %s", what,
				 reason.line, reason.text);
	*ret_value = value;
	return 0;
}

static int find(const json_t *object, const char *key, bool right_type, const char *type,
		struct error *err)
{
	json_t *value = json_object_get(object, key);

	if (!value || json_is_null(value))
		return 0;
	if (!right_type)
		return error_set(err, ERROR_CORRUPT, "'%s' is not %s", key, type);
	return 1;
}

int value_get_text(const json_t *object, const char *key, const char **ret_text, struct error *err)
{
	json_t *value = json_object_get(object, key);
	int found = find(object, key, json_is_string(value), "text", err);

	if (found > 0 && strlen(json_string_value(value)) != json_string_length(value))
		return error_set(err, ERROR_CORRUPT, "'%s' holds a NUL character", key);
	if (found > 0)
		*ret_text = json_string_value(value);
	return found;
}

int value_get_integer(const json_t *object, const char *key, int64_t *ret_integer,
		      struct error *err)
{
	json_t *value = json_object_get(object, key);
	int found = find(object, key, json_is_integer(value), "an integer", err);

	if (found > 0)
		*ret_integer = json_integer_value(value);
	return found;
}

int value_get_bool(const json_t *object, const char *key, bool *ret_bool, struct error *err)
{
	json_t *value = json_object_get(object, key);
	int found = find(object, key, json_is_boolean(value), "true or false", err);

	if (found > 0)
		*ret_bool = json_is_true(value);
	return found;
}

int value_get_array(const json_t *object, const char *key, json_t **ret_array, struct error *err)
{
	json_t *value = json_object_get(object, key);
	int found = find(object, key, json_is_array(value), "a list", err);

	if (found > 0)
		*ret_array = value;
	return found;
}

int value_get_object(const json_t *object, const char *key, json_t **ret_object, struct error *err)
{
	json_t *value = json_object_get(object, key);
	int found = find(object, key, json_is_object(value), "an object", err);

	if (found > 0)
		*ret_object = value;
	return found;
}

int value_get_texts(const json_t *object, const char *key, struct strv *strv, struct error *err)
{
	json_t *array = NULL, *item;
	size_t i;
	int found = value_get_array(object, key, &array, err);

	if (found <= 0)
		return found;
	json_array_foreach(array, i, item)
	{
		if (!json_is_string(item))
			return error_set(err, ERROR_CORRUPT, "'%s' holds something else than text",
					 key);
		strv_add(strv, json_string_value(item));
	}
	return 1;
}

/* Replaces what is not UTF-8, byte by byte. */
static json_t *repaired_text(const char *text)
{
	static const char REPLACEMENT[] = "\xef\xbf\xbd";
	cleanup(buf_release) struct buf buf = BUF_INIT;

	for (size_t i = 0, len = strlen(text); i < len;) {
		size_t n = 1;
		for (; n <= 4 && i + n <= len; n++) {
			cleanup(value_free) json_t *probe = json_stringn(text + i, n);
			if (probe)
				break;
		}
		if (n <= 4 && i + n <= len) {
			buf_add(&buf, text + i, n);
			i += n;
		} else {
			buf_add_text(&buf, REPLACEMENT);
			i++;
		}
	}
	return json_string(buf.data);
}

static bool is_empty(const json_t *value)
{
	return json_is_null(value) || (json_is_array(value) && !json_array_size(value));
}

const char *value_unknown_member(const json_t *object, const char *const *known, bool allows_empty)
{
	union {
		const json_t *read_only;
		json_t *object;
	} lent = { .read_only = object };
	const char *key;
	json_t *value;

	json_object_foreach(lent.object, key, value)
	{
		size_t i = 0;
		while (known[i] && strcmp(known[i], key) != 0)
			i++;
		if (!known[i] && !(allows_empty && is_empty(value)))
			return key;
	}
	return NULL;
}

json_t *value_of_text(const char *text)
{
	json_t *value = json_string(text);

	return value ? value : repaired_text(text);
}

json_t *value_of_texts(const struct strv *strv)
{
	json_t *array = json_array();

	for (size_t i = 0; i < strv->len; i++)
		json_array_append_new(array, value_of_text(strv->items[i]));
	return array;
}

void value_set_text(json_t *object, const char *key, const char *text)
{
	if (text && *text)
		json_object_set_new(object, key, value_of_text(text));
}

static int add_to_buf(const char *data, size_t len, void *buf)
{
	buf_add(buf, data, len);
	return 0;
}

void value_write(const json_t *value, int indent, struct buf *buf)
{
	size_t flags = JSON_ENCODE_ANY | (indent > 0 ? JSON_INDENT((size_t)indent) : JSON_COMPACT);

	(void)json_dump_callback(value, add_to_buf, buf, flags);
}
