/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RUN --mount=..., a CSV record of key=value (dockerfile-language 6.2). mount_flag_parse takes a
 * function that expands each value where the language says so, since what it needs to know comes
 * from the plan.
 */
#ifndef CBUILD_PARSER_MOUNT_FLAG_H
#define CBUILD_PARSER_MOUNT_FLAG_H

#include "base/arena.h"
#include "base/error.h"
#include "parser/dockerfile.h"

#include <stdbool.h>
#include <stdint.h>

enum mount_sharing { SHARING_SHARED = 0, SHARING_PRIVATE, SHARING_LOCKED };

struct mount_flag {
	enum mount_type type;
	const char *target; /* NULL = not given */
	const char *source; /* NULL = not given */
	const char *from;   /* NULL = not given; never expanded */
	const char *id;
	const char *env; /* secret */
	enum mount_sharing sharing;
	bool is_readonly; /* after the defaults of the type */
	bool is_required;
	bool has_mode, has_uid, has_gid;
	uint32_t mode, uid, gid;
	uint64_t size; /* tmpfs, bytes; 0 = unlimited */
};

typedef int mount_flag_expand(void *context, const char *value, const char **ret_text,
			      struct error *err);

/*
 * Expanded values live as long as what `expand` hands out, the rest in `arena`. expand may be NULL:
 * the early check of the parser, which reads the CSV and `from` and leaves all else alone, so that
 * only ret_mount->from means something.
 */
int mount_flag_parse(const char *value, mount_flag_expand *expand, void *context,
		     struct arena *arena, struct mount_flag *ret_mount, struct error *err)
	must_check;

#endif
