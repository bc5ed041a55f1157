/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names with values in the order of their first appearance; setting a name again replaces its value
 * where it stands. ENV, LABEL, ARG, EXPOSE and VOLUME all collect in such a table. Texts lie in the
 * arena that is given and are shared by copies of the table.
 */
#ifndef CBUILD_PLAN_NAME_TABLE_H
#define CBUILD_PLAN_NAME_TABLE_H

#include "base/arena.h"
#include "base/map.h"
#include "base/strv.h"
#include "base/vec.h"

#include <stdbool.h>

struct name_entry {
	const char *text; /* "NAME=value", or "NAME" alone */
	const char *name;
	const char *value; /* NULL where there is none */
};

struct name_table {
	struct map index; /* name -> place in entries, plus one */
	VEC(struct name_entry) entries;
};

#define NAME_TABLE_INIT            \
	{                          \
		MAP_INIT, VEC_INIT \
	}

void name_table_release(struct name_table *table);
DEFINE_RELEASE(struct name_table, name_table_release);

/* value may be NULL. Returns the place of the entry; *ret_is_new (may be NULL) tells whether it
 * was not there before. */
size_t name_table_set(struct name_table *table, struct arena *arena, const char *name,
		      const char *value, bool *ret_is_new);
const struct name_entry *name_table_find(const struct name_table *table, const char *name);
/* The value, or NULL: not there, or without one. */
const char *name_table_get(const struct name_table *table, const char *name);
/* Into an empty table. */
void name_table_copy(struct name_table *table, const struct name_table *from);
/* "NAME=value" items, or names alone. The first "=" divides; later doubles win. */
void name_table_add_all(struct name_table *table, struct arena *arena, const struct strv *texts);
/* Replaces the contents of *texts. */
void name_table_write(const struct name_table *table, struct strv *texts);
/* The same of a list of name, value, name, value: a name may hold a "=". */
void name_table_add_pairs(struct name_table *table, struct arena *arena, const struct strv *pairs);
void name_table_write_pairs(const struct name_table *table, struct strv *pairs);

#endif
