/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a RUN changed: reads an overlay's upper directory (cost follows the change) against the
 * merged view of what lies below it, and lists it in walk order as BuildKit's layers have it:
 * parent directories of what changed, files, hard links to the first name in order, whiteouts; an
 * opaque directory as the whiteouts of what it hides; entries that were copied up and are as
 * before are dropped; sockets are left out; of extended attributes only security.capability.
 */
#ifndef CBUILD_SNAPSHOT_CHANGES_H
#define CBUILD_SNAPSHOT_CHANGES_H

#include "base/arena.h"
#include "base/fs_entry.h"
#include "snapshot/view.h"

struct changes {
	struct arena arena;
	struct fs_entry *items; /* strings in the arena */
	size_t len;
	int upper_fd; /* where files are opened: openat beneath it; borrowed */
};

#define CHANGES_INIT \
	{            \
		0    \
	}

int changes_read(int upper_fd, struct snapshot_view *below, struct changes *ret_changes,
		 struct error *err) must_check;
void changes_release(struct changes *changes);
DEFINE_RELEASE(struct changes, changes_release);

#endif
