/* SPDX-License-Identifier: Apache-2.0 */
#include "copy_memory.h"
#include "state.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/fs_owner.h"
#include "base/mount_fd.h"
#include "base/trace.h"
#include "snapshot/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct snapshot_draft {
	struct snapshots *snapshots;
	int tmp_fd;
	char *name; /* in tmp/: holds upper/ and work/ */
	int fd, upper_fd;
	int mount_fd; /* ours, for the freeze */
	struct digest *parents;
	size_t n_parents;
	struct copy_memory *memory;
};

static void close_fds(struct snapshot_draft *draft)
{
	const int fds[] = { draft->upper_fd, draft->fd };

	mount_fd_close(draft->mount_fd);
	for (size_t i = 0; i < countof(fds); i++)
		if (fds[i] >= 0)
			(void)close(fds[i]);
}

void snapshot_draft_free(struct snapshot_draft *draft)
{
	struct error err = ERROR_INIT;

	if (!draft)
		return;
	close_fds(draft);
	if (fs_remove_tree(draft->tmp_fd, draft->name, &err) < 0)
		trace("snapshot", "draft '%s' is left to be swept: %s", draft->name, err.text);
	copy_memory_free(draft->memory);
	free(draft->parents);
	free(draft->name);
	free(draft);
}

static int make_dir(int dir_fd, const char *name, mode_t mode, int *ret_fd, struct error *err)
{
	if (mkdirat(dir_fd, name, 0700) < 0)
		return error_sys(err, "make directory '%s'", name);
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_sys(err, "open directory '%s'", name);
	*ret_fd = fd;
	/* whatever the umask is */
	if (fchmod(fd, mode) < 0)
		return error_sys(err, "mode of directory '%s'", name);
	return 0;
}

int snapshot_draft_new(struct snapshots *snapshots, struct snapshot_draft **ret_draft,
		       struct error *err)
{
	cleanup(snapshot_draft_free) struct snapshot_draft *draft = NULL;
	cleanup(buf_release) struct buf name = BUF_INIT;

	if (snapshots_settle(snapshots, err) < 0)
		return -1;
	int tmp_fd = snapshots_tmp_fd(snapshots, err);
	if (tmp_fd < 0)
		return -1;
	fs_random_name("snapshot", &name);
	draft = xcalloc(1, sizeof(*draft));
	*draft = (struct snapshot_draft){ .snapshots = snapshots,
					  .tmp_fd = tmp_fd,
					  .name = buf_take(&name),
					  .fd = -1,
					  .upper_fd = -1,
					  .mount_fd = -1 };
	if (make_dir(tmp_fd, draft->name, 0700, &draft->fd, err) < 0 ||
	    make_dir(draft->fd, "upper", 0755, &draft->upper_fd, err) < 0)
		return error_wrap(err, "new snapshot");
	*ret_draft = take_ptr(&draft);
	return 0;
}

int snapshot_draft_fd(const struct snapshot_draft *draft)
{
	return draft->upper_fd;
}

static int give_owner(const struct snapshot_draft *draft, int parent_fd, const struct stat *parent,
		      struct error *err)
{
	struct fs_owner owner = { 0 };

	if (draft->snapshots->flavour->driver->format.has_recorded_owners) {
		if (fs_owner_read(parent_fd, NULL, S_IFDIR, &owner, err) < 0)
			return -1;
		return fs_owner_write(draft->upper_fd, NULL, S_IFDIR, &owner, err);
	}
	if (fchown(draft->upper_fd, parent->st_uid, parent->st_gid) < 0)
		return error_sys(err, "owner of the root of a snapshot");
	return 0;
}

int snapshot_draft_take_root_of(struct snapshot_draft *draft, const struct digest *parent,
				struct error *err)
{
	autoclose int fd = -1;
	struct stat st;

	int found = snapshot_open(draft->snapshots, parent, &fd, err);
	if (found < 0)
		return -1;
	if (!found)
		return error_set(err, ERROR_NOT_FOUND, "snapshot '%s' is not there",
				 digest_hex(parent).text);
	if (fstat(fd, &st) < 0)
		return error_sys(err, "root of snapshot '%s'", digest_hex(parent).text);
	if (give_owner(draft, fd, &st, err) < 0)
		return -1;
	if (fchmod(draft->upper_fd, st.st_mode & 07777) < 0)
		return error_sys(err, "mode of the root of a snapshot");
	return 0;
}

int snapshot_draft_mount(struct snapshot_draft *draft, const struct digest *parents,
			 size_t n_parents, int *ret_mount_fd, struct error *err)
{
	autoclose int work_fd = -1, mount_fd = -1;

	if (n_parents && snapshot_draft_take_root_of(draft, &parents[n_parents - 1], err) < 0)
		return -1;
	if (make_dir(draft->fd, "work", 0700, &work_fd, err) < 0)
		return -1;
	draft->parents = xcalloc(n_parents, sizeof(*parents));
	draft->n_parents = n_parents;
	if (n_parents)
		memcpy(draft->parents, parents, n_parents * sizeof(*parents));
	const struct driver_mount mount = {
		.snapshots = draft->snapshots,
		.ret_memory = &draft->memory,
		.dir_fd = draft->snapshots->flavour->dir_fd,
		.chain_ids = parents,
		.n_chain_ids = n_parents,
		.tmp_fd = draft->tmp_fd,
		.place_fd = mount_fd_place(draft->tmp_fd),
		.upper_fd = draft->upper_fd,
		.work_fd = work_fd,
	};
	if (draft->snapshots->flavour->driver->mount(&mount, &mount_fd, err) < 0)
		return -1;
	draft->mount_fd = fcntl(mount_fd, F_DUPFD_CLOEXEC, 0);
	if (draft->mount_fd < 0)
		return error_sys(err, "overlay");
	*ret_mount_fd = take_fd(&mount_fd);
	return 0;
}

int snapshot_draft_freeze(struct snapshot_draft *draft, struct error *err)
{
	if (draft->mount_fd < 0)
		return 0;
	const struct driver_frozen frozen = {
		.snapshots = draft->snapshots,
		.chain_ids = draft->parents,
		.n_chain_ids = draft->n_parents,
		.mount_fd = draft->mount_fd,
		.upper_fd = draft->upper_fd,
		.memory = draft->memory,
	};
	return draft->snapshots->flavour->driver->freeze(&frozen, err);
}

const struct snapshots *snapshot_draft_snapshots(const struct snapshot_draft *draft)
{
	return draft->snapshots;
}

bool snapshot_draft_has_barrier(const struct snapshot_draft *draft)
{
	return draft->snapshots->flavour->driver->has_barrier;
}

int snapshot_error_held(struct error *err)
{
	(void)error_set(err, ERROR_SYSTEM,
			"something can still write to the files of the step: a process outside "
			"of it holds one open");
	err->sys = EBUSY;
	return -1;
}

/* 1 renamed, 0 somebody else was first. */
static int rename_into_place(const struct snapshot_draft *draft, const char *name,
			     struct error *err)
{
	int dir_fd = draft->snapshots->flavour->dir_fd;

	if (renameat2(draft->fd, "upper", dir_fd, name, RENAME_NOREPLACE) == 0)
		return 1;
	/* where a file system cannot do that: a directory is replaced only by rename if empty */
	if (errno == EINVAL && renameat(draft->fd, "upper", dir_fd, name) == 0)
		return 1;
	if (errno == EEXIST || errno == ENOTEMPTY)
		return 0;
	return error_sys(err, "put snapshot '%s' into place", name);
}

int snapshot_commit(struct snapshot_draft *given, const struct digest *chain_id, struct error *err)
{
	cleanup(snapshot_draft_free) struct snapshot_draft *draft = given;

	return rename_into_place(draft, digest_hex(chain_id).text, err) < 0 ? -1 : 0;
}
