/* SPDX-License-Identifier: Apache-2.0 */
#include "step_add.h"

#include <string.h>

void plan_builder_init(struct plan_builder *builder, struct arena *arena,
		       const char *main_context_path)
{
	*builder = (struct plan_builder){ .arena = arena };
	const char *path = main_context_path ? arena_strdup(arena, main_context_path) : NULL;
	vec_push(&builder->contexts, (struct plan_context){ .host_path = path });
}

void plan_builder_release(struct plan_builder *builder)
{
	vec_release(&builder->images);
	vec_release(&builder->contexts);
	vec_release(&builder->steps);
	map_release(&builder->image_places);
	map_release(&builder->context_places);
	map_release(&builder->step_places);
}

/* n items of a vec, in the arena */
static void *keep(struct plan_builder *builder, const void *items, size_t n, size_t size)
{
	void *kept = arena_array(builder->arena, n, size);

	if (n)
		memcpy(kept, items, n * size);
	return kept;
}

void plan_builder_finish(struct plan_builder *builder, struct plan *plan)
{
	plan->n_images = builder->images.len;
	plan->images = keep(builder, builder->images.items, plan->n_images, sizeof(*plan->images));
	plan->n_contexts = builder->contexts.len;
	plan->contexts =
		keep(builder, builder->contexts.items, plan->n_contexts, sizeof(*plan->contexts));
	plan->n_steps = builder->steps.len;
	plan->steps = keep(builder, builder->steps.items, plan->n_steps, sizeof(*plan->steps));
}

uint32_t builder_add_image(struct plan_builder *builder, const struct plan_image *image)
{
	cleanup(buf_release) struct buf key = BUF_INIT;

	buf_printf(&key, "%s ", image->reference);
	platform_format(&image->platform, &key);
	uintptr_t place = (uintptr_t)map_get(&builder->image_places, key.data);
	if (place)
		return (uint32_t)(place - 1);
	struct plan_image copy = *image;
	copy.reference = arena_strdup(builder->arena, image->reference);
	copy.written = arena_strdup(builder->arena, image->written);
	vec_push(&builder->images, copy);
	(void)map_set(&builder->image_places, key.data, (void *)(uintptr_t)builder->images.len);
	return (uint32_t)builder->images.len - 1;
}

uint32_t builder_add_context(struct plan_builder *builder, const char *name, const char *host_path)
{
	uintptr_t place = (uintptr_t)map_get(&builder->context_places, name);

	if (place)
		return (uint32_t)(place - 1);
	vec_push(&builder->contexts, (struct plan_context){
					     .name = arena_strdup(builder->arena, name),
					     .host_path = arena_strdup(builder->arena, host_path),
				     });
	(void)map_set(&builder->context_places, name, (void *)(uintptr_t)builder->contexts.len);
	return (uint32_t)builder->contexts.len - 1;
}

static int compare_indices(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void add_input(struct step *step, const struct tree_ref *tree)
{
	if (tree->kind == TREE_STEP)
		step->inputs[step->n_inputs++] = tree->index;
}

static void set_inputs(struct plan_builder *builder, struct step *step)
{
	size_t n_mounts = step->kind == STEP_RUN ? step->run.n_mounts : 0;

	step->inputs = arena_array(builder->arena, n_mounts + 2, sizeof(*step->inputs));
	step->n_inputs = 0;
	add_input(step, &step->parent);
	if (step->kind == STEP_COPY)
		add_input(step, &step->copy.from);
	for (size_t i = 0; i < n_mounts; i++)
		add_input(step, &step->run.mounts[i].from);
	qsort(step->inputs, step->n_inputs, sizeof(*step->inputs), compare_indices);
	size_t n = 0;
	for (size_t i = 0; i < step->n_inputs; i++)
		if (!n || step->inputs[n - 1] != step->inputs[i])
			step->inputs[n++] = step->inputs[i];
	step->n_inputs = n;
}

uint32_t builder_add_step(struct plan_builder *builder, struct step *step,
			  const struct digest *env_digest)
{
	struct digest digest = step_digest(step, env_digest);
	struct digest_text key = digest_hex(&digest);
	uintptr_t place = (uintptr_t)map_get(&builder->step_places, key.text);

	if (place)
		return (uint32_t)(place - 1);
	set_inputs(builder, step);
	vec_push(&builder->steps, *step);
	(void)map_set(&builder->step_places, key.text, (void *)(uintptr_t)builder->steps.len);
	return (uint32_t)builder->steps.len - 1;
}
