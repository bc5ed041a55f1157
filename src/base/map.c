/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include "base/alloc.h"

#include <string.h>
#include <xxhash.h>

void map_release(struct map *map)
{
	for (size_t i = 0; i < map->size; i++)
		free(map->slots[i].key);
	free(map->slots);
	*map = (struct map)MAP_INIT;
}

static struct map_slot *find_slot(const struct map *map, const char *key)
{
	size_t i = XXH3_64bits(key, strlen(key)) & (map->size - 1);

	while (map->slots[i].key && strcmp(map->slots[i].key, key) != 0)
		i = (i + 1) & (map->size - 1);
	return &map->slots[i];
}

static void grow(struct map *map)
{
	struct map old = *map;

	map->size = old.size ? old.size * 2 : 16;
	map->slots = xcalloc(map->size, sizeof(*map->slots));
	for (size_t i = 0; i < old.size; i++)
		if (old.slots[i].key)
			*find_slot(map, old.slots[i].key) = old.slots[i];
	free(old.slots);
}

void *map_get(const struct map *map, const char *key)
{
	return map->len ? find_slot(map, key)->value : NULL;
}

bool map_has(const struct map *map, const char *key)
{
	return map->len && find_slot(map, key)->key;
}

void *map_set(struct map *map, const char *key, void *value)
{
	if ((map->len + 1) * 4 > map->size * 3)
		grow(map);
	struct map_slot *slot = find_slot(map, key);
	void *before = slot->value;
	if (!slot->key) {
		slot->key = xstrdup(key);
		map->len++;
	}
	slot->value = value;
	return before;
}
