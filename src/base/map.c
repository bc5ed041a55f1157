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

static uint64_t hash_of(const char *key)
{
	return XXH3_64bits(key, strlen(key));
}

/* The whole hash is compared before the key: what lies elsewhere in memory is seldom touched. */
static struct map_slot *find_slot(const struct map *map, const char *key, uint64_t hash)
{
	size_t i = (size_t)hash & (map->size - 1);

	while (map->slots[i].key &&
	       (map->slots[i].hash != hash || strcmp(map->slots[i].key, key) != 0))
		i = (i + 1) & (map->size - 1);
	return &map->slots[i];
}

/* Of a key that is not there yet; none need be looked at. */
static struct map_slot *free_slot(const struct map *map, uint64_t hash)
{
	size_t i = (size_t)hash & (map->size - 1);

	while (map->slots[i].key)
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
			*free_slot(map, old.slots[i].hash) = old.slots[i];
	free(old.slots);
}

void *map_get(const struct map *map, const char *key)
{
	return map->len ? find_slot(map, key, hash_of(key))->value : NULL;
}

bool map_has(const struct map *map, const char *key)
{
	return map->len && find_slot(map, key, hash_of(key))->key;
}

void *map_set(struct map *map, const char *key, void *value)
{
	if ((map->len + 1) * 4 > map->size * 3)
		grow(map);
	uint64_t hash = hash_of(key);
	struct map_slot *slot = find_slot(map, key, hash);
	void *before = slot->value;
	if (!slot->key) {
		slot->key = xstrdup(key);
		slot->hash = hash;
		map->len++;
	}
	slot->value = value;
	return before;
}
