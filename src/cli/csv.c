/* SPDX-License-Identifier: Apache-2.0 */
#include "csv.h"

#include "base/buf.h"
#include "base/text.h"

#include <string.h>

/* Behind the opening quote; leaves *at behind the closing one. */
static int add_quoted(const char **at, struct buf *field, const char *text, struct error *err)
{
	const char *c = *at;

	for (; *c; c++) {
		if (*c == '"' && c[1] != '"')
			break;
		if (*c == '"')
			c++;
		buf_add_char(field, *c);
	}
	if (!*c)
		return error_set(err, ERROR_USAGE, "a quote is not closed in '%s'", text);
	if (c[1] && c[1] != ',')
		return error_set(err, ERROR_USAGE, "text behind a closing quote in '%s'", text);
	*at = c + 1;
	return 0;
}

int csv_split(const char *text, struct strv *ret_fields, struct error *err)
{
	cleanup(strv_release) struct strv fields = STRV_INIT;
	cleanup(buf_release) struct buf field = BUF_INIT;
	const char *at = text;

	for (;;) {
		buf_clear(&field);
		if (*at == '"') {
			at++;
			if (add_quoted(&at, &field, text, err) < 0)
				return -1;
		} else {
			size_t len = strcspn(at, ",");
			if (memchr(at, '"', len))
				return error_set(err, ERROR_USAGE,
						 "a quote stands inside a field in '%s'; quote the "
						 "whole field",
						 text);
			buf_add(&field, at, len);
			at += len;
		}
		strv_add(&fields, field.data);
		if (!*at)
			break;
		at++;
	}
	strv_add_all(ret_fields, &fields);
	return 0;
}

char *csv_cut_key(char *field, char **ret_value)
{
	char *equals = strchr(field, '=');

	*ret_value = equals ? equals + 1 : NULL;
	if (equals)
		*equals = '\0';
	for (char *c = field; *c && *c != '.' && *c != '['; c++)
		*c = text_lower(*c);
	return field;
}
