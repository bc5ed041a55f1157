/* SPDX-License-Identifier: Apache-2.0 */
#include "slots.h"

#include <string.h>

void slots_release(struct slots *slots)
{
	for (size_t i = 0; i < slots->all.len; i++) {
		free(slots->all.items[i]->key);
		free(slots->all.items[i]);
	}
	vec_release(&slots->all);
}

static struct slot *find(struct slots *slots, const char *key)
{
	for (size_t i = 0; i < slots->all.len; i++)
		if (strcmp(slots->all.items[i]->key, key) == 0)
			return slots->all.items[i];
	struct slot *slot = xcalloc(1, sizeof(*slot));
	*slot = (struct slot){ .key = xstrdup(key), .width = slots->width };
	vec_push(&slots->all, slot);
	return slot;
}

struct slot *slots_take(struct slots *slots, const char *key)
{
	struct slot *slot = find(slots, key);

	if (slot->active >= slot->width)
		return NULL;
	slot->active++;
	return slot;
}

void slot_give(struct slot *slot)
{
	slot->active--;
}

void slot_note(struct slot *slot, bool was_too_many, unsigned widest)
{
	if (was_too_many) {
		slot->width = slot->width > 1 ? slot->width / 2 : 1;
		slot->successes = 0;
	} else if (slot->width < widest && ++slot->successes >= SLOTS_WIDEN_AFTER) {
		slot->width++;
		slot->successes = 0;
	}
}
