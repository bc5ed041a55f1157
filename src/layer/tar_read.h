/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The entries of a layer blob, one after the other, as values: libarchive reads (its tar reader and
 * nothing else of it), hashing and budgets happen where its bytes come in. What is told is not
 * checked for what it would do to a file system; that is for who applies it.
 */
#ifndef CBUILD_LAYER_TAR_READ_H
#define CBUILD_LAYER_TAR_READ_H

#include "decode.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/fs_entry.h"
#include "base/progress.h"

struct tar_options {
	uint64_t max_size, max_entries;
	bool knows_rare; /* bzip2 and xz: an archive that ADD unpacks may be one, a layer may not */
};

/* Strings are the reader's, until the next entry. */
struct tar_item {
	const char *path;   /* as the archive has it */
	enum fs_type type;  /* no FS_SOCKET, no FS_WHITEOUT */
	const char *target; /* of symlink and hard link, as the archive has it */
	uint32_t mode, uid, gid;
	uint64_t size;
	int64_t mtime;
	uint32_t mtime_nsec;
	uint32_t dev_major, dev_minor;
};

struct tar_xattr {
	const char *name;
	const void *value;
	size_t len;
};

struct tar_reader;

/* blob_fd and progress are borrowed; the blob is read from its start. */
int tar_reader_open(int blob_fd, const struct tar_options *options, const struct progress *progress,
		    struct tar_reader **ret_reader, struct error *err) must_check;
void tar_reader_free(struct tar_reader *reader);
DEFINE_CLEANUP(struct tar_reader *, tar_reader_free);

/* 1/0/-1. What was not read of the content of the entry before is passed over. */
int tar_reader_next(struct tar_reader *reader, struct tar_item *ret_item, struct error *err)
	must_check;
/* 1 and a piece of content at its offset (holes are left out), 0 that was all, -1. */
int tar_reader_data(struct tar_reader *reader, const void **ret_data, size_t *ret_len,
		    uint64_t *ret_offset, struct error *err) must_check;
/* 1/0/-1: the next extended attribute of the entry. */
int tar_reader_xattr(struct tar_reader *reader, struct tar_xattr *ret_xattr, struct error *err)
	must_check;
/* Reads on to the very end of the stream, and tells its digest and size. */
int tar_reader_finish(struct tar_reader *reader, struct digest *ret_digest, uint64_t *ret_size,
		      struct error *err) must_check;

/* Bytes of the plain tar without looking at them; *ret_len 0 at the end. Not mixed with the rest.
 */
int tar_reader_bytes(struct tar_reader *reader, const void **ret_data, size_t *ret_len,
		     struct error *err) must_check;

#endif
