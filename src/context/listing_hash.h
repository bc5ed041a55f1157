/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the files of a walk whose contents are not remembered. */
#ifndef CBUILD_CONTEXT_LISTING_HASH_H
#define CBUILD_CONTEXT_LISTING_HASH_H

#include "listing_walk.h"

/* Fills in digest and, if the file was changed since the walk, st. */
int listing_hash(int context_fd, const struct listing_draft *draft, struct unread_file *files,
		 size_t n_files, unsigned threads, struct error *err) must_check;

#endif
