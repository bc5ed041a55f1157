/* SPDX-License-Identifier: Apache-2.0 */
#include "base/strv.h"

#include "base/alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void strv_release(struct strv *strv)
{
	for (size_t i = 0; i < strv->len; i++)
		free(strv->items[i]);
	free(strv->items);
	*strv = (struct strv)STRV_INIT;
}

void strv_give(struct strv *strv, char *text)
{
	if (strv->len + 2 > strv->size) {
		strv->size = strv->size ? strv->size * 2 : 8;
		strv->items = xrealloc(strv->items, strv->size, sizeof(*strv->items));
	}
	strv->items[strv->len++] = text;
	strv->items[strv->len] = NULL;
}

void strv_add(struct strv *strv, const char *text)
{
	strv_give(strv, xstrdup(text));
}

void strv_addn(struct strv *strv, const char *text, size_t len)
{
	strv_give(strv, xstrndup(text, len));
}

void strv_printf(struct strv *strv, const char *format, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	int len = vasprintf(&text, format, args);
	va_end(args);
	strv_give(strv, len < 0 ? xstrdup("") : text);
}

void strv_add_all(struct strv *strv, const struct strv *other)
{
	for (size_t i = 0; i < other->len; i++)
		strv_add(strv, other->items[i]);
}

char *const *strv_items(const struct strv *strv)
{
	static char *const none[] = { NULL };

	return strv->items ? strv->items : none;
}

static size_t find_variable(const struct strv *strv, const char *name, size_t name_len)
{
	size_t i = 0;

	while (i < strv->len &&
	       (strncmp(strv->items[i], name, name_len) != 0 || strv->items[i][name_len] != '='))
		i++;
	return i;
}

void strv_env_set(struct strv *strv, const char *name, const char *value)
{
	size_t i = find_variable(strv, name, strlen(name));
	char *text = xasprintf("%s=%s", name, value);

	if (i == strv->len) {
		strv_give(strv, text);
		return;
	}
	free(strv->items[i]);
	strv->items[i] = text;
}

const char *strv_env_get(const struct strv *strv, const char *name)
{
	size_t name_len = strlen(name);
	size_t i = find_variable(strv, name, name_len);

	return i == strv->len ? NULL : strv->items[i] + name_len + 1;
}
