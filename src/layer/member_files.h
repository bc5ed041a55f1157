/* SPDX-License-Identifier: Apache-2.0 */
/*
 * members/ of a store: the member index of each layer blob made there, named by the blob's digest
 * as blobs are. Everything here is a hint: what is missing or damaged costs time and nothing else.
 */
#ifndef CBUILD_LAYER_MEMBER_FILES_H
#define CBUILD_LAYER_MEMBER_FILES_H

#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "layer/member_index.h"

enum {
	/* What one layer may look through: the newest indexes, of so many bytes together. */
	MEMBER_FILES_READ_MAX = 1024,
	MEMBER_FILES_BYTES_MAX = 16 * 1024 * 1024
};

/* root_fd: the store; tmp_fd: its folder for what is unfinished. Replaces what is there. */
int member_file_put(int root_fd, int tmp_fd, const struct digest *blob, const struct buf *index,
		    struct error *err) must_check;
/* What is not there is fine. */
int member_file_remove(int root_fd, const struct digest *blob, struct error *err) must_check;
/* 1/0/-1; ERROR_CORRUPT when it is damaged, of another version or of another blob. */
int member_file_read(int root_fd, const struct digest *blob, struct member_index **ret_index,
		     struct error *err) must_check;

typedef int member_file_visitor(void *context, const struct digest *blob, struct error *err);
int member_files_list(int root_fd, member_file_visitor *visit, void *context, struct error *err)
	must_check;

struct member_files {
	struct member_index **items;
	size_t len;
};

void member_files_release(struct member_files *files);
DEFINE_RELEASE(struct member_files, member_files_release);

/*
 * The newest first, within the limits above, of blobs that have more than one member (the others
 * save nothing). Those that cannot be read are left out.
 */
void member_files_load(int root_fd, struct member_files *ret_files);

#endif
