/* SPDX-License-Identifier: Apache-2.0 */
/* Where nothing can be made read-only: who can still write, and whether somebody did. */
#include "state.h"

#include "base/fs.h"
#include "snapshot/view.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

struct look {
	int upper_fd;
	struct hasher hasher;
	bool is_held;
};

static void look_release(struct look *look)
{
	hasher_release(&look->hasher);
}
DEFINE_RELEASE(struct look, look_release);

/*
 * The kernel gives no read lease of a file that is open for writing, a mapping included. Not all
 * file systems have leases, and of a stranger's file only who may (CAP_LEASE) gets one: those are
 * known by their times alone.
 */
static bool is_open_for_writing(int dir_fd, const char *path)
{
	struct error ignored;
	autoclose int fd = -1;

	if (fs_open_beneath(dir_fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0, &fd,
			    &ignored) <= 0)
		return false;
	return fcntl(fd, F_SETLEASE, F_RDLCK) < 0 && errno == EAGAIN;
}

static int visit(void *context, const struct fs_entry *entry, uint64_t dev, uint64_t inode,
		 struct error *err)
{
	struct look *look = context;
	const char *path = *entry->path ? entry->path : ".";
	autoclose int fd = -1;
	struct stat st;

	(void)dev;
	int found = fs_open_beneath(look->upper_fd, path, O_PATH | O_NOFOLLOW, 0, &fd, err);
	if (found < 0)
		return -1;
	if (found == 0 || fstat(fd, &st) < 0) {
		look->is_held = true;
		return 0;
	}
	hasher_add(&look->hasher, entry->path, strlen(entry->path) + 1);
	hasher_add(&look->hasher, &inode, sizeof(inode));
	hasher_add(&look->hasher, &st.st_ctim.tv_sec, sizeof(st.st_ctim.tv_sec));
	hasher_add(&look->hasher, &st.st_ctim.tv_nsec, sizeof(st.st_ctim.tv_nsec));
	if (S_ISREG(st.st_mode) && is_open_for_writing(look->upper_fd, path))
		look->is_held = true;
	return 0;
}

int snapshot_draft_look(const struct snapshot_draft *draft, struct digest *ret_times,
			struct error *err)
{
	cleanup(snapshot_view_free) struct snapshot_view *view = NULL;
	cleanup(look_release) struct look look = { .upper_fd = snapshot_draft_fd(draft),
						   .hasher = HASHER_INIT };

	if (snapshot_view_of_dirs(snapshot_draft_snapshots(draft), &look.upper_fd, 1, &view, err) <
	    0)
		return -1;
	hasher_start(&look.hasher);
	if (snapshot_view_walk(view, "", visit, &look, err) < 0)
		return -1;
	*ret_times = hasher_finish(&look.hasher);
	return look.is_held ? snapshot_error_held(err) : 0;
}
