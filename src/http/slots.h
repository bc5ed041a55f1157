/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many may run at once, per key ("https://host down"). A key whose server said "too many" gets
 * half of what it had, down to one, and one more after each run of successes.
 */
#ifndef CBUILD_HTTP_SLOTS_H
#define CBUILD_HTTP_SLOTS_H

#include "base/vec.h"

#include <stdbool.h>

enum { SLOTS_WIDEN_AFTER = 16 };

struct slot {
	char *key;
	unsigned width, active, successes;
};

struct slots {
	unsigned width;
	VEC(struct slot *) all;
};

void slots_release(struct slots *slots);
/* NULL when all are taken. */
struct slot *slots_take(struct slots *slots, const char *key);
void slot_give(struct slot *slot);
void slot_note(struct slot *slot, bool was_too_many, unsigned widest);

#endif
