/* SPDX-License-Identifier: Apache-2.0 */
/* A list of owned strings with a NULL behind the last, as execve wants argv and envp. */
#ifndef CBUILD_BASE_STRV_H
#define CBUILD_BASE_STRV_H

#include "base/macros.h"

#include <stddef.h>

struct strv {
	char **items; /* NULL while empty; use strv_items() for a list that is never NULL */
	size_t len, size;
};

#define STRV_INIT          \
	{                  \
		NULL, 0, 0 \
	}

void strv_release(struct strv *strv);
DEFINE_RELEASE(struct strv, strv_release);

void strv_add(struct strv *strv, const char *text);
void strv_addn(struct strv *strv, const char *text, size_t len);
void strv_printf(struct strv *strv, const char *format, ...) printf_like(2, 3);
/* Takes the string over. */
void strv_give(struct strv *strv, char *text);
void strv_add_all(struct strv *strv, const struct strv *other);
char *const *strv_items(const struct strv *strv);

/* An environment: sets NAME=value in place, or adds it behind the last. */
void strv_env_set(struct strv *strv, const char *name, const char *value);
/* The value of NAME, or NULL; borrowed. */
const char *strv_env_get(const struct strv *strv, const char *name);

#endif
