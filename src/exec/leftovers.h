/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a step that just made its layer left behind: files of the layers below it, as far as steps
 * of this build made those, that it deleted or wrote again. Entry by entry of the new layer, each
 * looked up in those layers' snapshots alone: the cost follows what the step changed and deleted.
 */
#ifndef CBUILD_EXEC_LEFTOVERS_H
#define CBUILD_EXEC_LEFTOVERS_H

#include "op.h"

#include "base/map.h"

struct leftovers {
	struct snapshot_view *view; /* of the layers made by steps; NULL = there are none */
	size_t n_layers;
	struct leftover *found; /* two for each layer: deleted, and rewritten */
	uint64_t *sizes;	/* beside the layers, of the entry at hand */
	struct map links;	/* inode with several names -> how many of them are gone */
	char *absent; /* a directory that no layer below has: nothing in it needs a look */
};

void leftovers_release(struct leftovers *leftovers);
DEFINE_RELEASE(struct leftovers, leftovers_release);

/* The snapshots of the step's parents exist. */
int leftovers_begin(const struct step_job *job, struct leftovers *ret_leftovers, struct error *err)
	must_check;
/* An entry of the new layer. */
int leftovers_add(struct leftovers *leftovers, const struct fs_entry *entry, struct error *err)
	must_check;
/* Moves what is worth telling into the result. */
void leftovers_finish(struct leftovers *leftovers, struct step_result *result);

#endif
