/* SPDX-License-Identifier: Apache-2.0 */
#include "copy_land.h"
#include "layer_write.h"
#include "leftovers.h"
#include "op.h"
#include "remote.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/path.h"
#include "layer/unpack.h"
#include "sandbox/isolation.h"
#include "sandbox/user.h"
#include "store/store.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* An archive that ADD unpacks lands through a directory aside, which lives as long as the step. */
struct aside {
	int tmp_fd; /* where it is; borrowed */
	struct buf name;
	int dir_fd;
	struct snapshot_view *view;
};

static void aside_release(struct aside *aside)
{
	struct error ignored = ERROR_INIT;

	snapshot_view_free(aside->view);
	if (aside->dir_fd >= 0)
		(void)close(aside->dir_fd);
	if (aside->name.len)
		(void)!fs_remove_tree(aside->tmp_fd, aside->name.data, &ignored);
	buf_release(&aside->name);
}

struct copying {
	struct step_job *job;
	const struct copy_step *copy;
	struct landing landing;
	struct snapshot_view *view;
	struct copy_target target;
	VEC(struct aside *) asides;
	VEC(struct remote_tree *) remotes; /* read until the layer is packed */
	char *destination;
};

static void copying_release(struct copying *copying)
{
	landing_release(&copying->landing);
	for (size_t i = 0; i < copying->asides.len; i++) {
		aside_release(copying->asides.items[i]);
		free(copying->asides.items[i]);
	}
	vec_release(&copying->asides);
	for (size_t i = 0; i < copying->remotes.len; i++) {
		remote_tree_release(copying->remotes.items[i]);
		free(copying->remotes.items[i]);
	}
	vec_release(&copying->remotes);
	snapshot_view_free(copying->view);
	free(copying->destination);
}
DEFINE_RELEASE(struct copying, copying_release);

/* --link with an octal or symbolic --chmod is a plain copy, as BuildKit has it. */
static bool is_linked(const struct copy_step *copy)
{
	return copy->link && !copy->chmod;
}

static int open_destination(struct copying *copying, struct error *err)
{
	struct step_job *job = copying->job;

	if (!is_linked(copying->copy))
		return step_job_view(job, &copying->view, err);
	return snapshot_view_open(job->env->image_env.snapshots, NULL, 0, &copying->view, err);
}

static int resolve_owner(struct copying *copying, struct error *err)
{
	struct copy_target *target = &copying->target;
	const char *chown = copying->copy->chown;
	bool is_unknown = false;

	if (!chown || !*chown)
		return 0;
	target->has_owner = true;
	if (owner_resolve(chown, view_read_file, copying->view, &target->uid, &target->gid,
			  &is_unknown, err) < 0)
		return error_wrap(err, "--chown=%s", chown);
	if (is_unknown && !copying->job->n_parents)
		return error_set(
			err, ERROR_NOT_FOUND,
			"--chown=%s: the image has no /etc/passwd to look names up in; give "
			"numbers",
			chown);
	if (is_unknown && is_linked(copying->copy))
		return error_set(err, ERROR_NOT_FOUND,
				 "--chown=%s: names cannot be looked up with --link, whose layer "
				 "has no /etc/passwd; give numbers",
				 chown);
	if (is_unknown)
		job_warn(copying->job->channel,
			 "--chown=%s: no such user or group in the image, 0 is taken", chown);
	return 0;
}

static int make_target(struct copying *copying, struct error *err)
{
	const struct copy_step *copy = copying->copy;
	struct copy_target *target = &copying->target;
	autofree char *cleaned = path_clean(copy->destination);

	if (snapshot_view_resolve(copying->view, cleaned, true, &copying->destination, err) < 0) {
		(void)error_place(err, copy->at.destination);
		return error_wrap(err, "destination '%s'", copy->destination);
	}
	target->tree = &copying->job->tree;
	target->destination = copying->destination;
	target->is_dir = copy->destination_is_dir;
	if (copy->chmod && *copy->chmod) {
		target->has_mode = true;
		if (mode_change_parse(copy->chmod, &target->mode, err) < 0)
			return -1;
	}
	return resolve_owner(copying, err) < 0 ? error_place(err, copy->at.chown) : 0;
}

static int open_aside(void *context, const char *path, int *ret_fd, struct error *err)
{
	const struct aside *aside = context;

	return fs_open_beneath(aside->dir_fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0, ret_fd,
			       err);
}

static int find_at_destination(void *context, const char *path, struct fs_entry *ret_entry,
			       struct error *err)
{
	struct copying *copying = context;
	autofree char *joined = path_join(copying->destination, path);

	return landing_find(&copying->landing, joined, ret_entry, err);
}

static int unpack_aside(struct copying *copying, int archive_fd, struct aside *aside,
			struct error *err)
{
	const struct copy_target *target = &copying->target;
	struct unpack_options options = { .mode = UNPACK_MERGE,
					  .find_beneath = find_at_destination,
					  .find_beneath_context = copying,
					  .has_owner = target->has_owner,
					  .uid = target->uid,
					  .gid = target->gid };
	struct unpack_result result;

	enum sandbox_isolation mode = isolation_mode(copying->job->env->image_env.isolation);
	const struct snapshot_format format = {
		.has_records = mode == ISOLATION_NONE,
		.has_recorded_owners = mode == ISOLATION_NS_SINGLE,
	};
	options.has_records = format.has_records;
	options.has_recorded_owners = format.has_recorded_owners;
	aside->tmp_fd = store_tmp_fd(copying->job->env->image_env.store);
	fs_random_name("archive", &aside->name);
	if (mkdirat(aside->tmp_fd, aside->name.data, 0755) < 0)
		return error_sys(err, "make directory '%s'", aside->name.data);
	int found = fs_open_beneath(aside->tmp_fd, aside->name.data, O_RDONLY | O_DIRECTORY, 0,
				    &aside->dir_fd, err);
	if (found <= 0)
		return found < 0 ? -1 : error_set(err, ERROR_SYSTEM, "directory aside went away");
	if (layer_unpack(archive_fd, aside->dir_fd, &options, NULL, &result, err) < 0)
		return -1;
	return snapshot_view_of_plain(&format, aside->dir_fd, &aside->view, err);
}

static int land_archive(struct copying *copying, int archive_fd, struct error *err)
{
	struct aside *aside = xcalloc(1, sizeof(*aside));

	aside->dir_fd = -1;
	aside->name = (struct buf)BUF_INIT;
	vec_push(&copying->asides, aside);
	if (unpack_aside(copying, archive_fd, aside, err) < 0)
		return -1;
	struct landed_content content = { .open = open_aside, .context = aside };
	return copy_land_archive(&copying->landing, &copying->target, aside->view, &content, err);
}

/* A file of the context is unpacked unless that was forbidden; one of a URL only where asked for.
 */
static bool unpacks(const struct copy_step *copy, bool is_url)
{
	return copy->is_add && (copy->has_unpack ? copy->unpack : !is_url);
}

/* 1 it was an archive and landed, 0 copy it as it is. */
static int try_archive(struct copying *copying, const struct selection *selection,
		       const struct selected_match *match, bool is_url, struct error *err)
{
	const struct copy_step *copy = copying->copy;
	const struct selected_file *file = &selection->files[match->first];
	const struct copy_tree *tree = copying->target.tree;
	autoclose int fd = -1;

	if (!unpacks(copy, is_url) || match->is_dir || file->entry.type != FS_FILE ||
	    !file->entry.size)
		return 0;
	int found = tree->open(tree->context, file->entry.path, &fd, err);
	if (found == 0)
		return error_set(err, ERROR_CHANGED, "'/%s' went away while it was read",
				 file->entry.path);
	if (found < 0)
		return -1;
	int is_archive = layer_is_archive(fd, err);
	if (is_archive <= 0)
		return is_archive;
	if (land_archive(copying, fd, err) < 0)
		return error_wrap(err, "unpack '%s'", match->name);
	return 1;
}

static int land_match(struct copying *copying, const struct selection *selection,
		      const struct selected_match *match, bool is_url, struct error *err)
{
	int landed = try_archive(copying, selection, match, is_url, err);

	if (landed)
		return landed < 0 ? -1 : 0;
	if (copy_land_match(&copying->landing, &copying->target, selection, match, err) < 0)
		return error_place(err, copying->copy->at.destination);
	return 0;
}

static int land_remote(struct copying *copying, const struct copy_source *source, struct error *err)
{
	const struct step_job *job = copying->job;
	const struct exec_remote *remote =
		exec_remote_find(job->env->remotes, copying->copy, source);
	struct remote_tree *tree = xcalloc(1, sizeof(*tree));

	vec_push(&copying->remotes, tree);
	if (remote_tree_open(job->env, remote, copying->copy, job->channel, tree, err) < 0)
		return -1;
	copying->target.tree = &tree->tree;
	for (size_t i = 0; i < tree->selection.n_matches; i++)
		if (land_match(copying, &tree->selection, &tree->selection.matches[i],
			       source->kind == COPY_URL, err) < 0)
			return -1;
	copying->target.tree = &job->tree;
	return 0;
}

static int land_source(struct copying *copying, size_t source, struct error *err)
{
	const struct copy_source *what = &copying->copy->sources[source];
	const struct selection *selection = &copying->job->selection;

	if (what->kind == COPY_INLINE) {
		if (copy_land_inline(&copying->landing, &copying->target,
				     path_base_name(what->path), what->body, what->body_len,
				     err) < 0)
			return error_place(err, copying->copy->at.destination);
		return 0;
	}
	if (what->kind == COPY_URL || what->kind == COPY_GIT)
		return land_remote(copying, what, err);
	for (size_t i = 0; i < selection->n_matches; i++) {
		const struct selected_match *match = &selection->matches[i];
		if (match->source != source)
			continue;
		if (land_match(copying, selection, match, false, err) < 0)
			return -1;
	}
	return 0;
}

/* Not of --link, whose result is the same on any tree. */
static int find_leftovers(const struct copying *copying, const struct landed *entries, size_t n,
			  struct step_result *result, struct error *err)
{
	cleanup(leftovers_release) struct leftovers leftovers = { .n_layers = 0 };

	if (is_linked(copying->copy))
		return 0;
	if (leftovers_begin(copying->job, &leftovers, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (leftovers_add(&leftovers, &entries[i].entry, err) < 0)
			return -1;
	leftovers_finish(&leftovers, result);
	return 0;
}

int op_copy(struct step_job *job, struct step_result *result, struct error *err)
{
	const struct copy_step *copy = &job->step->copy;
	cleanup(copying_release) struct copying copying = { .job = job, .copy = copy };
	autofree struct landed *entries = NULL;
	struct progress progress = job_progress(job->channel);
	size_t n = 0;

	if (open_destination(&copying, err) < 0)
		return -1;
	landing_init(&copying.landing, copying.view, job->env->now);
	if (make_target(&copying, err) < 0)
		return -1;
	for (size_t i = 0; i < copy->n_sources; i++)
		if (land_source(&copying, i, err) < 0)
			return error_place(err, copy->sources[i].at);
	if (landing_finish(&copying.landing, &entries, &n, err) < 0 ||
	    find_leftovers(&copying, entries, n, result, err) < 0)
		return -1;
	return layer_write_landed(job->env, entries, n, &progress, result, err);
}
