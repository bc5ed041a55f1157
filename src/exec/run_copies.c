/* SPDX-License-Identifier: Apache-2.0 */
#include "run_copies.h"

#include "tree_write.h"

#include "base/fs.h"
#include "image/rootfs.h"
#include "sandbox/isolation.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/* Everything here is as it is; see copy_aside. */
static const struct snapshot_format plain = { .attribute_prefix = NULL };

bool run_copies_are_needed(const struct step_job *job)
{
	return isolation_mode(job->env->image_env.isolation) == ISOLATION_CHROOT;
}

int run_copies_place(struct run_mounts *mounts, const char *name, struct sandbox_mount *bound,
		     struct error *err)
{
	bound->kind = SANDBOX_MOUNT_PLACED;
	bound->sub_path = arena_strdup(&mounts->arena, name);
	bound->fd = fcntl(mounts->tmp_fd, F_DUPFD_CLOEXEC, 3);
	return bound->fd < 0 ? error_sys(err, "keep the folder of a mount open") : 0;
}

/* The path in the view becomes `*ret_name` in tmp/, which goes with the mounts. */
static int copy_aside(struct run_mounts *mounts, struct snapshot_view *view, const char *path,
		      struct buf *ret_name, bool *ret_is_dir, struct error *err)
{
	cleanup(selection_release) struct selection selection = SELECTION_INIT;
	struct copy_tree tree = copy_tree_of_view(view);

	if (copy_select_path(&tree, path, &selection, err) < 0)
		return -1;
	fs_random_name("mount", ret_name);
	strv_add(&mounts->asides, ret_name->data);
	*ret_is_dir = selection.matches[0].is_dir;
	/* who works in a chroot is root, and owners are real */
	return tree_write(&tree, &selection, false, mounts->tmp_fd, ret_name->data, err);
}

int run_copies_add_tree(struct step_job *job, struct run_mounts *mounts,
			const struct run_mount *mount, struct sandbox_mount *bound,
			struct error *err)
{
	const struct image_env *env = &job->env->image_env;
	autofree struct layer_ref *layers = NULL;
	size_t n_layers = exec_tree_layers(job->env, mount->from, &layers);
	autofree struct digest *chain_ids = NULL;
	size_t n = rootfs_chain_ids(env, layers, n_layers, &chain_ids);
	cleanup(snapshot_view_free) struct snapshot_view *view = NULL;
	cleanup(buf_release) struct buf name = BUF_INIT;
	bool is_dir = false;

	if (rootfs_ensure(env, layers, n_layers, job->channel, err) < 0 ||
	    snapshot_view_open(env->snapshots, chain_ids, n, &view, err) < 0 ||
	    copy_aside(mounts, view, mount->flag.source, &name, &is_dir, err) < 0)
		return -1;
	bound->target_is_file = !is_dir;
	return run_copies_place(mounts, name.data, bound, err);
}

/* --- caches ------------------------------------------------------------------------------------
 */

int run_copies_add_cache(struct step_job *job, struct run_mounts *mounts, struct cache_mount *cache,
			 struct sandbox_mount *bound, struct error *err)
{
	cleanup(snapshot_view_free) struct snapshot_view *view = NULL;
	cleanup(buf_release) struct buf name = BUF_INIT;
	autoclose int dir_fd = -1;
	bool is_dir = false;

	if (cache_mount_open_folder(job, &dir_fd, err) < 0 ||
	    snapshot_view_of_plain(&plain, dir_fd, &view, err) < 0 ||
	    copy_aside(mounts, view, cache->name, &name, &is_dir, err) < 0)
		return -1;
	bound->target_is_file = !is_dir;
	if (run_copies_place(mounts, name.data, bound, err) < 0)
		return -1;
	bound->is_kept = !cache->mount->flag.is_readonly;
	if (bound->is_kept)
		cache->copy = bound->sub_path;
	return 0;
}

/* What the step took away or replaced by something else leaves the cache as it was. */
static int keep_cache(struct run_mounts *mounts, int dir_fd, const struct cache_mount *cache,
		      struct error *err)
{
	cleanup(snapshot_view_free) struct snapshot_view *view = NULL;
	cleanup(buf_release) struct buf name = BUF_INIT;
	struct stat st;
	bool is_dir;

	if (fstatat(mounts->tmp_fd, cache->copy, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : error_sys(err, "look at a cache mount");
	if (snapshot_view_of_plain(&plain, mounts->tmp_fd, &view, err) < 0 ||
	    copy_aside(mounts, view, cache->copy, &name, &is_dir, err) < 0)
		return -1;
	if (renameat2(mounts->tmp_fd, name.data, dir_fd, cache->name, RENAME_EXCHANGE) < 0)
		return error_sys(err, "put a cache mount into place");
	return 0;
}

int run_copies_keep_caches(struct step_job *job, struct run_mounts *mounts, struct error *err)
{
	autoclose int dir_fd = -1;

	for (size_t i = 0; i < mounts->caches.len; i++) {
		const struct cache_mount *cache = &mounts->caches.items[i];
		if (!cache->copy)
			continue;
		if (dir_fd < 0 && cache_mount_open_folder(job, &dir_fd, err) < 0)
			return -1;
		if (keep_cache(mounts, dir_fd, cache, err) < 0)
			return error_wrap(err, "cache mount '%s'", cache->mount->flag.id);
	}
	return 0;
}

/* --- secrets -----------------------------------------------------------------------------------
 */

int run_copies_check_secret(const struct step_job *job, const char *id, struct error *err)
{
	struct statfs fs;

	if (job->env->allows_secrets_on_disk)
		return 0;
	if (fstatfs(store_tmp_fd(job->env->image_env.store), &fs) < 0)
		return error_sys(err, "look at the file system of the store");
	if (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC)
		return 0;
	return error_set(err, ERROR_PERMISSION,
			 "secret '%s' as a file lies in the store while a step runs in a chroot: "
			 "that must be on a tmpfs (--root; in a pod an emptyDir with medium: "
			 "Memory), or --allow secret-on-disk; as a variable (env=) it is never on "
			 "disk",
			 id);
}
