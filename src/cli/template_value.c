/* SPDX-License-Identifier: Apache-2.0 */
#include "template_value.h"

#include "base/macros.h"
#include "base/strv.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* Deeper than any document of an image. */
enum { DEPTH_MAX = 32 };

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void print_at(const json_t *value, unsigned depth, struct buf *out);

static void print_map(const json_t *map, unsigned depth, struct buf *out)
{
	cleanup(strv_release) struct strv keys = STRV_INIT;
	const char *key;
	json_t *item;

	json_object_foreach((json_t *)(uintptr_t)map, key, item) strv_add(&keys, key);
	if (keys.len)
		qsort(keys.items, keys.len, sizeof(*keys.items), compare_texts);
	buf_add_text(out, "map[");
	for (size_t i = 0; i < keys.len; i++) {
		buf_printf(out, "%s%s:", i ? " " : "", keys.items[i]);
		print_at(json_object_get(map, keys.items[i]), depth + 1, out);
	}
	buf_add_char(out, ']');
}

static void print_list(const json_t *list, unsigned depth, struct buf *out)
{
	buf_add_char(out, '[');
	for (size_t i = 0; i < json_array_size(list); i++) {
		buf_add_text(out, i ? " " : "");
		print_at(json_array_get(list, i), depth + 1, out);
	}
	buf_add_char(out, ']');
}

static void print_at(const json_t *value, unsigned depth, struct buf *out)
{
	if (depth > DEPTH_MAX)
		buf_add_text(out, "...");
	else if (!value)
		buf_add_text(out, "<no value>");
	else if (json_is_string(value))
		buf_add(out, json_string_value(value), json_string_length(value));
	else if (json_is_integer(value))
		buf_printf(out, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		buf_printf(out, "%g", json_real_value(value));
	else if (json_is_boolean(value))
		buf_add_text(out, json_is_true(value) ? "true" : "false");
	else if (json_is_object(value))
		print_map(value, depth, out);
	else if (json_is_array(value))
		print_list(value, depth, out);
	else
		buf_add_text(out, "[]"); /* a list of the config that is not there */
}

void template_print(const json_t *value, struct buf *out)
{
	print_at(value, 0, out);
}

static size_t length_of(const json_t *value)
{
	if (json_is_string(value))
		return json_string_length(value);
	return json_is_object(value) ? json_object_size(value) : json_array_size(value);
}

bool template_is_true(const json_t *value)
{
	if (!value || json_is_null(value) || json_is_false(value))
		return false;
	if (json_is_integer(value))
		return json_integer_value(value) != 0;
	return json_is_true(value) || json_is_real(value) || length_of(value) > 0;
}

/* --- functions ---------------------------------------------------------------------------------
 */

typedef int (*function_fn)(json_t *const *arguments, size_t n, json_t **ret_value,
			   struct error *err);

static json_t *text_of(struct buf *buf)
{
	return json_stringn(buf->data, buf->len);
}

static int call_json(json_t *const *arguments, size_t n, json_t **ret_value, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	(void)n;
	(void)err;
	if (arguments[0])
		value_write(arguments[0], 0, &text);
	else
		buf_add_text(&text, "null");
	*ret_value = text_of(&text);
	return 0;
}

static int call_join(json_t *const *arguments, size_t n, json_t **ret_value, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	const char *between = json_string_value(arguments[1]);

	(void)n;
	if (!json_is_array(arguments[0]) || !between)
		return error_set(err, ERROR_USAGE, "join wants a list and a text");
	for (size_t i = 0; i < json_array_size(arguments[0]); i++) {
		buf_add_text(&text, i ? between : "");
		template_print(json_array_get(arguments[0], i), &text);
	}
	*ret_value = text_of(&text);
	return 0;
}

static int call_len(json_t *const *arguments, size_t n, json_t **ret_value, struct error *err)
{
	const json_t *value = arguments[0];

	(void)n;
	if (!json_is_string(value) && !json_is_object(value) && !json_is_array(value))
		return error_set(err, ERROR_USAGE, "len wants a text, a list or a map");
	*ret_value = json_integer((json_int_t)length_of(value));
	return 0;
}

static int call_index(json_t *const *arguments, size_t n, json_t **ret_value, struct error *err)
{
	json_t *value = arguments[0];

	for (size_t i = 1; i < n; i++) {
		if (json_is_object(value) && json_is_string(arguments[i])) {
			value = json_object_get(value, json_string_value(arguments[i]));
			continue;
		}
		json_int_t at = json_integer_value(arguments[i]);
		if (!json_is_array(value) || !json_is_integer(arguments[i]) || at < 0 ||
		    (size_t)at >= json_array_size(value))
			return error_set(err, ERROR_USAGE, "index: there is no such element");
		value = json_array_get(value, (size_t)at);
	}
	/* a map of texts has "" for what it has not, as in Go */
	*ret_value = value ? json_incref(value) : json_string("");
	return 0;
}

static json_t *with_case(const json_t *value, bool is_upper, bool only_first)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	bool is_start = true;

	template_print(value, &text);
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];
		if (is_upper && c >= 'a' && c <= 'z' && (!only_first || is_start))
			text.data[i] = (char)(c - 'a' + 'A');
		else if (!is_upper)
			text.data[i] = text_lower(c);
		is_start = text_is_space(c);
	}
	return text_of(&text);
}

static int call_upper(json_t *const *arguments, size_t n, json_t **ret_value, struct error *err)
{
	(void)n;
	(void)err;
	*ret_value = with_case(arguments[0], true, false);
	return 0;
}

static int call_lower(json_t *const *arguments, size_t n, json_t **ret_value, struct error *err)
{
	(void)n;
	(void)err;
	*ret_value = with_case(arguments[0], false, false);
	return 0;
}

static int call_title(json_t *const *arguments, size_t n, json_t **ret_value, struct error *err)
{
	(void)n;
	(void)err;
	*ret_value = with_case(arguments[0], true, true);
	return 0;
}

static int call_print(json_t *const *arguments, size_t n, json_t **ret_value, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	(void)err;
	for (size_t i = 0; i < n; i++)
		template_print(arguments[i], &text);
	*ret_value = text_of(&text);
	return 0;
}

static int call_println(json_t *const *arguments, size_t n, json_t **ret_value, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	(void)err;
	for (size_t i = 0; i < n; i++) {
		buf_add_text(&text, i ? " " : "");
		template_print(arguments[i], &text);
	}
	buf_add_char(&text, '\n');
	*ret_value = text_of(&text);
	return 0;
}

static int call_eq(json_t *const *arguments, size_t n, json_t **ret_value, struct error *err)
{
	bool is_equal = false;

	(void)err;
	for (size_t i = 1; i < n; i++)
		is_equal |= json_equal(arguments[0], arguments[i]) != 0;
	*ret_value = json_boolean(is_equal);
	return 0;
}

static int call_ne(json_t *const *arguments, size_t n, json_t **ret_value, struct error *err)
{
	(void)n;
	(void)err;
	*ret_value = json_boolean(!json_equal(arguments[0], arguments[1]));
	return 0;
}

static int call_not(json_t *const *arguments, size_t n, json_t **ret_value, struct error *err)
{
	(void)n;
	(void)err;
	*ret_value = json_boolean(!template_is_true(arguments[0]));
	return 0;
}

static const struct {
	const char *name;
	function_fn call;
	size_t min, max;
} functions[] = {
	{ "json", call_json, 1, 1 },
	{ "join", call_join, 2, 2 },
	{ "len", call_len, 1, 1 },
	{ "index", call_index, 1, TEMPLATE_ARGUMENTS_MAX },
	{ "upper", call_upper, 1, 1 },
	{ "lower", call_lower, 1, 1 },
	{ "title", call_title, 1, 1 },
	{ "print", call_print, 0, TEMPLATE_ARGUMENTS_MAX },
	{ "println", call_println, 0, TEMPLATE_ARGUMENTS_MAX },
	{ "eq", call_eq, 2, TEMPLATE_ARGUMENTS_MAX },
	{ "ne", call_ne, 2, 2 },
	{ "not", call_not, 1, 1 },
};

bool template_is_function(const char *name)
{
	for (size_t i = 0; i < countof(functions); i++)
		if (strcmp(functions[i].name, name) == 0)
			return true;
	return false;
}

int template_call(const char *name, json_t *const *arguments, size_t n_arguments,
		  json_t **ret_value, struct error *err)
{
	for (size_t i = 0; i < countof(functions); i++) {
		if (strcmp(functions[i].name, name) != 0)
			continue;
		if (n_arguments < functions[i].min || n_arguments > functions[i].max)
			return error_set(err, ERROR_USAGE, "%s wants another number of arguments",
					 name);
		return functions[i].call(arguments, n_arguments, ret_value, err);
	}
	return error_set(err, ERROR_USAGE,
			 "'%s' is not supported yet (fields, json, join, len, index, upper, lower, "
			 "title, print, println, eq, ne, not, range, if, else, end)",
			 name);
}
