/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a Dockerfile, planned over images that all have triggers: a plan whose steps name
 * earlier ones alone, or an error.
 */
#include "fuzz_target.h"

#include "base/buf.h"
#include "base/json.h"
#include "plan/plan.h"

#include <assert.h>
#include <string.h>

static const char CONFIG[] =
	"{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{\"Env\":[\"A=1\",\"B\"],"
	"\"WorkingDir\":\"w\",\"User\":\"u\",\"Cmd\":[\"c\"],\"OnBuild\":[\"ARG t=$A\","
	"\"COPY --from=image a b\",\"RUN --mount=from=s,target=/s x\",\"ENV A=2 T=$t\"]},"
	"\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:"
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"]},"
	"\"history\":[{\"created_by\":\"x\"}]}";

static const struct named_context CONTEXTS[] = {
	{ .kind = NAMED_DIRECTORY, .value = "." },
	{ .name = "dir", .kind = NAMED_DIRECTORY, .value = "/d" },
	{ .name = "image", .kind = NAMED_IMAGE, .value = "docker-image://other" },
	{ .name = "nothing", .kind = NAMED_IMAGE, .value = "scratch" },
};

static int find(void *context, const char *reference, const struct platform *platform,
		const struct image_config **ret_config)
{
	(void)reference;
	(void)platform;
	*ret_config = context;
	return 1;
}

static void check(const struct plan *plan)
{
	cleanup(value_free) json_t *json = plan_dump(plan);
	cleanup(buf_release) struct buf text = BUF_INIT;

	value_write(json, 0, &text);
	assert(text.len);
	assert(plan->n_targets == 1 && plan->targets[0].tree.kind != TREE_CONTEXT);
	for (uint32_t i = 0; i < plan->n_steps; i++) {
		const struct step *step = &plan->steps[i];
		assert(step->title && step->text && step->parent.kind != TREE_CONTEXT);
		assert(step->parent.kind != TREE_STEP || step->parent.index < i);
		for (size_t k = 0; k < step->n_inputs; k++)
			assert(step->inputs[k] < i);
		if (step->kind != STEP_RUN)
			continue;
		for (size_t k = 0; k < step->run.n_mounts; k++) {
			const char *target = step->run.mounts[k].flag.target;
			assert(!target || (target[0] == '/' && target[1]));
		}
	}
}

static void plan_it(const struct dockerfile *dockerfile, struct image_config *config)
{
	cleanup(plan_needs_release) struct plan_needs needs = { 0 };
	cleanup(plan_free) struct plan *plan = NULL;
	struct image_lookup lookup = { .find = find, .context = config };
	struct plan_options options = {
		.contexts = CONTEXTS,
		.n_contexts = countof(CONTEXTS),
		.build_platform = config->platform,
		.allows_host_network = true,
	};
	struct error err = ERROR_INIT;

	strv_add(&options.build_args, "a=$b\\");
	strv_add(&options.build_args, "http_proxy=p");
	int result = plan_find_needs(dockerfile, &options, &lookup, &needs, &err);
	assert(result < 0 || !needs.n_images);
	if (plan_make(dockerfile, &options, &lookup, &plan, &err) == 0) {
		assert(result == 0);
		check(plan);
	} else {
		assert(err.text[0] && err.code != ERROR_NONE);
	}
	strv_release(&options.build_args);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(dockerfile_free) struct dockerfile *dockerfile = NULL;
	cleanup(image_config_free) struct image_config *config = NULL;
	struct error err = ERROR_INIT;

	if (dockerfile_parse((const char *)data, size, &dockerfile, &err) < 0)
		return 0;
	int decoded = image_config_decode(CONFIG, strlen(CONFIG), &config, &err);
	assert(decoded == 0);
	plan_it(dockerfile, config);
	return 0;
}
