/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing array of any type:
 *
 *	VEC(struct change) changes = VEC_INIT;
 *	vec_push(&changes, (struct change){ ... });
 *	for (size_t i = 0; i < changes.len; i++) use(&changes.items[i]);
 *	vec_release(&changes);
 */
#ifndef CBUILD_BASE_VEC_H
#define CBUILD_BASE_VEC_H

#include "base/alloc.h"

#include <stdlib.h>

#define VEC(type)                 \
	struct {                  \
		type *items;      \
		size_t len, size; \
	}
#define VEC_INIT           \
	{                  \
		NULL, 0, 0 \
	}

#define vec_grow(vec)                                                                              \
	do {                                                                                       \
		if ((vec)->len == (vec)->size) {                                                   \
			(vec)->size = (vec)->size ? (vec)->size * 2 : 8;                           \
			(vec)->items = xrealloc((vec)->items, (vec)->size, sizeof(*(vec)->items)); \
		}                                                                                  \
	} while (0)

#define vec_push(vec, ...)                                  \
	do {                                                \
		vec_grow(vec);                              \
		(vec)->items[(vec)->len++] = (__VA_ARGS__); \
	} while (0)

#define vec_release(vec)                      \
	do {                                  \
		free((vec)->items);           \
		(vec)->items = NULL;          \
		(vec)->len = (vec)->size = 0; \
	} while (0)

#endif
