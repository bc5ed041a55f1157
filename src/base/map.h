/* SPDX-License-Identifier: Apache-2.0 */
/*
 * String -> pointer, with open addressing over xxHash64. Keys are copied; values are the caller's
 * and never freed here. A lookup compares the whole key: the hash decides nothing.
 */
#ifndef CBUILD_BASE_MAP_H
#define CBUILD_BASE_MAP_H

#include "base/macros.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_slot {
	char *key; /* NULL = free */
	uint64_t hash;
	void *value;
};

struct map {
	struct map_slot *slots;
	size_t len, size;
};

#define MAP_INIT           \
	{                  \
		NULL, 0, 0 \
	}

void map_release(struct map *map);
DEFINE_RELEASE(struct map, map_release);

/* The value, or NULL. */
void *map_get(const struct map *map, const char *key);
bool map_has(const struct map *map, const char *key);
/* Adds or replaces; returns the value that was there before, or NULL. */
void *map_set(struct map *map, const char *key, void *value);

#endif
