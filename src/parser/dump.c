/* SPDX-License-Identifier: Apache-2.0 */
/* The AST as JSON. What is not there is left out, so that the small files stay small. */
#include "dockerfile.h"

#include <string.h>

static json_t *dump_words(const struct words *words)
{
	json_t *array = json_array();

	for (size_t i = 0; i < words->len; i++)
		json_array_append_new(array, value_of_text(words->items[i]));
	return array;
}

static void set_text(json_t *object, const char *key, const char *text)
{
	if (text)
		json_object_set_new(object, key, value_of_text(text));
}

static void set_words(json_t *object, const char *key, const struct words *words)
{
	if (words->len)
		json_object_set_new(object, key, dump_words(words));
}

static void set_true(json_t *object, const char *key, bool value)
{
	if (value)
		json_object_set_new(object, key, json_true());
}

static void set_number(json_t *object, const char *key, int64_t number)
{
	if (number)
		json_object_set_new(object, key, json_integer(number));
}

static void set_heredocs(json_t *object, const struct heredocs *heredocs)
{
	if (!heredocs->len)
		return;
	json_t *array = json_array();
	for (size_t i = 0; i < heredocs->len; i++) {
		const struct heredoc *heredoc = &heredocs->items[i];
		json_t *entry = json_object();
		set_text(entry, "name", heredoc->name);
		set_text(entry, "body", heredoc->body);
		set_number(entry, "fd", heredoc->fd);
		set_true(entry, "expanded", heredoc->is_expanded);
		set_true(entry, "chomps_tabs", heredoc->chomps_tabs);
		json_array_append_new(array, entry);
	}
	json_object_set_new(object, "heredocs", array);
}

/* "shell": the text; "exec": the list of a JSON form. */
static void set_command(json_t *object, const struct command_line *command)
{
	if (command->is_shell)
		set_text(object, "shell", command->words.len ? command->words.items[0] : "");
	else
		json_object_set_new(object, "exec", dump_words(&command->words));
}

static void set_pairs(json_t *object, const struct key_values *pairs)
{
	json_t *array = json_array();

	for (size_t i = 0; i < pairs->len; i++) {
		json_t *entry = json_object();
		set_text(entry, "key", pairs->items[i].key);
		if (pairs->items[i].has_value)
			set_text(entry, "value", pairs->items[i].value);
		json_array_append_new(array, entry);
	}
	json_object_set_new(object, "pairs", array);
	set_true(object, "legacy", pairs->is_legacy);
}

static void set_from(json_t *object, const struct from_instruction *from)
{
	set_text(object, "base", from->base);
	set_text(object, "stage", from->stage_name);
	if (from->stage_name && strcmp(from->stage_name, from->stage_name_as_written) != 0)
		set_text(object, "stage_as_written", from->stage_name_as_written);
	set_text(object, "as", from->as_keyword);
	set_text(object, "platform", from->platform);
}

static void set_run(json_t *object, const struct run_instruction *run)
{
	set_command(object, &run->command);
	set_heredocs(object, &run->heredocs);
	set_true(object, "lone_heredoc", run->is_lone_heredoc);
	set_words(object, "mounts", &run->mounts);
	set_text(object, "network", run->network);
	set_text(object, "security", run->security);
	set_words(object, "devices", &run->devices);
}

static void set_copy(json_t *object, const struct copy_instruction *copy)
{
	set_words(object, "sources", &copy->sources);
	set_heredocs(object, &copy->heredocs);
	set_text(object, "destination", copy->destination);
	set_text(object, "from", copy->from);
	set_text(object, "chown", copy->chown);
	set_text(object, "chmod", copy->chmod);
	set_text(object, "checksum", copy->checksum);
	set_words(object, "excludes", &copy->excludes);
	set_true(object, "link", copy->link);
	set_true(object, "parents", copy->parents);
	if (copy->has_keep_git_dir)
		json_object_set_new(object, "keep_git_dir", json_boolean(copy->keep_git_dir));
	if (copy->has_unpack)
		json_object_set_new(object, "unpack", json_boolean(copy->unpack));
}

static void set_healthcheck(json_t *object, const struct healthcheck_instruction *check)
{
	if (check->is_none) {
		set_true(object, "none", true);
		return;
	}
	set_command(object, &check->command);
	set_number(object, "interval", check->interval);
	set_number(object, "timeout", check->timeout);
	set_number(object, "start_period", check->start_period);
	set_number(object, "start_interval", check->start_interval);
	set_number(object, "retries", check->retries);
}

static void set_onbuild(json_t *object, const struct onbuild_instruction *onbuild)
{
	set_text(object, "trigger", onbuild->trigger);
	if (onbuild->kind)
		set_text(object, "trigger_kind", instruction_name(onbuild->kind));
}

static void set_arguments(json_t *object, const struct instruction *instruction)
{
	switch (instruction->kind) {
	case INSTRUCTION_ADD:
	case INSTRUCTION_COPY:
		set_copy(object, &instruction->copy);
		break;
	case INSTRUCTION_ARG:
	case INSTRUCTION_ENV:
	case INSTRUCTION_LABEL:
		set_pairs(object, &instruction->pairs);
		break;
	case INSTRUCTION_CMD:
	case INSTRUCTION_ENTRYPOINT:
	case INSTRUCTION_SHELL:
		set_command(object, &instruction->command);
		break;
	case INSTRUCTION_EXPOSE:
	case INSTRUCTION_VOLUME:
		json_object_set_new(object, "words", dump_words(&instruction->words));
		break;
	case INSTRUCTION_FROM:
		set_from(object, &instruction->from);
		break;
	case INSTRUCTION_HEALTHCHECK:
		set_healthcheck(object, &instruction->healthcheck);
		break;
	case INSTRUCTION_MAINTAINER:
	case INSTRUCTION_STOPSIGNAL:
	case INSTRUCTION_USER:
	case INSTRUCTION_WORKDIR:
		set_text(object, "text", instruction->text);
		break;
	case INSTRUCTION_ONBUILD:
		set_onbuild(object, &instruction->onbuild);
		break;
	case INSTRUCTION_RUN:
		set_run(object, &instruction->run);
		break;
	}
}

static json_t *dump_instruction(const struct instruction *instruction)
{
	json_t *object = json_object();
	const char *name = instruction_name(instruction->kind);

	set_text(object, "kind", name);
	set_number(object, "line", instruction->at.line);
	if (instruction->at.column > 1)
		set_number(object, "column", instruction->at.column);
	if (instruction->at.last_line != instruction->at.line)
		set_number(object, "last_line", instruction->at.last_line);
	if (strcmp(name, instruction->name) != 0)
		set_text(object, "name", instruction->name);
	set_words(object, "flags", &instruction->flags);
	set_true(object, "empty_continuation", instruction->had_empty_continuation);
	set_text(object, "comment", instruction->comment);
	set_text(object, "original", instruction->original);
	set_arguments(object, instruction);
	return object;
}

static json_t *dump_instructions(const struct instruction *instructions, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(array, dump_instruction(&instructions[i]));
	return array;
}

static json_t *dump_stage(const struct stage *stage)
{
	json_t *object = json_object();

	json_object_set_new(object, "from", dump_instruction(&stage->from));
	json_object_set_new(object, "instructions",
			    dump_instructions(stage->instructions, stage->n_instructions));
	return object;
}

static void set_warnings(json_t *object, const struct dockerfile *dockerfile)
{
	if (!dockerfile->n_warnings)
		return;
	json_t *array = json_array();
	for (size_t i = 0; i < dockerfile->n_warnings; i++) {
		json_t *entry = json_object();
		set_number(entry, "line", dockerfile->warnings[i].at.line);
		set_text(entry, "text", dockerfile->warnings[i].text);
		json_array_append_new(array, entry);
	}
	json_object_set_new(object, "warnings", array);
}

json_t *dockerfile_dump(const struct dockerfile *dockerfile)
{
	json_t *object = json_object(), *stages = json_array();
	const char escape[] = { dockerfile->escape, '\0' };

	if (dockerfile->escape != '\\')
		set_text(object, "escape", escape);
	set_text(object, "syntax", dockerfile->syntax);
	set_text(object, "check", dockerfile->check);
	if (dockerfile->n_global_args)
		json_object_set_new(
			object, "global_args",
			dump_instructions(dockerfile->global_args, dockerfile->n_global_args));
	for (size_t i = 0; i < dockerfile->n_stages; i++)
		json_array_append_new(stages, dump_stage(&dockerfile->stages[i]));
	json_object_set_new(object, "stages", stages);
	set_warnings(object, dockerfile);
	return object;
}
