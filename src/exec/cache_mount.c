/* SPDX-License-Identifier: Apache-2.0 */
#include "cache_mount.h"

#include "step_key.h"
#include "tree_write.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/fs_owner.h"
#include "image/rootfs.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define CACHE_MOUNTS "cache/mounts"

enum { CACHE_MODE = 0755 };

void cache_mount_release(struct cache_mount *cache)
{
	if (cache->dir_fd >= 0)
		(void)close(cache->dir_fd);
	if (cache->lock_fd >= 0)
		(void)close(cache->lock_fd);
}

static bool has_owner(const struct mount_flag *flag)
{
	return flag->has_mode || flag->has_uid || flag->has_gid;
}

/* Docker makes the directory without the sticky and the set-id bits, whatever the flag says. */
static uint32_t mode_of(const struct mount_flag *flag)
{
	return flag->has_mode ? flag->mode & 0777 : CACHE_MODE;
}

/* What the listing of a context shows of the source, as it counts. */
static int hash_source(const struct exec_context *context, const char *source,
		       struct digest *ret_digest, struct error *err)
{
	cleanup(selection_release) struct selection selection = SELECTION_INIT;
	struct copy_tree tree = copy_tree_of_context(context);
	cleanup(cache_key_release) struct cache_key key;

	cache_key_start(&key, "cache mount", 1);
	if (copy_select_path(&tree, source, &selection, err) < 0)
		return -1;
	selection_add_to_key(&selection, &key);
	cache_key_finish(&key);
	*ret_digest = key.digest;
	return 0;
}

int cache_mount_init(struct cache_mount *cache, const struct step_job *job,
		     const struct run_mount *mount, struct error *err)
{
	const struct mount_flag *flag = &mount->flag;
	cleanup(buf_release) struct buf scope = BUF_INIT;
	struct digest from = exec_tree_chain_id(job->env, mount->from);

	if (mount->from.kind == TREE_CONTEXT &&
	    hash_source(&job->env->contexts[mount->from.index], flag->source, &from, err) < 0)
		return error_place(err, mount->at);
	/* another base or another owner is another cache */
	buf_printf(&scope, "%d %s\n", mount->from.kind, digest_hex(&from).text);
	if (has_owner(flag) && mount->from.kind == TREE_EMPTY && !flag->source)
		buf_printf(&scope, "%o %u:%u", mode_of(flag), flag->uid, flag->gid);
	buf_printf(&scope, "\n%zu %s", flag->source ? strlen(flag->source) : 0,
		   flag->source ? flag->source : "");
	buf_printf(&scope, "\n%s", flag->id);
	struct digest digest = digest_of(scope.data, scope.len);
	*cache = (struct cache_mount){ .mount = mount, .lock_fd = -1, .dir_fd = -1 };
	(void)snprintf(cache->name, sizeof(cache->name), "%s", digest_hex(&digest).text);
	return 0;
}

static int open_lock(int dir_fd, const char *name, int *ret_fd, struct error *err)
{
	autofree char *file = xasprintf("%s.lock", name);
	int fd = openat(dir_fd, file, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return error_sys(err, "lock file of a cache mount");
	*ret_fd = fd;
	return 0;
}

/* 1 taken, 0 somebody has it (not with `waits`), -1. */
static int take_lock(int fd, bool is_shared, bool waits, struct error *err)
{
	struct flock lock = { .l_type = is_shared ? F_RDLCK : F_WRLCK, .l_whence = SEEK_SET };

	while (fcntl(fd, waits ? F_OFD_SETLKW : F_OFD_SETLK, &lock) < 0) {
		if (errno == EINTR)
			continue;
		if (!waits && (errno == EAGAIN || errno == EACCES))
			return 0;
		return error_sys(err, "lock a cache mount");
	}
	return 1;
}

/* The first of its numbered siblings that nobody uses. */
static int lock_private(struct cache_mount *cache, int dir_fd, struct error *err)
{
	for (unsigned i = 0; i < CACHE_MOUNT_PRIVATE_MAX; i++) {
		autoclose int fd = -1;
		char name[CACHE_MOUNT_NAME_SIZE];
		(void)snprintf(name, sizeof(name), i ? "%.64s.%u" : "%.64s", cache->name, i);
		if (open_lock(dir_fd, name, &fd, err) < 0)
			return -1;
		int taken = take_lock(fd, false, false, err);
		if (taken < 0)
			return -1;
		if (!taken)
			continue;
		cache->lock_fd = take_fd(&fd);
		memcpy(cache->name, name, sizeof(name));
		return 0;
	}
	return error_set(err, ERROR_SYSTEM, "cache mount '%s' is in use %d times",
			 cache->mount->flag.id, CACHE_MOUNT_PRIVATE_MAX);
}

static int lock(struct cache_mount *cache, struct step_job *job, enum mount_sharing sharing,
		int dir_fd, struct error *err)
{
	bool is_shared = sharing == SHARING_SHARED;

	if (sharing == SHARING_PRIVATE)
		return lock_private(cache, dir_fd, err);
	if (open_lock(dir_fd, cache->name, &cache->lock_fd, err) < 0)
		return -1;
	int taken = take_lock(cache->lock_fd, is_shared, false, err);
	if (taken)
		return taken < 0 ? -1 : 0;
	job_waiting(job->channel, "cache mount '%s' is in use", cache->mount->flag.id);
	taken = take_lock(cache->lock_fd, is_shared, true, err);
	job_resumed(job->channel);
	return taken < 0 ? -1 : 0;
}

static int fill_from(struct step_job *job, const struct copy_tree *tree, const char *source,
		     int dir_fd, const char *name, struct error *err)
{
	cleanup(selection_release) struct selection selection = SELECTION_INIT;

	if (copy_select_path(tree, source, &selection, err) < 0)
		return -1;
	return tree_write(tree, &selection, step_job_records_owners(job), dir_fd, name, err);
}

/* A new one with `from` starts as a copy of what that has. */
static int fill(struct step_job *job, const struct run_mount *mount, int dir_fd, const char *name,
		struct error *err)
{
	const struct exec_env *env = job->env;
	const char *source = mount->flag.source;

	if (mount->from.kind == TREE_CONTEXT) {
		struct copy_tree tree = copy_tree_of_context(&env->contexts[mount->from.index]);
		return fill_from(job, &tree, source, dir_fd, name, err);
	}
	autofree struct layer_ref *layers = NULL;
	size_t n_layers = exec_tree_layers(env, mount->from, &layers);
	autofree struct digest *chain_ids = NULL;
	size_t n = rootfs_chain_ids(&env->image_env, layers, n_layers, &chain_ids);
	cleanup(snapshot_view_free) struct snapshot_view *view = NULL;

	if (rootfs_ensure(&env->image_env, layers, n_layers, job->channel, err) < 0 ||
	    snapshot_view_open(env->image_env.snapshots, chain_ids, n, &view, err) < 0)
		return -1;
	struct copy_tree tree = copy_tree_of_view(view);
	return fill_from(job, &tree, source, dir_fd, name, err);
}

static int make_empty(const struct mount_flag *flag, bool records_owners, int dir_fd,
		      const char *name, struct error *err)
{
	if (mkdirat(dir_fd, name, 0700) < 0)
		return error_sys(err, "make the directory of a cache mount");
	if (fs_owner_set(records_owners, dir_fd, name, flag->uid, flag->gid, err) < 0)
		return -1;
	if (fchmodat(dir_fd, name, mode_of(flag), 0) < 0)
		return error_sys(err, "make the directory of a cache mount");
	return 0;
}

/* Aside and renamed: it is there whole or not at all. That somebody else was first is fine. */
static int make(struct cache_mount *cache, struct step_job *job, int dir_fd, struct error *err)
{
	const struct run_mount *mount = cache->mount;
	int tmp_fd = store_tmp_fd(job->env->image_env.store);
	cleanup(buf_release) struct buf aside = BUF_INIT;

	fs_random_name("cache", &aside);
	bool is_filled = mount->from.kind != TREE_EMPTY;
	if ((is_filled ? fill(job, mount, tmp_fd, aside.data, err)
		       : make_empty(&mount->flag, step_job_records_owners(job), tmp_fd, aside.data,
				    err)) < 0)
		return -1;
	if (renameat2(tmp_fd, aside.data, dir_fd, cache->name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EEXIST)
		return error_sys(err, "put a cache mount into place");
	return fs_remove_tree(tmp_fd, aside.data, err);
}

/*
 * --no-cache starts one that was given an owner anew, as in BuildKit, and keeps all others. One
 * that another step has mounted just now stays: it may be what a step of this very build began.
 */
static int drop_old(const struct cache_mount *cache, const struct step_job *job, int dir_fd,
		    struct error *err)
{
	int tmp_fd = store_tmp_fd(job->env->image_env.store);
	cleanup(buf_release) struct buf aside = BUF_INIT;

	if (!job->step->no_cache || !has_owner(&cache->mount->flag) ||
	    cache->mount->from.kind != TREE_EMPTY || cache->mount->flag.source)
		return 0;
	/* who shares it holds the lock for reading: alone, we may have it for writing */
	int alone = take_lock(cache->lock_fd, false, false, err);
	if (alone < 0)
		return -1;
	if (!alone) {
		job_note(job->channel, "cache mount '%s' is in use and is not started anew",
			 cache->mount->flag.id);
		return 0;
	}
	fs_random_name("old-cache", &aside);
	if (renameat2(dir_fd, cache->name, tmp_fd, aside.data, 0) < 0)
		return errno == ENOENT ? 0 : error_sys(err, "move a cache mount away");
	return fs_remove_tree(tmp_fd, aside.data, err);
}

static int open_made(struct cache_mount *cache, int dir_fd, struct error *err)
{
	cache->dir_fd = openat(dir_fd, cache->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (cache->dir_fd >= 0)
		return 1;
	return errno == ENOENT ? 0 : error_sys(err, "open the directory of a cache mount");
}

/* The directory, made where it is not there. */
static int ensure(struct cache_mount *cache, struct step_job *job, int dir_fd, struct error *err)
{
	int found = open_made(cache, dir_fd, err);

	if (found)
		return found < 0 ? -1 : 0;
	if (make(cache, job, dir_fd, err) < 0)
		return -1;
	found = open_made(cache, dir_fd, err);
	if (found == 0)
		return error_set(err, ERROR_SYSTEM, "the directory of a cache mount went away");
	return found < 0 ? -1 : 0;
}

int cache_mount_open_folder(const struct step_job *job, int *ret_fd, struct error *err)
{
	int root_fd = store_root_fd(job->env->image_env.store);

	if (fs_make_dirs(root_fd, CACHE_MOUNTS, 0700, err) < 0)
		return -1;
	int found = fs_open_beneath(root_fd, CACHE_MOUNTS, O_RDONLY | O_DIRECTORY, 0, ret_fd, err);
	return found == 0  ? error_set(err, ERROR_SYSTEM, CACHE_MOUNTS " went away")
	       : found < 0 ? -1
			   : 0;
}

int cache_mount_open(struct cache_mount *cache, struct step_job *job, enum mount_sharing sharing,
		     struct error *err)
{
	autoclose int dir_fd = -1;

	if (cache_mount_open_folder(job, &dir_fd, err) < 0)
		return -1;
	if (lock(cache, job, sharing, dir_fd, err) < 0 || drop_old(cache, job, dir_fd, err) < 0 ||
	    ensure(cache, job, dir_fd, err) < 0)
		return -1;
	/* a lock for writing, if drop_old took one, becomes one for reading again */
	return sharing == SHARING_SHARED && take_lock(cache->lock_fd, true, true, err) < 0 ? -1 : 0;
}
