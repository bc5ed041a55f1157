/* SPDX-License-Identifier: Apache-2.0 */
#include "lint/outline.h"

#include "base/alloc.h"
#include "base/base64.h"
#include "base/map.h"
#include "base/vec.h"

#include <stdlib.h>
#include <string.h>

/* --- what the target takes ----------------------------------------------------------------------
 */

struct outline {
	const struct plan_facts *facts;
	bool *is_used;	  /* by stage */
	struct map names; /* names of arguments that are used somewhere */
	VEC(const struct plan_argument *) arguments;
	VEC(const struct plan_secret *) secrets;
};

/* uses go to other stages of smaller or greater number, so until nothing is added. */
static void mark_stages(struct outline *outline)
{
	const struct plan_facts *facts = outline->facts;
	bool has_grown = true;

	outline->is_used[facts->target] = true;
	while (has_grown) {
		has_grown = false;
		for (size_t i = facts->uses.len; i-- > 0;) {
			const struct plan_use *use = &facts->uses.items[i];
			if (use->name || !outline->is_used[use->stage] ||
			    outline->is_used[use->other])
				continue;
			outline->is_used[use->other] = true;
			has_grown = true;
		}
	}
}

static void mark_names(struct outline *outline)
{
	const struct plan_facts *facts = outline->facts;

	for (size_t i = 0; i < facts->uses.len; i++)
		if (facts->uses.items[i].name && outline->is_used[facts->uses.items[i].stage])
			(void)map_set(&outline->names, facts->uses.items[i].name, outline);
	for (size_t i = 0; i < facts->arguments.len; i++) {
		const struct plan_argument *argument = &facts->arguments.items[i];
		if (argument->stage != GLOBAL_ARGUMENT && outline->is_used[argument->stage])
			(void)map_set(&outline->names, argument->name, outline);
	}
	/* what a default names stands before it */
	for (size_t i = facts->arguments.len; i-- > 0;) {
		const struct plan_argument *argument = &facts->arguments.items[i];
		for (size_t k = 0; map_has(&outline->names, argument->name) && k < argument->n_uses;
		     k++)
			(void)map_set(&outline->names, argument->uses[k], outline);
	}
}

static int compare_arguments(const void *a, const void *b)
{
	const struct plan_argument *const *one = a, *const *other = b;

	if ((*one)->at.line != (*other)->at.line)
		return (*one)->at.line < (*other)->at.line ? -1 : 1;
	return *one < *other ? -1 : *one > *other;
}

/* Of each name the last one counts, and what only takes a global value over is that one. */
static void collect_arguments(struct outline *outline)
{
	const struct plan_facts *facts = outline->facts;
	cleanup(map_release) struct map seen = MAP_INIT;

	for (size_t i = facts->arguments.len; i-- > 0;) {
		const struct plan_argument *argument = &facts->arguments.items[i];
		bool is_global = argument->stage == GLOBAL_ARGUMENT;
		if (argument->is_inherited || !map_has(&outline->names, argument->name) ||
		    (!is_global && !outline->is_used[argument->stage]) ||
		    map_set(&seen, argument->name, outline))
			continue;
		vec_push(&outline->arguments, argument);
	}
	qsort(outline->arguments.items, outline->arguments.len, sizeof(*outline->arguments.items),
	      compare_arguments);
}

static void collect_secrets(struct outline *outline)
{
	const struct plan_facts *facts = outline->facts;
	cleanup(map_release) struct map seen = MAP_INIT;

	for (size_t i = 0; i < facts->secrets.len; i++) {
		const struct plan_secret *secret = &facts->secrets.items[i];
		autofree char *key = xasprintf("%d%s", secret->is_ssh, secret->id);
		if (outline->is_used[secret->stage] && !map_set(&seen, key, outline))
			vec_push(&outline->secrets, secret);
	}
}

/* --- JSON ---------------------------------------------------------------------------------------
 */

static json_t *dump_sources(const struct lint_source *source)
{
	cleanup(buf_release) struct buf data = BUF_INIT;
	json_t *sources = json_array();

	base64_encode(source->text, source->len, &data);
	json_array_append_new(sources, value_of_text(data.data));
	return sources;
}

static void add_list(json_t *document, const char *key, json_t *list)
{
	if (json_array_size(list))
		json_object_set(document, key, list);
	json_decref(list);
}

static json_t *dump_arguments(const struct outline *outline)
{
	json_t *list = json_array();
	size_t left = DOCUMENT_RANGES_MAX;

	for (size_t i = 0; i < outline->arguments.len; i++) {
		const struct plan_argument *argument = outline->arguments.items[i];
		json_t *object = json_object();
		value_set_text(object, "name", argument->name);
		value_set_text(object, "description", argument->description);
		value_set_text(object, "value", argument->value);
		json_object_set_new(object, "location", location_dump(argument->at, &left));
		json_array_append_new(list, object);
	}
	return list;
}

static json_t *dump_secrets(const struct outline *outline, bool is_ssh)
{
	json_t *list = json_array();
	size_t left = DOCUMENT_RANGES_MAX;

	for (size_t i = 0; i < outline->secrets.len; i++) {
		const struct plan_secret *secret = outline->secrets.items[i];
		if (secret->is_ssh != is_ssh)
			continue;
		json_t *object = json_object();
		value_set_text(object, "name", secret->id);
		if (secret->is_required)
			json_object_set_new(object, "required", json_true());
		json_object_set_new(object, "location", location_dump(secret->at, &left));
		json_array_append_new(list, object);
	}
	return list;
}

json_t *outline_dump(const struct dockerfile *dockerfile, const struct plan_facts *facts,
		     const struct lint_source *source)
{
	autofree bool *is_used = xcalloc(dockerfile->n_stages, sizeof(*is_used));
	struct outline outline = { .facts = facts, .is_used = is_used };
	const struct instruction *from = &dockerfile->stages[facts->target].from;
	const char *name = from->from.stage_name;
	cleanup(arena_release) struct arena arena = ARENA_INIT;
	json_t *document = json_object();

	mark_stages(&outline);
	mark_names(&outline);
	collect_arguments(&outline);
	collect_secrets(&outline);
	value_set_text(document, "name", name);
	if (name)
		value_set_text(document, "description", plan_describe(from->comment, name, &arena));
	add_list(document, "args", dump_arguments(&outline));
	add_list(document, "secrets", dump_secrets(&outline, false));
	add_list(document, "ssh", dump_secrets(&outline, true));
	json_object_set_new(document, "sources", dump_sources(source));
	map_release(&outline.names);
	vec_release(&outline.arguments);
	vec_release(&outline.secrets);
	return document;
}

json_t *targets_dump(const struct dockerfile *dockerfile, const struct lint_source *source)
{
	cleanup(arena_release) struct arena arena = ARENA_INIT;
	json_t *document = json_object(), *targets = json_array();
	size_t left = DOCUMENT_RANGES_MAX;

	for (size_t i = 0; i < dockerfile->n_stages; i++) {
		const struct instruction *from = &dockerfile->stages[i].from;
		const char *name = from->from.stage_name;
		json_t *object = json_object();
		value_set_text(object, "name", name);
		if (i + 1 == dockerfile->n_stages)
			json_object_set_new(object, "default", json_true());
		if (name)
			value_set_text(object, "description",
				       plan_describe(from->comment, name, &arena));
		value_set_text(object, "base", from->from.base);
		value_set_text(object, "platform", from->from.platform);
		json_object_set_new(object, "location", location_dump(from->at, &left));
		json_array_append_new(targets, object);
	}
	json_object_set_new(document, "targets", targets);
	json_object_set_new(document, "sources", dump_sources(source));
	return document;
}
