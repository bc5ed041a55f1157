/* SPDX-License-Identifier: Apache-2.0 */
#include "device_flag.h"

#include "quote.h"
#include "words.h"

#include "base/text.h"
#include "parser/dockerfile.h"

#include <string.h>
#include <strings.h>

/* One key; what is no known key is the name, if there is none yet. */
static int read_field(const char *field, struct device_flag *flag, struct error *err)
{
	static const char *const keys[] = { "name", "required" };
	const char *equals = strchr(field, '=');
	size_t len = equals ? (size_t)(equals - field) : strlen(field);

	if (len == strlen("required") && strncasecmp(field, "required", len) == 0) {
		flag->is_required = true;
		if (equals && text_parse_bool(equals + 1, &flag->is_required, err) < 0)
			return error_set(err, ERROR_SYNTAX, "invalid value for required: %s",
					 unquoted(equals + 1).text);
		return 0;
	}
	bool is_name = equals && len == strlen("name") && strncasecmp(field, "name", len) == 0;
	if (!flag->name) {
		flag->name = is_name ? equals + 1 : field;
		return 0;
	}
	if (is_name)
		return error_set(err, ERROR_SYNTAX, "device name already set to %s",
				 unquoted(flag->name).text);
	if (!equals)
		return error_set(err, ERROR_SYNTAX, "invalid field '%s' must be a key=value pair",
				 unquoted(field).text);
	cleanup(buf_release) struct buf key = BUF_INIT;
	buf_add(&key, field, len);
	return error_set(err, ERROR_SYNTAX, "unexpected key '%s' in '%s'%s",
			 unquoted(key.data).text, unquoted(field).text,
			 suggestion(key.data, keys, countof(keys)).text);
}

int device_flag_parse(const char *value, struct arena *arena, struct device_flag *ret_flag,
		      struct error *err)
{
	struct device_flag flag = { 0 };
	struct words fields;

	if (words_split_csv(value, arena, &fields, err) < 0)
		return error_wrap(err, "failed to parse csv devices");
	for (size_t i = 0; i < fields.len; i++)
		if (read_field(fields.items[i], &flag, err) < 0)
			return -1;
	if (!flag.name)
		flag.name = "";
	*ret_flag = flag;
	return 0;
}
