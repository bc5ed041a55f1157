/* SPDX-License-Identifier: Apache-2.0 */
/* Plan and results -> the images. */
#include "image/assemble.h"

#include "annotations.h"
#include "phases.h"

#include "base/alloc.h"

static struct assemble_history *make_history(const struct build *build,
					     const struct plan_target *target)
{
	struct assemble_history *history = xcalloc(target->n_history, sizeof(*history));

	for (size_t i = 0; i < target->n_history; i++) {
		const struct plan_history *entry = &target->history[i];
		history[i] = (struct assemble_history){
			.is_base = entry->is_base,
			.base_index = entry->base_index,
			.created_by = entry->created_by,
			.author = entry->author,
			.comment = entry->comment,
			.has_layer = !entry->is_base && entry->step != NO_STEP,
		};
		if (history[i].has_layer) {
			history[i].made = build->exec.results[entry->step].made;
			history[i].made_nsec = build->exec.results[entry->step].made_nsec;
		}
	}
	return history;
}

static int assemble_target(struct build *build, const struct plan_target *target,
			   struct image **ret_image, struct error *err)
{
	autofree struct assemble_history *history = make_history(build, target);
	autofree struct layer_ref *layers = NULL;
	struct assemble_request request = {
		.config = target->config,
		.history = history,
		.n_history = target->n_history,
		.is_docker = build->request->format == IMAGE_FORMAT_DOCKER,
		.has_epoch = build->plan->has_epoch,
		.epoch = build->plan->epoch,
		.now = build->exec.now,
	};

	cleanup(value_free) json_t *annotations =
		build_annotations(build, ANNOTATION_MANIFEST, &target->config->platform);
	request.annotations = annotations;
	request.n_layers = exec_tree_layers(&build->exec, target->tree, &layers);
	request.layers = layers;
	if (target->base_image != NO_STEP)
		request.base = build->plan_images[target->base_image]->config;
	return image_assemble(&build->engine->env, &request, ret_image, err);
}

int build_assemble(struct build *build, struct image_set *ret_set, struct error *err)
{
	for (size_t i = 0; i < build->plan->n_targets; i++) {
		struct image *image = NULL;
		if (assemble_target(build, &build->plan->targets[i], &image, err) < 0)
			return -1;
		image_set_add(ret_set, image);
	}
	return 0;
}
