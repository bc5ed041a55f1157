/* SPDX-License-Identifier: Apache-2.0 */
#include "step_dump.h"

#include "plan/plan.h"

static json_t *dump_images(const struct plan *plan)
{
	json_t *array = json_array();

	for (size_t i = 0; i < plan->n_images; i++) {
		const struct plan_image *image = &plan->images[i];
		json_t *object = json_object();
		value_set_text(object, "reference", image->reference);
		value_set_text(object, "written", image->written);
		(void)json_object_set_new(object, "platform", platform_text(&image->platform));
		(void)json_object_set_new(object, "line", json_integer(image->at.line));
		(void)json_array_append_new(array, object);
	}
	return array;
}

static json_t *dump_contexts(const struct plan *plan)
{
	json_t *array = json_array();

	for (size_t i = 0; i < plan->n_contexts; i++) {
		json_t *object = json_object();
		value_set_text(object, "name", plan->contexts[i].name);
		value_set_text(object, "path", plan->contexts[i].host_path);
		(void)json_array_append_new(array, object);
	}
	return array;
}

static json_t *dump_history(const struct plan_target *target)
{
	json_t *array = json_array();

	for (size_t i = 0; i < target->n_history; i++) {
		const struct plan_history *entry = &target->history[i];
		json_t *object = json_object();
		if (entry->is_base)
			(void)json_object_set_new(object, "base", json_integer(entry->base_index));
		value_set_text(object, "created_by", entry->created_by);
		value_set_text(object, "author", entry->author);
		value_set_text(object, "comment", entry->comment);
		if (entry->step != NO_STEP)
			(void)json_object_set_new(object, "step", json_integer(entry->step));
		(void)json_array_append_new(array, object);
	}
	return array;
}

static json_t *dump_config(const struct image_config *config)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct error ignored = ERROR_INIT;
	json_t *object = NULL;

	image_config_encode(config, &text);
	if (value_read(text.data, text.len, "image config", &object, &ignored) < 0)
		return json_null();
	return object;
}

static json_t *dump_target(const struct plan_target *target)
{
	json_t *object = json_object();

	(void)json_object_set_new(object, "platform", platform_text(&target->platform));
	(void)json_object_set_new(object, "config", dump_config(target->config));
	(void)json_object_set_new(object, "tree", tree_ref_dump(&target->tree));
	if (target->base_image != NO_STEP)
		(void)json_object_set_new(object, "base_image", json_integer(target->base_image));
	(void)json_object_set_new(object, "history", dump_history(target));
	return object;
}

static json_t *dump_warnings(const struct plan *plan)
{
	json_t *array = json_array();

	for (size_t i = 0; i < plan->n_warnings; i++) {
		json_t *object = json_object();
		if (plan->warnings[i].at.line)
			(void)json_object_set_new(object, "line",
						  json_integer(plan->warnings[i].at.line));
		value_set_text(object, "text", plan->warnings[i].text);
		(void)json_array_append_new(array, object);
	}
	return array;
}

json_t *plan_dump(const struct plan *plan)
{
	json_t *object = json_object(), *steps = json_array(), *targets = json_array();

	(void)json_object_set_new(object, "images", dump_images(plan));
	(void)json_object_set_new(object, "contexts", dump_contexts(plan));
	for (size_t i = 0; i < plan->n_steps; i++)
		(void)json_array_append_new(steps, step_dump(&plan->steps[i]));
	(void)json_object_set_new(object, "steps", steps);
	for (size_t i = 0; i < plan->n_targets; i++)
		(void)json_array_append_new(targets, dump_target(&plan->targets[i]));
	(void)json_object_set_new(object, "targets", targets);
	if (plan->is_multi_platform)
		(void)json_object_set_new(object, "index", json_true());
	if (plan->n_warnings)
		(void)json_object_set_new(object, "warnings", dump_warnings(plan));
	if (plan->has_epoch)
		(void)json_object_set_new(object, "source_date_epoch", json_integer(plan->epoch));
	return object;
}
