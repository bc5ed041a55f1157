/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a selection lands: the second half of a COPY (dockerfile-language section 7; BuildKit's
 * fsutil/copy): merging of directories, symlinks at the destination, parents, owners, modes.
 */
#ifndef CBUILD_EXEC_COPY_LAND_H
#define CBUILD_EXEC_COPY_LAND_H

#include "copy_select.h"
#include "landing.h"
#include "mode.h"

struct copy_target {
	const struct copy_tree *tree; /* where contents are read */
	const char *destination;      /* cleaned root path, symlinks resolved */
	bool is_dir;		      /* written as a directory */
	bool has_owner;
	uint32_t uid, gid; /* of --chown; 0:0 without */
	bool has_mode;
	struct mode_change mode;
};

int copy_land_match(struct landing *landing, const struct copy_target *target,
		    const struct selection *selection, const struct selected_match *match,
		    struct error *err) must_check;
/* A file whose content is text of the Dockerfile. */
int copy_land_inline(struct landing *landing, const struct copy_target *target, const char *name,
		     const void *data, size_t len, struct error *err) must_check;
/* The tree of an unpacked archive, below the destination; contents by `content`'s open. */
int copy_land_archive(struct landing *landing, const struct copy_target *target,
		      struct snapshot_view *archive, const struct landed_content *content,
		      struct error *err) must_check;

#endif
