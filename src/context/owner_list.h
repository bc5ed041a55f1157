/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who the files of an unpacked archive belong to, where the process may not give them to others:
 * beside the directory, in a file of ours, by inode. Attributes would not do: symlinks cannot have
 * them, nor can every file system carry them. What is not in it belongs to root.
 */
#ifndef CBUILD_CONTEXT_OWNER_LIST_H
#define CBUILD_CONTEXT_OWNER_LIST_H

#include "base/buf.h"
#include "base/error.h"

#include <stdint.h>

/* Being written: records go to the file as they come. */
struct owner_draft {
	int fd; /* borrowed; for reading and writing, empty */
	struct buf pending;
	uint64_t n;
};

#define OWNER_DRAFT_INIT(file)                    \
	{                                         \
		.fd = (file), .pending = BUF_INIT \
	}

void owner_draft_release(struct owner_draft *draft);
DEFINE_RELEASE(struct owner_draft, owner_draft_release);

/* Of `name` in the directory fd, not followed, or of fd itself where name is NULL; the last one of
 * a file counts. */
int owner_draft_add(struct owner_draft *draft, int fd, const char *name, uint32_t uid, uint32_t gid,
		    struct error *err) must_check;
/* Nothing comes any more: puts the file in order. */
int owner_draft_finish(struct owner_draft *draft, struct error *err) must_check;

struct owner_list;

/* Maps the file, which stays the caller's. */
int owner_list_open(int fd, struct owner_list **ret_list, struct error *err) must_check;
void owner_list_close(struct owner_list *list);
DEFINE_CLEANUP(struct owner_list *, owner_list_close);

void owner_list_find(const struct owner_list *list, uint64_t inode, uint32_t *ret_uid,
		     uint32_t *ret_gid);

#endif
