/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handing the image out. First what has to be here is brought (base layers that no step read),
 * then names are given, then every output is a job of its own. A build whose only output is a push
 * brings nothing that the registry has, and then gives no name in the store: a tag there is always
 * complete.
 */
#include "output_work.h"

#include "base/alloc.h"
#include "base/vec.h"

#include <string.h>

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
				   const struct image_set *set)
{
	struct output_work *arg = arena_alloc(&works->arena, sizeof(*arg));

	arg->build = build;
	arg->set = set;
	arg->stdout_fd = build->stdout_fd;
	return arg;
}

static void add_pushes(struct output_works *works, struct build *build, const struct image_set *set,
		       const struct strv *names, bool by_digest)
{
	for (size_t i = 0; i < names->len; i++) {
		struct output_work *arg = new_arg(works, build, set);
		const char *name = names->items[i];
		if (by_digest)
			name = arena_printf(&works->arena, "%.*s@%s",
					    (int)(strrchr(name, ':') - name), name,
					    digest_format(image_set_digest(set)).text);
		arg->reference = name;
		add_work(works, arg, arena_printf(&works->arena, "pushing %s", name),
			 output_run_push);
		strv_add(&build->result->pushed, name);
	}
}

static void add_output(struct output_works *works, struct build *build, const struct image_set *set,
		       const struct output_request *output)
{
	static const char *const names[] = { [OUTPUT_OCI] = "oci",
					     [OUTPUT_DOCKER] = "docker",
					     [OUTPUT_LOCAL] = "local",
					     [OUTPUT_TAR] = "tar" };
	struct output_work *arg = new_arg(works, build, set);
	bool is_dir = output->is_directory || output->type == OUTPUT_LOCAL;

	arg->output = output;
	switch (output->type) {
	case OUTPUT_IMAGE:
		if (output->push)
			add_pushes(works, build, set, &output->names, output->push_by_digest);
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
		 is_dir ? output_run_dir : output_run_file);
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

static void fill_result(struct build *build, const struct image_set *set)
{
	struct build_result *result = build->result;

	result->has_image = true;
	result->manifest_digest = *image_set_digest(set);
	result->manifest_size = image_set_size(set);
	result->media_type = xstrdup(image_set_media_type(set));
	/* an index has no config, and is of no platform */
	if (set->has_index)
		return;
	struct buf platform = BUF_INIT;
	platform_format(&set->items[0]->config->platform, &platform);
	result->config_digest = set->items[0]->manifest->config.digest;
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

static int run_outputs(struct build *build, const struct image_set *set, struct error *err)
{
	const struct build_request *request = build->request;
	struct output_works works = { .arena = ARENA_INIT };

	for (size_t i = 0; i < request->n_outputs; i++)
		add_output(&works, build, set, &request->outputs[i]);
	if (request->push)
		add_pushes(&works, build, set, &request->tags, false);
	if (request->load) {
		struct output_work *arg = new_arg(&works, build, set);
		arg->names = request->tags;
		add_work(&works, arg, "loading into the Docker engine", output_run_load);
	}
	int result = ensure_isolation(build, err);
	if (result == 0)
		result = engine_run_works(build->engine, &build->run, works.works.items,
					  works.works.len, err);
	vec_release(&works.works);
	arena_release(&works.arena);
	return result;
}

/* 1 everything is in the store, 0 parts of a base stayed where they are. */
static int bring_layers(struct build *build, const struct image_set *set, struct error *err)
{
	if (only_pushes(build->request))
		return build_has_all_layers(build, set, err);
	for (size_t i = 0; i < set->len; i++)
		if (build_fetch_layers(build, set->items[i], err) < 0)
			return -1;
	return 1;
}

int build_hand_out(struct build *build, struct image_set *set, struct error *err)
{
	const struct build_request *request = build->request;

	if (build_convert_images(build, set, err) < 0)
		return -1;
	int complete = bring_layers(build, set, err);
	if (complete < 0)
		return -1;
	if (complete) {
		if (build_set_tags(build, set, &request->tags, err) < 0)
			return -1;
		strv_add_all(&build->result->names, &request->tags);
	}
	if (build_tag_bases(build, err) < 0 || build_sync(build, set, err) < 0 ||
	    run_outputs(build, set, err) < 0)
		return -1;
	fill_result(build, set);
	return 0;
}
