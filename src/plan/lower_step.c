/* SPDX-License-Identifier: Apache-2.0 */
/* What the instructions have in common: expansion, titles, steps, lines of history. */
#include "lower.h"

#include <stdio.h>
#include <string.h>

int lower_charge(struct lowering *lowering, size_t len, struct error *err)
{
	lowering->texts_len += len;
	if (lowering->texts_len > PLAN_TEXTS_MAX)
		return error_set(err, ERROR_UNSUPPORTED,
				 "expanded texts and environments come to more than %d MiB",
				 PLAN_TEXTS_MAX / (1024 * 1024));
	return 0;
}

int lower_expand(struct lowering *lowering, const char *word, const char **ret_text,
		 struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct expand_scope scope = { .escape = lowering->graph->dockerfile->escape };

	lowering->culprit = word;
	if (lower_expand_noting(lowering, &scope, word, &text, err) < 0)
		return -1;
	*ret_text = arena_strndup(lowering->arena, text.data, text.len);
	return lower_charge(lowering, text.len, err);
}

struct title_scope {
	const struct name_table *vars;
	const struct run_step *run;
};

static const char *lookup_for_title(void *context, const char *name)
{
	const struct title_scope *titles = context;
	const struct run_step *run = titles->run;

	for (size_t i = 0; run && i < run->n_mounts; i++)
		if (run->mounts[i].flag.env && strcmp(run->mounts[i].flag.env, name) == 0)
			return "****";
	return name_table_get(titles->vars, name);
}

const char *lower_text(struct lowering *lowering, const char *original, const struct run_step *run)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct error ignored = ERROR_INIT;
	struct title_scope titles = { .vars = &lowering->state->scope.vars, .run = run };
	struct expand_scope scope = {
		.lookup = lookup_for_title,
		.context = &titles,
		.escape = lowering->graph->dockerfile->escape,
		.keeps_quotes = run != NULL,
		.keeps_unset = run != NULL,
	};

	if (expand_word(&scope, original, &text, &ignored) < 0) {
		buf_clear(&text);
		buf_add_text(&text, original);
	}
	lowering->texts_len += text.len;
	for (char *c = text.data; *c && *c != ' '; c++)
		*c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
	return arena_strndup(lowering->arena, text.data, text.len);
}

/*
 * "linux/amd64 ", and "linux/amd64->arm64 " of a stage that runs on one platform and knows, by an
 * ARG that it declares, that it is for another.
 */
static const char *title_platform(const struct lowering *lowering)
{
	const struct name_table *vars = &lowering->state->scope.vars;
	const struct platform *own = &lowering->state->platform;
	struct platform target = *own;
	cleanup(buf_release) struct buf text = BUF_INIT;

	if (!lowering->builder->is_multi_platform)
		return "";
	platform_format(own, &text);
	if (name_table_get(vars, "TARGETPLATFORM") || name_table_get(vars, "TARGETOS") ||
	    name_table_get(vars, "TARGETARCH") || name_table_get(vars, "TARGETVARIANT"))
		target = lowering->graph->target_platform;
	if (strcmp(target.os, own->os) != 0) {
		buf_add_text(&text, "->");
		platform_format(&target, &text);
	} else if (strcmp(target.architecture, own->architecture) != 0) {
		buf_printf(&text, "->%s%s%s", target.architecture, *target.variant ? "/" : "",
			   target.variant);
	}
	buf_add_char(&text, ' ');
	return arena_strndup(lowering->arena, text.data, text.len);
}

const char *lower_title(struct lowering *lowering, const char *text, bool is_trigger)
{
	const char *name = lowering->graph->nodes.items[lowering->stage].name;
	bool is_alone = lowering->graph->dockerfile->n_stages == 1;
	int width = snprintf(NULL, 0, "%u", lowering->n_steps);

	lowering->step_number++;
	return arena_printf(lowering->arena, "[%s%s%s%*u/%u] %s%s", title_platform(lowering),
			    is_alone ? "" : name, is_alone ? "" : " ", width, lowering->step_number,
			    lowering->n_steps, is_trigger ? "ONBUILD " : "", text);
}

uint32_t lower_add_step(struct lowering *lowering, const struct graph_command *command,
			const char *text, struct step *step, const struct digest *env_digest)
{
	struct stage_state *state = lowering->state;

	lower_ensure_tree(lowering);
	step->at = command->instruction->at;
	step->stage = lowering->stage;
	step->text = text;
	step->title = lower_title(lowering, text, command->is_trigger);
	step->parent = state->tree;
	step->platform = state->platform;
	step->no_cache = lowering->no_cache;
	uint32_t index = builder_add_step(lowering->builder, step, env_digest);
	state->tree = (struct tree_ref){ .kind = TREE_STEP, .index = index };
	return index;
}

bool lower_keeps_history(const struct lowering *lowering)
{
	return lowering->is_ancestor[lowering->stage];
}

int lower_add_history(struct lowering *lowering, const char *created_by, uint32_t step,
		      struct error *err)
{
	struct stage_state *state = lowering->state;

	if (!lower_keeps_history(lowering))
		return 0;
	state->history_len += strlen(created_by);
	if (state->history_len > CONFIG_SIZE_MAX || state->history.len >= HISTORY_MAX)
		return error_set(err, ERROR_UNSUPPORTED,
				 "the image's history is longer than %d entries or %d bytes",
				 HISTORY_MAX, CONFIG_SIZE_MAX);
	vec_push(&state->history, (struct plan_history){
					  .created_by = created_by,
					  .comment = "buildkit.dockerfile.v0",
					  .step = step,
				  });
	return 0;
}

const char *lower_working_dir(const struct lowering *lowering)
{
	const char *dir = lowering->state->config->working_dir;

	return dir && *dir ? dir : "/";
}
