/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handing the image out. First what has to be here is brought (base layers that no step read),
 * then names are given, then every output is a job of its own. A build whose only output is a push
 * brings nothing that the registry has, and then gives no name in the store: a tag there is always
 * complete.
 */
#include "phases.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/vec.h"
#include "export/export.h"
#include "image/fetch.h"
#include "store/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct output_work {
	struct build *build;
	const struct image *image;
	const struct output_request *output; /* NULL: push or load of the request itself */
	const char *reference;		     /* of a push */
	int stdout_fd;			     /* of dest=-: a job's own stdout is its log */
	struct strv names;
	struct image *converted; /* run_convert's */
};

/* --- what each kind does, in its job ---------------------------------------------------------- */

static int run_fetch(void *arg, struct job_channel *channel, struct buf *record, struct error *err)
{
	const struct output_work *work = arg;

	(void)record;
	return image_fetch_all(&work->build->engine->env, work->image->layers,
			       work->image->manifest->n_layers, channel, err);
}

static int run_push(void *arg, struct job_channel *channel, struct buf *record, struct error *err)
{
	const struct output_work *work = arg;

	(void)record;
	return export_push(&work->build->engine->env, work->image, work->reference, channel, err);
}

static int run_load(void *arg, struct job_channel *channel, struct buf *record, struct error *err)
{
	const struct output_work *work = arg;
	autofree char *socket = NULL;

	(void)record;
	int loaded = export_to_engine(&work->build->engine->env, work->image, &work->names, &socket,
				      err);
	if (loaded == 0)
		job_warn(channel,
			 "--load: no Docker engine answers at %s; the image is in cbuild's store. "
			 "Elsewhere: --output type=docker,dest=- | docker load",
			 socket);
	return loaded < 0 ? -1 : 0;
}

static size_t n_base_layers(const struct build *build)
{
	uint32_t base = build->plan->targets[0].base_image;

	return base == NO_STEP ? 0 : build->plan_images[base]->manifest->n_layers;
}

/* The image as this output wants it: its own where nothing has to be compressed anew. */
static int convert(const struct output_work *work, struct job_channel *channel,
		   struct image **ret_converted, struct error *err)
{
	const struct compression_request *wanted = &work->output->compression;
	struct convert_options options = { .compression = wanted->kind,
					   .level = wanted->level < 0 ? 0 : wanted->level,
					   .first_new = n_base_layers(work->build),
					   .force = wanted->is_forced };

	return export_convert(&work->build->engine->env, work->image, &options, channel,
			      ret_converted, err);
}

/* Written aside and renamed, so that a failed build leaves the file that was there. */
static int open_file(const struct output_work *work, struct buf *aside, int *ret_fd,
		     struct error *err)
{
	const char *dest = work->output->dest;

	if (strcmp(dest, "-") == 0) {
		*ret_fd = fcntl(work->stdout_fd, F_DUPFD_CLOEXEC, 3);
		return *ret_fd < 0 ? error_sys(err, "standard output") : 0;
	}
	struct stat st;
	if (stat(dest, &st) == 0 && !S_ISREG(st.st_mode)) {
		/* a FIFO or /dev/null: nothing to rename over */
		*ret_fd = open(dest, O_WRONLY | O_CLOEXEC);
	} else {
		fs_random_name(dest, aside);
		*ret_fd = open(aside->data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	}
	return *ret_fd < 0 ? error_sys(err, "create '%s'", dest) : 0;
}

static int write_output(const struct output_work *work, int fd, struct job_channel *channel,
			struct error *err)
{
	const struct output_request *output = work->output;
	const struct image_env *env = &work->build->engine->env;
	const struct image *image = work->image;
	cleanup(image_free) struct image *converted = NULL;

	if (output->type == OUTPUT_TAR)
		return export_tree_tar(env, image->layers, image->manifest->n_layers,
				       output->has_epoch, output->epoch, fd, channel, err);
	if (convert(work, channel, &converted, err) < 0)
		return -1;
	return export_archive(env, converted ? converted : image, &output->names,
			      output->type == OUTPUT_DOCKER, fd, err);
}

static int run_file(void *arg, struct job_channel *channel, struct buf *record, struct error *err)
{
	const struct output_work *work = arg;
	const char *dest = work->output->dest;
	cleanup(buf_release) struct buf aside = BUF_INIT;
	autoclose int fd = -1;

	(void)record;
	if (open_file(work, &aside, &fd, err) < 0)
		return -1;
	if (write_output(work, fd, channel, err) < 0) {
		if (aside.len)
			(void)unlink(aside.data);
		return error_wrap(err, "write '%s'", dest);
	}
	if (aside.len && rename(aside.data, dest) < 0)
		return error_sys(err, "rename to '%s'", dest);
	return 0;
}

static int run_dir(void *arg, struct job_channel *channel, struct buf *record, struct error *err)
{
	const struct output_work *work = arg;
	const struct output_request *output = work->output;
	const struct image_env *env = &work->build->engine->env;
	cleanup(image_free) struct image *converted = NULL;

	(void)record;
	if (output->type == OUTPUT_LOCAL)
		return export_tree_dir(env, work->image->layers, work->image->manifest->n_layers,
				       output->has_epoch, output->epoch, output->dest, channel,
				       err);
	if (convert(work, channel, &converted, err) < 0)
		return -1;
	return export_layout(env, converted ? converted : work->image, &output->names, output->dest,
			     err);
}

/* The image itself, as the first output wants it: what is cached may be compressed otherwise. */
static int run_convert(void *arg, struct job_channel *channel, struct buf *record,
		       struct error *err)
{
	const struct output_work *work = arg;
	const struct build *build = work->build;
	const struct compression_request *wanted = build_compression(build->request);
	struct convert_options options = { .compression = wanted->kind,
					   .level = wanted->level < 0 ? 0 : wanted->level,
					   .first_new = n_base_layers(build),
					   .force = wanted->is_forced };
	cleanup(image_free) struct image *converted = NULL;

	int changed = export_convert(&build->engine->env, work->image, &options, channel,
				     &converted, err);
	if (changed > 0)
		image_encode(converted, record);
	return changed < 0 ? -1 : 0;
}

static int finish_convert(void *arg, const char *record, size_t len, struct error *err)
{
	struct output_work *work = arg;

	if (!len)
		return 0;
	return image_load(&work->build->engine->env, record, len, &work->converted, err);
}

static bool must_convert(const struct build *build, const struct image *image)
{
	const struct compression_request *wanted = build_compression(build->request);
	size_t i = wanted->is_forced ? 0 : n_base_layers(build);
	enum layer_compression compression = LAYER_UNCOMPRESSED;

	for (; i < image->manifest->n_layers; i++)
		if (media_type_layer_compression(image->manifest->layers[i].media_type,
						 &compression) &&
		    compression != wanted->kind)
			return true;
	return false;
}

static int convert_image(struct build *build, struct image **image, struct error *err)
{
	struct output_work arg = { .build = build, .image = *image };
	struct work work = { .title = "compressing layers anew",
			     .arg = &arg,
			     .run = run_convert,
			     .finished = finish_convert };

	if (!must_convert(build, *image))
		return 0;
	if (engine_run_works(build->engine, &build->run, &work, 1, err) < 0)
		return -1;
	if (arg.converted) {
		for (size_t i = 0; i < (*image)->manifest->n_layers; i++)
			arg.converted->layers[i].image = (*image)->layers[i].image;
		image_free(*image);
		*image = arg.converted;
	}
	return 0;
}

/* --- which there are -------------------------------------------------------------------------- */

struct output_works {
	struct arena arena;
	VEC(struct work) works;
};

static void add_work(struct output_works *works, struct output_work *arg, const char *title,
		     int (*run)(void *, struct job_channel *, struct buf *, struct error *))
{
	vec_push(&works->works, (struct work){ .title = title, .arg = arg, .run = run });
}

static struct output_work *new_arg(struct output_works *works, struct build *build,
				   const struct image *image)
{
	struct output_work *arg = arena_alloc(&works->arena, sizeof(*arg));

	arg->build = build;
	arg->image = image;
	arg->stdout_fd = build->stdout_fd;
	return arg;
}

static void add_pushes(struct output_works *works, struct build *build, const struct image *image,
		       const struct strv *names)
{
	for (size_t i = 0; i < names->len; i++) {
		struct output_work *arg = new_arg(works, build, image);
		arg->reference = names->items[i];
		add_work(works, arg, arena_printf(&works->arena, "pushing %s", names->items[i]),
			 run_push);
		strv_add(&build->result->pushed, names->items[i]);
	}
}

static void add_output(struct output_works *works, struct build *build, const struct image *image,
		       const struct output_request *output)
{
	static const char *const names[] = { [OUTPUT_OCI] = "oci",
					     [OUTPUT_DOCKER] = "docker",
					     [OUTPUT_LOCAL] = "local",
					     [OUTPUT_TAR] = "tar" };
	struct output_work *arg = new_arg(works, build, image);
	bool is_dir = output->is_directory || output->type == OUTPUT_LOCAL;

	arg->output = output;
	switch (output->type) {
	case OUTPUT_IMAGE:
		if (output->push)
			add_pushes(works, build, image, &output->names);
		return;
	case OUTPUT_CACHEONLY:
		return;
	case OUTPUT_OCI:
	case OUTPUT_DOCKER:
	case OUTPUT_LOCAL:
	case OUTPUT_TAR:
		break;
	}
	add_work(works, arg,
		 arena_printf(&works->arena, "exporting to %s %s", names[output->type],
			      output->dest),
		 is_dir ? run_dir : run_file);
}

static bool has_output(const struct build_request *request, bool pushes)
{
	for (size_t i = 0; i < request->n_outputs; i++) {
		const struct output_request *output = &request->outputs[i];
		bool is_push = output->type == OUTPUT_IMAGE && output->push;
		if (is_push == pushes)
			return true;
	}
	return false;
}

/* Nothing is wanted here: what the registry has need not be fetched. */
static bool only_pushes(const struct build_request *request)
{
	bool pushes = request->push || has_output(request, true);

	return pushes && !request->load && !has_output(request, false);
}

static int fetch_layers(struct build *build, struct image *image, struct error *err)
{
	struct output_work arg = { .build = build, .image = image };
	struct work work = { .title = "fetching base layers", .arg = &arg, .run = run_fetch };

	for (size_t i = 0; i < image->manifest->n_layers; i++) {
		int found = blob_find(build->engine->store, &image->layers[i].digest, NULL, err);
		if (found < 0)
			return -1;
		if (!found)
			return engine_run_works(build->engine, &build->run, &work, 1, err);
	}
	return 0;
}

static int set_tags(struct build *build, const struct image *image, const struct strv *names,
		    struct error *err)
{
	cleanup(store_tag_release) struct store_tag target = { 0 };
	struct buf platform = BUF_INIT;

	platform_format(&image->config->platform, &platform);
	target.media_type = xstrdup(image->manifest->media_type);
	target.digest = image->digest;
	target.size = image->size;
	target.platform = buf_take(&platform);
	return store_set_tags(build->engine->store, (const char *const *)names->items, names->len,
			      &target, err);
}

/* Is every blob here? Then, and only then, may a tag of the store point at it. */
static int is_complete(const struct build *build, const struct image *image, struct error *err)
{
	for (size_t i = 0; i < image->manifest->n_layers; i++) {
		int found = blob_find(build->engine->store, &image->layers[i].digest, NULL, err);
		if (found <= 0)
			return found;
	}
	return 1;
}

/* A base that came from a registry is found in the store the next time, once it is all there. */
static int tag_bases(struct build *build, struct error *err)
{
	for (size_t i = 0; i < build->plan->n_images; i++) {
		const struct image *image = build->plan_images[i];
		if (image->origin != ORIGIN_REGISTRY)
			continue;
		int complete = is_complete(build, image, err);
		if (complete < 0)
			return -1;
		cleanup(strv_release) struct strv names = STRV_INIT;
		strv_add(&names, image->reference);
		if (complete && set_tags(build, image, &names, err) < 0)
			return -1;
	}
	return 0;
}

static void fill_result(struct build *build, const struct image *image)
{
	struct build_result *result = build->result;
	struct buf platform = BUF_INIT;

	platform_format(&image->config->platform, &platform);
	result->has_image = true;
	result->manifest_digest = image->digest;
	result->config_digest = image->manifest->config.digest;
	result->manifest_size = image->size;
	result->media_type = xstrdup(image->manifest->media_type);
	result->platform = buf_take(&platform);
}

/* Files are read from snapshots, where their owners are. */
static int ensure_isolation(struct build *build, struct error *err)
{
	const struct build_request *request = build->request;
	bool reads_files = false;

	for (size_t i = 0; i < request->n_outputs; i++)
		reads_files |= request->outputs[i].type == OUTPUT_LOCAL ||
			       request->outputs[i].type == OUTPUT_TAR;
	if (!reads_files)
		return 0;
	return isolation_ensure(build->engine->isolation, err) < 0 ? -1 : 0;
}

static int run_outputs(struct build *build, const struct image *image, struct error *err)
{
	const struct build_request *request = build->request;
	struct output_works works = { .arena = ARENA_INIT };

	for (size_t i = 0; i < request->n_outputs; i++)
		add_output(&works, build, image, &request->outputs[i]);
	if (request->push)
		add_pushes(&works, build, image, &request->tags);
	if (request->load) {
		struct output_work *arg = new_arg(&works, build, image);
		arg->names = request->tags;
		add_work(&works, arg, "loading into the Docker engine", run_load);
	}
	int result = ensure_isolation(build, err);
	if (result == 0)
		result = engine_run_works(build->engine, &build->run, works.works.items,
					  works.works.len, err);
	vec_release(&works.works);
	arena_release(&works.arena);
	return result;
}

int build_hand_out(struct build *build, struct image **made, struct error *err)
{
	const struct build_request *request = build->request;
	bool is_complete_here = true;

	if (convert_image(build, made, err) < 0)
		return -1;
	struct image *image = *made;
	if (!only_pushes(request)) {
		if (fetch_layers(build, image, err) < 0)
			return -1;
	} else {
		int complete = is_complete(build, image, err);
		if (complete < 0)
			return -1;
		is_complete_here = complete > 0;
	}
	if (is_complete_here) {
		if (set_tags(build, image, &request->tags, err) < 0)
			return -1;
		strv_add_all(&build->result->names, &request->tags);
	}
	if (tag_bases(build, err) < 0 || build_sync(build, image, err) < 0 ||
	    run_outputs(build, image, err) < 0)
		return -1;
	fill_result(build, image);
	return 0;
}
