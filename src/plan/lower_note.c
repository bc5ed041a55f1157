/* SPDX-License-Identifier: Apache-2.0 */
/* What lowering notices on its way; nothing here changes what is planned. */
#include "lower.h"
#include "stage_fact.h"

#include "base/text.h"

#include <string.h>

/* With more variables than this no near name is looked for: a suggestion costs a look at each. */
enum { SUGGESTED_AMONG_MAX = 4096 };

static void note(const struct lowering *lowering, const struct graph_command *command,
		 struct plan_fact fact)
{
	fact.at = command->instruction->at;
	fact.is_trigger = command->is_trigger;
	plan_facts_add(lowering->options->facts, &fact);
}

void lower_note(const struct lowering *lowering, enum plan_fact_kind kind, const char *name,
		const char *other)
{
	note(lowering, lowering->command,
	     (struct plan_fact){ .kind = kind, .name = name, .other = other });
}

void lower_note_repeated(const struct lowering *lowering, const struct graph_command **last)
{
	const char *name = lowering->command->instruction->name;

	if (*last)
		note(lowering, *last, (struct plan_fact){ .kind = FACT_REPEATED, .name = name });
	*last = lowering->command;
}

void lower_note_shell_form(const struct lowering *lowering, const struct command_line *line)
{
	if (line->is_shell && !lowering->state->config->shell.len)
		lower_note(lowering, FACT_SHELL_FORM, lowering->command->instruction->name, NULL);
}

void lower_note_port(const struct lowering *lowering, const char *written, bool has_address,
		     const char *protocol)
{
	note(lowering, lowering->command,
	     (struct plan_fact){ .kind = FACT_PORT,
				 .name = written,
				 .other = protocol,
				 .third = has_address ? "address" : NULL });
}

/* --- the outline --------------------------------------------------------------------------------
 */

void lower_note_argument(const struct lowering *lowering, const struct key_value *pair,
			 const char *value, bool is_inherited)
{
	struct plan_facts *facts = lowering->options->facts;
	const struct instruction *instruction = lowering->command->instruction;

	if (!facts || !plan_facts_have_room(facts, value))
		return;
	vec_push(&facts->arguments,
		 (struct plan_argument){
			 .stage = lowering->stage,
			 .at = instruction->at,
			 .name = arena_strdup(&facts->arena, pair->key),
			 .value = value ? arena_strdup(&facts->arena, value) : NULL,
			 .description =
				 plan_describe(instruction->comment, pair->key, &facts->arena),
			 .is_inherited = is_inherited,
		 });
}

void lower_note_secret(const struct lowering *lowering, const struct mount_flag *flag)
{
	struct plan_facts *facts = lowering->options->facts;
	bool is_ssh = flag->type == MOUNT_SSH;

	if (!facts || !(is_ssh || flag->type == MOUNT_SECRET) ||
	    facts->secrets.len == PLAN_FACTS_MAX)
		return;
	vec_push(&facts->secrets, (struct plan_secret){ .stage = lowering->stage,
							.at = lowering->command->instruction->at,
							.id = arena_strdup(&facts->arena, flag->id),
							.is_ssh = is_ssh,
							.is_required = flag->is_required });
}

/* --- platforms and variables --------------------------------------------------------------------
 */

void lower_note_base(const struct lowering *lowering, const struct graph_node *node,
		     const struct platform *wanted)
{
	const struct platform *own = &node->base.config->platform;
	cleanup(buf_release) struct buf has = BUF_INIT, wants = BUF_INIT;

	if (node->is_replaced || node->base.context || !node->base.config->n_diff_ids ||
	    (strcmp(own->os, wanted->os) == 0 &&
	     strcmp(own->architecture, wanted->architecture) == 0))
		return;
	platform_format(own, &has);
	platform_format(wanted, &wants);
	plan_facts_add(lowering->options->facts, &(struct plan_fact){
							 .kind = FACT_BASE_PLATFORM,
							 .at = node->at,
							 .name = node->written,
							 .other = has.data,
							 .third = wants.data,
						 });
}

/* One expansion: its unset variables, each once. */
struct noting {
	const struct lowering *lowering;
	struct strv names;
};

static const char *lookup(void *context, const char *name)
{
	const struct noting *noting = context;

	return name_table_get(&noting->lowering->state->scope.vars, name);
}

static void note_undefined(void *context, const char *name)
{
	struct noting *noting = context;

	for (size_t i = 0; i < noting->names.len; i++)
		if (strcmp(noting->names.items[i], name) == 0)
			return;
	if (noting->names.len < PLAN_FACTS_NAMES_MAX)
		strv_add(&noting->names, name);
}

static const char *nearest(struct plan_facts *facts, const struct name_table *vars,
			   const char *name)
{
	VEC(const char *) names = VEC_INIT;

	if (vars->entries.len > SUGGESTED_AMONG_MAX ||
	    !plan_facts_may_look(facts, vars->entries.len))
		return NULL;
	for (size_t i = 0; i < vars->entries.len; i++)
		vec_push(&names, vars->entries.items[i].name);
	const char *near = text_nearest(name, names.items, names.len);
	vec_release(&names);
	return near;
}

/* What an ARG declared, though it has no value, is not meant. */
static void tell_undefined(const struct lowering *lowering, const struct strv *names)
{
	const struct scope *scope = &lowering->state->scope;

	for (size_t i = 0; i < names->len; i++) {
		const char *name = names->items[i];
		if (name_table_find(&scope->declared, name) || build_arg_is_no_variable(name))
			continue;
		lower_note(lowering, FACT_UNDEFINED_VARIABLE, name,
			   nearest(lowering->options->facts, &scope->vars, name));
	}
}

int lower_expand_noting(const struct lowering *lowering, struct expand_scope *scope,
			const char *word, struct buf *ret_text, struct error *err)
{
	struct noting noting = { .lowering = lowering, .names = STRV_INIT };

	scope->lookup = lookup;
	scope->context = &noting;
	scope->undefined = lowering->options->facts ? note_undefined : NULL;
	int result = expand_word(scope, word, ret_text, err);
	tell_undefined(lowering, &noting.names);
	strv_release(&noting.names);
	return result;
}
