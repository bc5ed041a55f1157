/* SPDX-License-Identifier: Apache-2.0 */
#include "context/owner_list.h"

#include "base/alloc.h"
#include "base/fs.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { PENDING_MAX = 64 * 1024 };

struct record {
	uint64_t inode;
	uint64_t number; /* in the order they came: an inode may have been another file's before */
	uint32_t uid, gid;
};

struct owner_list {
	const struct record *records;
	size_t n;
};

/* --- writing ---------------------------------------------------------------------------------- */

void owner_draft_release(struct owner_draft *draft)
{
	buf_release(&draft->pending);
}

static int flush(struct owner_draft *draft, struct error *err)
{
	if (fs_write_all(draft->fd, draft->pending.data, draft->pending.len, err) < 0)
		return error_wrap(err, "the owners of an archive's files");
	buf_clear(&draft->pending);
	return 0;
}

int owner_draft_add(struct owner_draft *draft, int fd, const char *name, uint32_t uid, uint32_t gid,
		    struct error *err)
{
	int flags = name ? AT_SYMLINK_NOFOLLOW : AT_EMPTY_PATH;
	struct stat st;

	if (fstatat(fd, name ? name : "", &st, flags) < 0)
		return error_sys(err, "look at '%s'", name ? name : "what was unpacked");
	struct record record = { .inode = st.st_ino, .number = draft->n++, .uid = uid, .gid = gid };
	buf_add(&draft->pending, &record, sizeof(record));
	return draft->pending.len >= PENDING_MAX ? flush(draft, err) : 0;
}

static int compare(const void *a, const void *b)
{
	const struct record *left = a, *right = b;

	if (left->inode != right->inode)
		return left->inode < right->inode ? -1 : 1;
	return left->number < right->number ? -1 : left->number > right->number;
}

static int map(int fd, int protection, void **ret_data, size_t *ret_n, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_sys(err, "the owners of an archive's files");
	*ret_n = (size_t)st.st_size / sizeof(struct record);
	*ret_data = NULL;
	if (!*ret_n)
		return 0;
	void *data = mmap(NULL, *ret_n * sizeof(struct record), protection, MAP_SHARED, fd, 0);
	if (data == MAP_FAILED)
		return error_sys(err, "map the owners of an archive's files");
	*ret_data = data;
	return 0;
}

int owner_draft_finish(struct owner_draft *draft, struct error *err)
{
	void *data;
	size_t n;

	if ((draft->pending.len && flush(draft, err) < 0) ||
	    map(draft->fd, PROT_READ | PROT_WRITE, &data, &n, err) < 0)
		return -1;
	if (!data)
		return 0;
	qsort(data, n, sizeof(struct record), compare);
	(void)munmap(data, n * sizeof(struct record));
	return 0;
}

/* --- reading ---------------------------------------------------------------------------------- */

int owner_list_open(int fd, struct owner_list **ret_list, struct error *err)
{
	void *data;
	size_t n;

	if (map(fd, PROT_READ, &data, &n, err) < 0)
		return -1;
	struct owner_list *list = xmalloc(sizeof(*list));
	*list = (struct owner_list){ .records = data, .n = n };
	*ret_list = list;
	return 0;
}

void owner_list_close(struct owner_list *list)
{
	if (!list)
		return;
	if (list->n)
		(void)munmap((void *)(uintptr_t)list->records, list->n * sizeof(*list->records));
	free(list);
}

/* The last one of an inode. */
void owner_list_find(const struct owner_list *list, uint64_t inode, uint32_t *ret_uid,
		     uint32_t *ret_gid)
{
	size_t low = 0, high = list->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (list->records[middle].inode <= inode)
			low = middle + 1;
		else
			high = middle;
	}
	bool is_there = low && list->records[low - 1].inode == inode;
	*ret_uid = is_there ? list->records[low - 1].uid : 0;
	*ret_gid = is_there ? list->records[low - 1].gid : 0;
}
