/* SPDX-License-Identifier: Apache-2.0 */
#include "run_mounts.h"

#include "missing.h"
#include "run_copies.h"
#include "run_device.h"
#include "run_secret.h"
#include "run_ssh.h"
#include "tree_write.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/mount_fd.h"
#include "base/path.h"
#include "base/trace.h"
#include "image/rootfs.h"
#include "store/store.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

enum { SECRET_MODE = 0400 };

void run_mounts_release(struct run_mounts *mounts)
{
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < mounts->mounts.len; i++)
		mount_fd_close(mounts->mounts.items[i].fd);
	for (size_t i = 0; i < mounts->drafts.len; i++)
		snapshot_draft_free(mounts->drafts.items[i]);
	for (size_t i = 0; i < mounts->caches.len; i++)
		cache_mount_release(&mounts->caches.items[i]);
	for (size_t i = 0; i < mounts->agents.len; i++)
		agent_proxy_release(&mounts->agents.items[i]);
	for (size_t i = 0; i < mounts->asides.len; i++)
		if (fs_remove_tree(mounts->tmp_fd, mounts->asides.items[i], &err) < 0)
			trace("exec", "'%s' is left to be swept: %s", mounts->asides.items[i],
			      err.text);
	vec_release(&mounts->mounts);
	vec_release(&mounts->drafts);
	vec_release(&mounts->caches);
	vec_release(&mounts->agents);
	strv_release(&mounts->asides);
	strv_release(&mounts->env);
	arena_release(&mounts->arena);
}

static struct sandbox_mount *add(struct run_mounts *mounts, const struct run_mount *mount,
				 enum sandbox_mount_kind kind)
{
	autofree char *path = path_clean(mount->flag.target);

	vec_push(&mounts->mounts, (struct sandbox_mount){
					  .kind = kind,
					  .root_path = arena_strdup(&mounts->arena, path),
					  .fd = -1,
					  .is_readonly = mount->flag.is_readonly,
				  });
	return &mounts->mounts.items[mounts->mounts.len - 1];
}

/* --- bind --------------------------------------------------------------------------------------
 */

/*
 * A copy of what the listing shows of it: the directory itself holds what is ignored, and belongs
 * to somebody. The step may write to its copy; it goes when the step is done.
 */
static int bind_context(struct step_job *job, struct run_mounts *mounts,
			const struct run_mount *mount, struct error *err)
{
	struct copy_tree tree = copy_tree_of_context(&job->env->contexts[mount->from.index]);
	cleanup(selection_release) struct selection selection = SELECTION_INIT;
	cleanup(buf_release) struct buf name = BUF_INIT;

	if (copy_select_path(&tree, mount->flag.source, &selection, err) < 0)
		return -1;
	fs_random_name("mount", &name);
	strv_add(&mounts->asides, name.data);
	if (tree_write(&tree, &selection, step_job_records_owners(job), mounts->tmp_fd, name.data,
		       err) < 0)
		return -1;
	struct sandbox_mount *bound = add(mounts, mount, SANDBOX_MOUNT_FD);
	bound->target_is_file = !selection.matches[0].is_dir;
	if (run_copies_are_needed(job))
		return run_copies_place(mounts, name.data, bound, err);
	bound->fd =
		mount_fd_clone(mounts->tmp_fd, name.data, AT_SYMLINK_NOFOLLOW, mounts->place_fd);
	return bound->fd < 0 ? error_sys(err, "bind '%s'", mount->flag.target) : 0;
}

/* With rw, writes go to an upper directory that nobody keeps. */
static int mount_tree(struct step_job *job, struct run_mounts *mounts,
		      const struct run_mount *mount, int *ret_fd, struct error *err)
{
	struct snapshots *snapshots = job->env->image_env.snapshots;
	autofree struct layer_ref *layers = NULL;
	size_t n_layers = exec_tree_layers(job->env, mount->from, &layers);
	autofree struct digest *chain_ids = NULL;
	size_t n = rootfs_chain_ids(&job->env->image_env, layers, n_layers, &chain_ids);
	struct snapshot_draft *draft = NULL;

	if (rootfs_ensure(&job->env->image_env, layers, n_layers, job->channel, err) < 0)
		return -1;
	if (mount->flag.is_readonly)
		return snapshot_mount(snapshots, chain_ids, n, ret_fd, err);
	if (snapshot_draft_new(snapshots, &draft, err) < 0)
		return -1;
	vec_push(&mounts->drafts, draft);
	return snapshot_draft_mount(draft, chain_ids, n, ret_fd, err);
}

/* Looked up as if chrooted in it, and once more by the sandbox, which mounts what it finds. */
static int is_file(int mount_fd, const char *source, struct error *err)
{
	autoclose int fd = -1;
	struct stat st;

	int found = fs_open_in_root(mount_fd, source, O_PATH, 0, &fd, err);
	if (found < 0)
		return -1;
	if (!found)
		return error_set(err, ERROR_NOT_FOUND, "\"/%s\": not found", source);
	if (fstat(fd, &st) < 0)
		return error_sys(err, "look at '/%s'", source);
	return !S_ISDIR(st.st_mode);
}

static int bind_tree(struct step_job *job, struct run_mounts *mounts, const struct run_mount *mount,
		     struct error *err)
{
	struct sandbox_mount *bound = add(mounts, mount, SANDBOX_MOUNT_FD);

	if (run_copies_are_needed(job))
		return run_copies_add_tree(job, mounts, mount, bound, err);
	if (mount_tree(job, mounts, mount, &bound->fd, err) < 0)
		return -1;
	if (!mount->flag.source)
		return 0;
	autofree char *source = path_clean(mount->flag.source);
	bound->sub_path = arena_strdup(&mounts->arena, source);
	int found = is_file(bound->fd, source, err);
	bound->target_is_file = found > 0;
	if (found < 0 && err->code == ERROR_NOT_FOUND)
		missing_suggest_in(job->env, mount->from, source, err);
	return found < 0 ? -1 : 0;
}

/* --- cache -------------------------------------------------------------------------------------
 */

/* It was opened before any mount is made. */
static struct cache_mount *find_cache(const struct run_mounts *mounts,
				      const struct run_mount *mount)
{
	size_t i = 0;

	while (mounts->caches.items[i].mount != mount)
		i++;
	return &mounts->caches.items[i];
}

static int compare_caches(const void *a, const void *b)
{
	const struct cache_mount *left = a, *right = b;
	int order = strcmp(left->name, right->name);
	/* the one that locks most comes first and has the lock for all */
	int left_sharing = (int)left->mount->flag.sharing;
	int right_sharing = (int)right->mount->flag.sharing;

	return order ? order : right_sharing - left_sharing;
}

/* In the order of their names, whoever asks: two builds never wait for one another. */
static int open_caches(struct step_job *job, struct run_mounts *mounts, struct error *err)
{
	const struct run_step *run = &job->step->run;
	char wanted[CACHE_MOUNT_NAME_SIZE] = "";

	for (size_t i = 0; i < run->n_mounts; i++) {
		struct cache_mount cache;
		if (run->mounts[i].flag.type != MOUNT_CACHE)
			continue;
		if (cache_mount_init(&cache, job, &run->mounts[i], err) < 0)
			return -1;
		vec_push(&mounts->caches, cache);
	}
	if (mounts->caches.len)
		qsort(mounts->caches.items, mounts->caches.len, sizeof(*mounts->caches.items),
		      compare_caches);
	for (size_t i = 0; i < mounts->caches.len; i++) {
		struct cache_mount *cache = &mounts->caches.items[i];
		enum mount_sharing sharing = cache->mount->flag.sharing;
		bool is_copied = run_copies_are_needed(job);
		if (is_copied && strcmp(cache->name, wanted) == 0)
			return error_set(
				err, ERROR_UNSUPPORTED,
				"cache mount '%s' twice in a step that runs in a chroot is "
				"not supported yet",
				cache->mount->flag.id);
		if (is_copied && sharing == SHARING_SHARED)
			sharing = SHARING_LOCKED;
		if (strcmp(cache->name, wanted) == 0) {
			cache->dir_fd = fcntl(cache[-1].dir_fd, F_DUPFD_CLOEXEC, 3);
			if (cache->dir_fd < 0)
				return error_sys(err, "cache mount");
			continue;
		}
		memcpy(wanted, cache->name, sizeof(wanted));
		if (cache_mount_open(cache, job, sharing, err) < 0) {
			(void)error_place(err, cache->mount->at);
			return error_wrap(err, "cache mount '%s'", cache->mount->flag.id);
		}
	}
	return 0;
}

/* The very descriptor that was locked and checked. */
static int add_cache(struct step_job *job, struct run_mounts *mounts, const struct run_mount *mount,
		     struct error *err)
{
	struct cache_mount *cache = find_cache(mounts, mount);
	struct sandbox_mount *bound = add(mounts, mount, SANDBOX_MOUNT_FD);
	struct stat st;

	if (run_copies_are_needed(job))
		return run_copies_add_cache(job, mounts, cache, bound, err);
	if (fstat(cache->dir_fd, &st) < 0)
		return error_sys(err, "cache mount '%s'", mount->flag.id);
	bound->target_is_file = !S_ISDIR(st.st_mode);
	bound->fd = mount_fd_clone(cache->dir_fd, "", AT_EMPTY_PATH, mounts->place_fd);
	return bound->fd < 0 ? error_sys(err, "bind cache mount '%s'", mount->flag.id) : 0;
}

/* --- the others --------------------------------------------------------------------------------
 */

static int add_secret(struct step_job *job, struct run_mounts *mounts,
		      const struct run_mount *mount, struct error *err)
{
	const struct mount_flag *flag = &mount->flag;
	cleanup(buf_release) struct buf value = BUF_INIT;

	int found = run_secret_read(job->env, flag->id, &value, err);
	if (found < 0)
		return -1;
	if (!found && flag->is_required)
		return run_secret_refuse(job->env, flag->id, err);
	secret_watch_add(&job->secrets, flag->id, value.data, value.len);
	if (flag->env && strlen(value.data) != value.len)
		return error_set(err, ERROR_USAGE,
				 "secret '%s' holds a NUL byte, which no variable can", flag->id);
	if (flag->env)
		strv_printf(&mounts->env, "%s=%s", flag->env, found && value.len ? value.data : "");
	if (!found || !flag->target)
		return 0;
	if (run_copies_are_needed(job) && run_copies_check_secret(job, flag->id, err) < 0)
		return -1;
	struct sandbox_mount *file = add(mounts, mount, SANDBOX_MOUNT_FILE);
	file->target_is_file = true;
	file->data = memcpy(arena_alloc(&mounts->arena, value.len + 1), value.len ? value.data : "",
			    value.len);
	file->len = value.len;
	file->is_readonly = true; /* whatever the flag says, as in BuildKit */
	file->mode = flag->has_mode ? flag->mode : SECRET_MODE;
	file->uid = flag->uid;
	file->gid = flag->gid;
	return 0;
}

/* The very socket; it is removed with the proxy, or with the step. */
static int add_ssh(struct step_job *job, struct run_mounts *mounts, const struct run_mount *mount,
		   struct error *err)
{
	const struct agent_proxy *proxy = NULL;
	int found = run_ssh_open(job, mounts, mount, &proxy, err);

	if (found <= 0)
		return found;
	struct sandbox_mount *bound = add(mounts, mount, SANDBOX_MOUNT_FD);
	bound->target_is_file = true;
	if (run_copies_are_needed(job))
		return run_copies_place(mounts, proxy->name, bound, err);
	bound->fd = mount_fd_clone(proxy->socket_fd, "", AT_EMPTY_PATH, mounts->place_fd);
	return bound->fd < 0 ? error_sys(err, "bind the socket of an ssh agent") : 0;
}

static int add_mount(struct step_job *job, struct run_mounts *mounts, const struct run_mount *mount,
		     struct error *err)
{
	switch (mount->flag.type) {
	case MOUNT_BIND:
		return mount->from.kind == TREE_CONTEXT ? bind_context(job, mounts, mount, err)
							: bind_tree(job, mounts, mount, err);
	case MOUNT_CACHE:
		return add_cache(job, mounts, mount, err);
	case MOUNT_TMPFS:
		add(mounts, mount, SANDBOX_MOUNT_TMPFS)->size = mount->flag.size;
		return 0;
	case MOUNT_SECRET:
		return add_secret(job, mounts, mount, err);
	case MOUNT_SSH:
		return add_ssh(job, mounts, mount, err);
	}
	return error_set(err, ERROR_SYSTEM, "a mount of a kind that is not known");
}

/* By target, so that parents come first; as written where two have the same. */
static int compare_mounts(const void *a, const void *b)
{
	const struct run_mount *const *left = a, *const *right = b;
	const char *left_target = (*left)->flag.target ? (*left)->flag.target : "";
	const char *right_target = (*right)->flag.target ? (*right)->flag.target : "";
	int order = strcmp(left_target, right_target);

	return order ? order : (*left > *right) - (*left < *right);
}

int run_mounts_make(struct step_job *job, struct run_mounts *mounts, struct error *err)
{
	const struct run_step *run = &job->step->run;
	autofree const struct run_mount **sorted = xcalloc(run->n_mounts, sizeof(*sorted));

	mounts->tmp_fd = store_tmp_fd(job->env->image_env.store);
	mounts->place_fd = run_copies_are_needed(job) ? -1 : mount_fd_place(mounts->tmp_fd);
	for (size_t i = 0; i < run->n_mounts; i++)
		sorted[i] = &run->mounts[i];
	if (run->n_mounts)
		qsort(sorted, run->n_mounts, sizeof(*sorted), compare_mounts);
	run_ssh_add_variable(run, &mounts->env);
	if (open_caches(job, mounts, err) < 0)
		return -1;
	for (size_t i = 0; i < run->n_mounts; i++)
		if (add_mount(job, mounts, sorted[i], err) < 0)
			return error_place(err, sorted[i]->at);
	return run_devices_add(job, mounts, err);
}
