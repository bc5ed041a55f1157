/* SPDX-License-Identifier: Apache-2.0 */
/* The instructions that set a field of the config. */
#include "go_format.h"
#include "lower.h"
#include "signal.h"

#include <inttypes.h>
#include <string.h>

static int add_history(struct lowering *lowering, const struct buf *text, struct error *err)
{
	return lower_add_history(lowering, arena_strndup(lowering->arena, text->data, text->len),
				 NO_STEP, err);
}

static void set_list(struct strv *list, struct strv *from)
{
	strv_release(list);
	*list = *from;
	*from = (struct strv)STRV_INIT;
}

static void add_words(struct strv *list, const struct words *words)
{
	for (size_t i = 0; i < words->len; i++)
		strv_add(list, words->items[i]);
}

void lower_command_args(const struct lowering *lowering, const struct command_line *line,
			const char *text, struct strv *args)
{
	const struct image_config *config = lowering->state->config;

	if (!line->is_shell) {
		add_words(args, &line->words);
		return;
	}
	if (config->shell.len) {
		strv_add_all(args, &config->shell);
	} else if (strcmp(config->platform.os, "windows") == 0) {
		strv_add(args, "cmd");
		strv_add(args, "/S");
		strv_add(args, "/C");
	} else {
		strv_add(args, "/bin/sh");
		strv_add(args, "-c");
	}
	strv_add(args, text);
}

static const char *shell_text(const struct command_line *line)
{
	return line->words.len ? line->words.items[0] : "";
}

int lower_cmd(struct lowering *lowering, const struct graph_command *command, struct error *err)
{
	const struct command_line *line = &command->instruction->command;
	struct image_config *config = lowering->state->config;
	cleanup(buf_release) struct buf text = BUF_INIT;
	cleanup(strv_release) struct strv args = STRV_INIT;

	lower_note_repeated(lowering, &lowering->last_cmd);
	lower_note_shell_form(lowering, line);
	lower_command_args(lowering, line, shell_text(line), &args);
	buf_add_text(&text, "CMD ");
	go_add_quoted_list(&text, &args);
	set_list(&config->cmd, &args);
	config->has_cmd = true;
	config->args_escaped = true;
	lowering->state->has_own_cmd = true;
	return add_history(lowering, &text, err);
}

int lower_entrypoint(struct lowering *lowering, const struct graph_command *command,
		     struct error *err)
{
	const struct command_line *line = &command->instruction->command;
	struct image_config *config = lowering->state->config;
	cleanup(buf_release) struct buf text = BUF_INIT;
	cleanup(strv_release) struct strv args = STRV_INIT;
	struct strv none = STRV_INIT;

	lower_note_repeated(lowering, &lowering->last_entrypoint);
	lower_note_shell_form(lowering, line);
	lower_command_args(lowering, line, shell_text(line), &args);
	buf_add_text(&text, "ENTRYPOINT ");
	go_add_quoted_list(&text, &args);
	set_list(&config->entrypoint, &args);
	config->has_entrypoint = true;
	/* a CMD from below was meant for another entrypoint */
	if (!lowering->state->has_own_cmd) {
		set_list(&config->cmd, &none);
		config->has_cmd = false;
	}
	return add_history(lowering, &text, err);
}

int lower_shell(struct lowering *lowering, const struct graph_command *command, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct strv words = STRV_INIT;

	add_words(&words, &command->instruction->command.words);
	set_list(&lowering->state->config->shell, &words);
	buf_add_text(&text, "SHELL ");
	go_add_list(&text, &lowering->state->config->shell);
	return add_history(lowering, &text, err);
}

int lower_user(struct lowering *lowering, const struct graph_command *command, struct error *err)
{
	const char *user = NULL;

	if (lower_expand(lowering, command->instruction->text, &user, err) < 0)
		return -1;
	config_set_text(&lowering->state->config->user, user);
	return lower_add_history(lowering, arena_printf(lowering->arena, "USER %s", user), NO_STEP,
				 err);
}

int lower_volume(struct lowering *lowering, const struct graph_command *command, struct error *err)
{
	const struct words *words = &command->instruction->words;
	cleanup(buf_release) struct buf text = BUF_INIT;
	cleanup(strv_release) struct strv volumes = STRV_INIT;

	for (size_t i = 0; i < words->len; i++) {
		const char *volume = NULL;
		if (lower_expand(lowering, words->items[i], &volume, err) < 0)
			return -1;
		if (!*volume)
			return error_set(err, ERROR_SYNTAX,
					 "VOLUME specified can not be an empty string");
		strv_add(&volumes, volume);
	}
	for (size_t i = 0; i < volumes.len; i++)
		(void)name_table_set(&lowering->state->volumes, lowering->arena, volumes.items[i],
				     NULL, NULL);
	buf_add_text(&text, "VOLUME ");
	go_add_list(&text, &volumes);
	return add_history(lowering, &text, err);
}

int lower_stopsignal(struct lowering *lowering, const struct graph_command *command,
		     struct error *err)
{
	const char *text = NULL;

	if (lower_expand(lowering, command->instruction->text, &text, err) < 0)
		return -1;
	if (strcmp(lowering->state->config->platform.os, "windows") == 0)
		return error_set(err, ERROR_SYNTAX,
				 "The daemon on this platform does not support the command "
				 "stopsignal");
	if (!signal_is_known(text)) {
		const char *near = signal_nearest(text);
		return error_set(err, ERROR_SYNTAX, "invalid signal: %.100s (%s%s)", text,
				 near ? "did you mean SIG" : "as in: SIGTERM, TERM, 15",
				 near ? arena_printf(lowering->arena, "%s?", near) : "");
	}
	config_set_text(&lowering->state->config->stop_signal, text);
	return lower_add_history(lowering, arena_printf(lowering->arena, "STOPSIGNAL %s", text),
				 NO_STEP, err);
}

int lower_maintainer(struct lowering *lowering, const struct graph_command *command,
		     struct error *err)
{
	const char *text = command->instruction->text;

	config_set_text(&lowering->state->config->author, text);
	return lower_add_history(lowering, arena_printf(lowering->arena, "MAINTAINER %s", text),
				 NO_STEP, err);
}

int lower_onbuild(struct lowering *lowering, const struct graph_command *command, struct error *err)
{
	(void)err;
	strv_add(&lowering->state->config->on_build, command->instruction->onbuild.trigger);
	return 0;
}

static void add_healthcheck_text(struct buf *text, const struct healthcheck *check)
{
	const struct {
		const char *name;
		int64_t value;
	} durations[] = {
		{ "Interval", check->interval },
		{ "Timeout", check->timeout },
		{ "StartPeriod", check->start_period },
		{ "StartInterval", check->start_interval },
	};

	buf_add_text(text, "HEALTHCHECK {Test:");
	go_add_list(text, &check->test);
	for (size_t i = 0; i < countof(durations); i++) {
		buf_printf(text, " %s:", durations[i].name);
		go_add_duration(text, durations[i].value);
	}
	buf_printf(text, " Retries:%" PRId64 "}", check->retries);
}

int lower_healthcheck(struct lowering *lowering, const struct graph_command *command,
		      struct error *err)
{
	const struct healthcheck_instruction *given = &command->instruction->healthcheck;
	struct image_config *config = lowering->state->config;
	cleanup(buf_release) struct buf text = BUF_INIT;

	lower_note_repeated(lowering, &lowering->last_healthcheck);
	if (!config->healthcheck)
		config->healthcheck = xcalloc(1, sizeof(*config->healthcheck));
	strv_release(&config->healthcheck->test);
	*config->healthcheck = (struct healthcheck){
		.interval = given->interval,
		.timeout = given->timeout,
		.start_period = given->start_period,
		.start_interval = given->start_interval,
		.retries = given->retries,
	};
	struct strv *test = &config->healthcheck->test;
	if (given->is_none) {
		strv_add(test, "NONE");
	} else {
		strv_add(test, given->command.is_shell ? "CMD-SHELL" : "CMD");
		add_words(test, &given->command.words);
	}
	add_healthcheck_text(&text, config->healthcheck);
	return add_history(lowering, &text, err);
}
