/* SPDX-License-Identifier: Apache-2.0 */
/* One walk over a context: entries in order, files without their digests. */
#ifndef CBUILD_CONTEXT_LISTING_WALK_H
#define CBUILD_CONTEXT_LISTING_WALK_H

#include "listing_format.h"
#include "wanted.h"

#include "base/strv.h"

#include <sys/stat.h>

/* A file whose content is still to be read. */
struct unread_file {
	size_t record;
	struct stat st;
	struct digest digest;
};

/* Two names of one file, at least: its identity, and one of its records. */
struct linked_file {
	dev_t dev;
	ino_t ino;
	size_t record;
};

struct walk_result {
	struct listing_draft draft;
	VEC(struct unread_file) unread;
	VEC(struct linked_file) linked;
	struct strv matched_links; /* symlinks that a pattern names */
};

#define WALK_RESULT_INIT                                              \
	{                                                             \
		{ VEC_INIT, BUF_INIT }, VEC_INIT, VEC_INIT, STRV_INIT \
	}

void walk_result_release(struct walk_result *result);
DEFINE_RELEASE(struct walk_result, walk_result_release);

/* What the memo knows has its digest afterwards. */
int listing_walk(int context_fd, const struct ignore *ignore, const struct wanted *wanted,
		 const struct content_memo *memo, struct walk_result *result, struct error *err)
	must_check;

#endif
