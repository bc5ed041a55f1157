/* SPDX-License-Identifier: Apache-2.0 */
#include "name_table.h"

#include <stdint.h>
#include <string.h>

void name_table_release(struct name_table *table)
{
	map_release(&table->index);
	vec_release(&table->entries);
}

static struct name_entry make_entry(struct arena *arena, const char *name, const char *value)
{
	if (!value) {
		const char *text = arena_strdup(arena, name);
		return (struct name_entry){ .text = text, .name = text };
	}
	size_t len = strlen(name);
	const char *text = arena_printf(arena, "%s=%s", name, value);
	return (struct name_entry){
		.text = text,
		.name = arena_strndup(arena, name, len),
		.value = text + len + 1,
	};
}

size_t name_table_set(struct name_table *table, struct arena *arena, const char *name,
		      const char *value, bool *ret_is_new)
{
	size_t place = (uintptr_t)map_get(&table->index, name);
	struct name_entry entry = make_entry(arena, name, value);

	if (ret_is_new)
		*ret_is_new = place == 0;
	if (place) {
		table->entries.items[place - 1] = entry;
		return place - 1;
	}
	vec_push(&table->entries, entry);
	(void)map_set(&table->index, name, (void *)(uintptr_t)table->entries.len);
	return table->entries.len - 1;
}

const struct name_entry *name_table_find(const struct name_table *table, const char *name)
{
	size_t place = (uintptr_t)map_get(&table->index, name);

	return place ? &table->entries.items[place - 1] : NULL;
}

const char *name_table_get(const struct name_table *table, const char *name)
{
	const struct name_entry *entry = name_table_find(table, name);

	return entry ? entry->value : NULL;
}

void name_table_copy(struct name_table *table, const struct name_table *from)
{
	for (size_t i = 0; i < from->entries.len; i++) {
		vec_push(&table->entries, from->entries.items[i]);
		(void)map_set(&table->index, from->entries.items[i].name,
			      (void *)(uintptr_t)(i + 1));
	}
}

void name_table_add_all(struct name_table *table, struct arena *arena, const struct strv *texts)
{
	for (size_t i = 0; i < texts->len; i++) {
		const char *text = texts->items[i];
		const char *equals = strchr(text, '=');
		if (!equals) {
			(void)name_table_set(table, arena, text, NULL, NULL);
			continue;
		}
		const char *name = arena_strndup(arena, text, (size_t)(equals - text));
		(void)name_table_set(table, arena, name, equals + 1, NULL);
	}
}

void name_table_write(const struct name_table *table, struct strv *texts)
{
	strv_release(texts);
	*texts = (struct strv)STRV_INIT;
	for (size_t i = 0; i < table->entries.len; i++)
		strv_add(texts, table->entries.items[i].text);
}

void name_table_add_pairs(struct name_table *table, struct arena *arena, const struct strv *pairs)
{
	for (size_t i = 0; i + 1 < pairs->len; i += 2)
		(void)name_table_set(table, arena, pairs->items[i], pairs->items[i + 1], NULL);
}

void name_table_write_pairs(const struct name_table *table, struct strv *pairs)
{
	strv_release(pairs);
	*pairs = (struct strv)STRV_INIT;
	for (size_t i = 0; i < table->entries.len; i++) {
		strv_add(pairs, table->entries.items[i].name);
		strv_add(pairs, table->entries.items[i].value);
	}
}
