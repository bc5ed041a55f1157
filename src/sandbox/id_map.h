/* SPDX-License-Identifier: Apache-2.0 */
/* Which ids a user namespace has, and which of the machine they are. */
#ifndef CBUILD_SANDBOX_ID_MAP_H
#define CBUILD_SANDBOX_ID_MAP_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { ID_RANGES_MAX = 32 }; /* the kernel takes 340; nobody has as many */

struct id_range {
	uint32_t inside, outside, count;
};

struct id_map {
	struct id_range ranges[ID_RANGES_MAX];
	size_t n;
};

/* Id 0 is this one, and there is no other. */
struct id_map id_map_single(uint32_t id);
/*
 * Adds the ranges that `file` (subuid(5)) gives to a user, by name (may be "") or by number, after
 * what is in the map; how many ids those are.
 */
uint64_t id_map_add_sub_ids(struct id_map *map, const char *file, const char *name, uid_t uid);
/* Every id that this process has, as it is: of "/proc/self/uid_map". */
struct id_map id_map_own(const char *file);

/* "0 1000 1, 1 100000 65536" */
void id_map_format(const struct id_map *map, struct buf *text);

/* The name of a uid in /etc/passwd; "" where it has none. */
void id_map_user_name(uid_t uid, char *ret_name, size_t size);

#endif
