/* SPDX-License-Identifier: Apache-2.0 */
/* What each kind of output does, in its job. */
#include "annotations.h"
#include "output_work.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/write_target.h"
#include "image/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

int output_run_fetch(void *arg, struct job_channel *channel, struct buf *record, struct error *err)
{
	const struct output_work *work = arg;

	(void)record;
	return image_fetch_all(&work->build->engine->env, work->image->layers,
			       work->image->manifest->n_layers, channel, err);
}

int output_run_push(void *arg, struct job_channel *channel, struct buf *record, struct error *err)
{
	const struct output_work *work = arg;

	(void)record;
	return export_push(&work->build->engine->env, work->set, work->reference, channel, err);
}

int output_run_load(void *arg, struct job_channel *channel, struct buf *record, struct error *err)
{
	const struct output_work *work = arg;
	autofree char *socket = NULL;

	(void)record;
	int loaded =
		export_to_engine(&work->build->engine->env, work->set, &work->names, &socket, err);
	if (loaded == 0)
		job_warn(channel,
			 "--load: no Docker engine answers at %s; the image is in cbuild's store. "
			 "Elsewhere: --output type=docker,dest=- | docker load",
			 socket);
	return loaded < 0 ? -1 : 0;
}

/*
 * The set as this output wants it: 1 and another one where something has to be compressed anew,
 * 0 it is right as it is.
 */
static int convert(const struct output_work *work, struct job_channel *channel,
		   struct image_set *ret_converted, struct error *err)
{
	const struct build *build = work->build;
	const struct image_env *env = &build->engine->env;
	const struct image_set *set = work->set;
	cleanup(image_set_release) struct image_set converted = IMAGE_SET_INIT;
	int changes = 0;

	for (size_t i = 0; i < set->len; i++) {
		struct convert_options options =
			build_convert_options(build, i, &work->output->compression);
		struct image *image = NULL;
		int changed = export_convert(env, set->items[i], &options, channel, &image, err);
		if (changed < 0 || (!changed && image_copy(env, set->items[i], &image, err) < 0))
			return -1;
		image_set_add(&converted, image);
		changes |= changed;
	}
	if (changes && set->has_index && build_write_index(build, &converted, err) < 0)
		return -1;
	*ret_converted = converted;
	converted = (struct image_set)IMAGE_SET_INIT;
	return changes;
}

/* Written aside and renamed, so that a failed build leaves the file that was there. */
struct output_file {
	int fd;
	char *target;	  /* what it shall be called; NULL: it is written where it is */
	struct buf aside; /* its name until then */
};

#define OUTPUT_FILE_INIT                    \
	{                                   \
		.fd = -1, .aside = BUF_INIT \
	}

static void output_file_release(struct output_file *file)
{
	close_fd_at(&file->fd);
	free(file->target);
	buf_release(&file->aside);
}
DEFINE_RELEASE(struct output_file, output_file_release);

static int open_file(const struct output_work *work, struct output_file *file, struct error *err)
{
	const char *dest = work->output->dest;

	if (strcmp(dest, "-") == 0) {
		file->fd = fcntl(work->stdout_fd, F_DUPFD_CLOEXEC, 3);
		return file->fd < 0 ? error_sys(err, "standard output") : 0;
	}
	int has_name = write_target_find(dest, &file->target, err);
	if (has_name < 0)
		return -1;
	if (has_name) {
		fs_random_name(file->target, &file->aside);
		file->fd = open(file->aside.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	} else {
		/* what was in an open file before stays there */
		file->fd = open(dest, O_WRONLY | O_APPEND | O_CLOEXEC);
	}
	return file->fd < 0 ? error_sys(err, "create '%s'", dest) : 0;
}

static struct tree_options tree_options(const struct output_work *work)
{
	const struct output_request *output = work->output;

	return (struct tree_options){
		.set = work->set,
		.is_split = output->platform_split == SPLIT_AUTO
				    ? work->build->plan->is_multi_platform
				    : output->platform_split == SPLIT_YES,
		.has_epoch = output->has_epoch,
		.epoch = output->epoch,
	};
}

static int write_output(const struct output_work *work, int fd, struct job_channel *channel,
			struct error *err)
{
	const struct output_request *output = work->output;
	const struct image_env *env = &work->build->engine->env;
	cleanup(image_set_release) struct image_set converted = IMAGE_SET_INIT;

	if (output->type == OUTPUT_TAR) {
		struct tree_options options = tree_options(work);
		return export_tree_tar(env, &options, fd, channel, err);
	}
	int changed = convert(work, channel, &converted, err);
	if (changed < 0)
		return -1;
	return export_archive(env, changed ? &converted : work->set, &output->names,
			      output->type == OUTPUT_DOCKER, fd, err);
}

int output_run_file(void *arg, struct job_channel *channel, struct buf *record, struct error *err)
{
	const struct output_work *work = arg;
	const char *dest = work->output->dest;
	cleanup(output_file_release) struct output_file file = OUTPUT_FILE_INIT;

	(void)record;
	if (open_file(work, &file, err) < 0)
		return -1;
	if (write_output(work, file.fd, channel, err) < 0) {
		if (file.target)
			(void)unlink(file.aside.data);
		return error_wrap(err, "write '%s'", dest);
	}
	if (file.target && rename(file.aside.data, file.target) < 0)
		return error_sys(err, "rename to '%s'", dest);
	return 0;
}

int output_run_dir(void *arg, struct job_channel *channel, struct buf *record, struct error *err)
{
	const struct output_work *work = arg;
	const struct output_request *output = work->output;
	const struct image_env *env = &work->build->engine->env;
	cleanup(image_set_release) struct image_set converted = IMAGE_SET_INIT;

	(void)record;
	if (output->type == OUTPUT_LOCAL) {
		struct tree_options options = tree_options(work);
		return export_tree_dir(env, &options, output->dest, channel, err);
	}
	int changed = convert(work, channel, &converted, err);
	if (changed < 0)
		return -1;
	return export_layout(env, changed ? &converted : work->set, &output->names, output->dest,
			     err);
}
