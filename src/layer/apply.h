/* SPDX-License-Identifier: Apache-2.0 */
/* One archive entry after the other -> the tree. Nothing is followed, nothing outside is touched.
 */
#ifndef CBUILD_LAYER_APPLY_H
#define CBUILD_LAYER_APPLY_H

#include "tar_read.h"
#include "tree.h"

struct apply {
	const struct unpack_options *options;
	struct tree tree;
	struct tar_reader *reader; /* content and attributes of the entry at hand */
	struct buf path, parent, target;
	uint64_t n_skipped_devices;
	bool is_root_opaque;
};

/* All borrowed. */
void apply_init(struct apply *apply, int dir_fd, struct tar_reader *reader,
		const struct unpack_options *options);
void apply_release(struct apply *apply);
DEFINE_RELEASE(struct apply, apply_release);

int apply_item(struct apply *apply, const struct tar_item *item, struct error *err) must_check;
/* Directory modes and times that had to wait. */
int apply_finish(struct apply *apply, struct error *err) must_check;

#endif
