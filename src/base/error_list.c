/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error_list.h"

#include "base/vec.h"

#include <string.h>

void error_list_release(struct error_list *list)
{
	vec_release(list);
	*list = (struct error_list)ERROR_LIST_INIT;
}

static bool is_same(const struct error *a, const struct error *b)
{
	return a->at.line == b->at.line && a->at.column == b->at.column &&
	       strcmp(a->text, b->text) == 0;
}

static bool is_before(const struct error *a, const struct error *b)
{
	return a->at.line != b->at.line ? a->at.line < b->at.line : a->at.column < b->at.column;
}

/* In the order of the file, whatever the order in which they are found. */
static void insert(struct error_list *list, const struct error *err)
{
	size_t i = list->len;

	vec_push(list, *err);
	for (; i && is_before(err, &list->items[i - 1]); i--)
		list->items[i] = list->items[i - 1];
	list->items[i] = *err;
}

bool error_list_add(struct error_list *list, struct error *err)
{
	size_t i = 0;

	if (!list || list->len == ERROR_LIST_MAX)
		return false;
	while (i < list->len && !is_same(&list->items[i], err))
		i++;
	if (i == list->len)
		insert(list, err);
	*err = (struct error)ERROR_INIT;
	return list->len < ERROR_LIST_MAX;
}

int error_list_end(const struct error_list *list, struct error *err)
{
	if (!list || !list->len)
		return 0;
	*err = list->items[0];
	return -1;
}
