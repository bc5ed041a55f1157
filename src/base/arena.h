/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory with one life time: allocate many small things, release all of them at once. Values that
 * live and die together (an AST, a plan) stand in one. Memory is zeroed and suitably aligned;
 * nothing in it is freed by itself.
 */
#ifndef CBUILD_BASE_ARENA_H
#define CBUILD_BASE_ARENA_H

#include "base/macros.h"

#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks;
};

#define ARENA_INIT   \
	{            \
		NULL \
	}

void arena_release(struct arena *arena);
DEFINE_RELEASE(struct arena, arena_release);

void *arena_alloc(struct arena *arena, size_t size) __attribute__((returns_nonnull));
void *arena_array(struct arena *arena, size_t count, size_t size) __attribute__((returns_nonnull));
char *arena_strdup(struct arena *arena, const char *text) __attribute__((returns_nonnull));
char *arena_strndup(struct arena *arena, const char *text, size_t len)
	__attribute__((returns_nonnull));
char *arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((returns_nonnull, format(printf, 2, 3)));

#endif
