/* SPDX-License-Identifier: Apache-2.0 */
#include "lower.h"

#include "base/path.h"
#include "base/text.h"

#include <string.h>

static const char PIPES[] = "/dev/pipes/";

/* The first line of a heredoc, for titles. */
static void add_summary(struct buf *text, const struct heredoc *heredoc)
{
	const char *body = heredoc->body, *end = body + heredoc->body_len;

	while (body < end && text_is_space(*body))
		body++;
	while (end > body && text_is_space(end[-1]))
		end--;
	const char *newline = memchr(body, '\n', (size_t)(end - body));
	const char *stop = newline ? newline : end;
	while (newline && stop > body && stop[-1] == '\r')
		stop--;
	buf_add_text(text, " (");
	buf_add(text, body, (size_t)(stop - body));
	buf_add_text(text, newline ? "...)" : ")");
}

static int use_script(struct lowering *lowering, const struct heredoc *heredoc, const char *body,
		      struct run_step *run, const char **ret_text, struct error *err)
{
	autofree char *name = path_clean(heredoc->name);
	if (!*name || strchr(name, '/'))
		return error_set(err, ERROR_SYNTAX,
				 "heredoc name '%.100s' cannot be the name of a file",
				 heredoc->name);
	run->files = arena_alloc(lowering->arena, sizeof(*run->files));
	run->files[0] = (struct run_file){
		.name = arena_strdup(lowering->arena, name),
		.body = arena_strdup(lowering->arena, body),
		.len = strlen(body),
	};
	run->n_files = 1;
	*ret_text = arena_printf(lowering->arena, "%s%s", PIPES, name);
	return 0;
}

/* The line as the shell shall read it: the text, and behind it the bodies again. */
static const char *rebuild_text(struct lowering *lowering, const char *text,
				const struct heredocs *heredocs)
{
	cleanup(buf_release) struct buf full = BUF_INIT;

	buf_add_text(&full, text);
	for (size_t i = 0; i < heredocs->len; i++) {
		buf_add_char(&full, '\n');
		buf_add(&full, heredocs->items[i].body, heredocs->items[i].body_len);
		buf_add_text(&full, heredocs->items[i].name);
	}
	return arena_strndup(lowering->arena, full.data, full.len);
}

/*
 * What the shell gets. A heredoc that is all there is becomes the text itself, so that shells
 * without heredocs do too; with "#!" it is a file that is run.
 */
static int shell_text(struct lowering *lowering, const struct run_instruction *instruction,
		      struct run_step *run, const char **ret_text, struct error *err)
{
	const struct heredocs *heredocs = &instruction->heredocs;
	const struct words *words = &instruction->command.words;
	const char *text = words->len ? words->items[0] : "";

	if (!instruction->is_lone_heredoc) {
		*ret_text = heredocs->len ? rebuild_text(lowering, text, heredocs) : text;
		return 0;
	}
	const struct heredoc *heredoc = &heredocs->items[0];
	const char *body = heredoc_text(heredoc, lowering->arena);
	if (text_has_prefix(body, "#!"))
		return use_script(lowering, heredoc, body, run, ret_text, err);
	*ret_text = body;
	return 0;
}

static int set_args(struct lowering *lowering, const struct run_instruction *instruction,
		    struct run_step *run, struct error *err)
{
	cleanup(strv_release) struct strv args = STRV_INIT;
	const char *text = "";

	if (instruction->command.is_shell && shell_text(lowering, instruction, run, &text, err) < 0)
		return -1;
	lower_command_args(lowering, &instruction->command, text, &args);
	if (!args.len)
		return error_set(err, ERROR_SYNTAX, "arguments are required");
	run->args.items = arena_array(lowering->arena, args.len, sizeof(*run->args.items));
	run->args.len = args.len;
	for (size_t i = 0; i < args.len; i++)
		run->args.items[i] = arena_strdup(lowering->arena, args.items[i]);
	return 0;
}

static int set_confinement(struct lowering *lowering, const struct run_instruction *instruction,
			   struct run_step *run, struct error *err)
{
	const struct plan_options *options = lowering->options;
	const char *network = instruction->network, *security = instruction->security;

	run->network = options->network;
	if (network && strcmp(network, "none") == 0) {
		run->network = NETWORK_NONE;
	} else if (network && strcmp(network, "host") == 0) {
		lowering->culprit = network;
		if (!options->allows_host_network && options->network != NETWORK_HOST &&
		    !options->is_check)
			return error_set(err, ERROR_PERMISSION,
					 "entitlement network.host is not allowed "
					 "(--allow network.host)");
		run->network = NETWORK_HOST;
	}
	if (security && strcmp(security, "insecure") == 0) {
		lowering->culprit = security;
		if (!options->allows_insecure && !options->is_check)
			return error_set(err, ERROR_PERMISSION,
					 "entitlement security.insecure is not allowed "
					 "(--allow security.insecure)");
		run->security = SECURITY_INSECURE;
	}
	return 0;
}

static bool is_device_allowed(const struct plan_options *options, const char *name)
{
	for (size_t i = 0; i < options->allowed_devices.len; i++)
		if (!*options->allowed_devices.items[i] ||
		    strcmp(options->allowed_devices.items[i], name) == 0)
			return true;
	return false;
}

static int set_devices(struct lowering *lowering, const struct instruction *whole,
		       struct run_step *run, struct error *err)
{
	const struct words *written = &whole->run.devices;

	run->devices = arena_array(lowering->arena, written->len, sizeof(*run->devices));
	for (; run->n_devices < written->len; run->n_devices++) {
		const char *text = written->items[run->n_devices];
		struct device_flag *device = &run->devices[run->n_devices].flag;
		lowering->culprit = text;
		run->devices[run->n_devices].at = instruction_find(whole, text);
		if (device_flag_parse(text, lowering->arena, device, err) < 0)
			return -1;
		if (!*device->name)
			return error_set(err, ERROR_SYNTAX, "--device wants a name");
		if (!lowering->options->is_check &&
		    !is_device_allowed(lowering->options, device->name))
			return error_set(err, ERROR_PERMISSION,
					 "entitlement device is not allowed: --allow device=%.200s "
					 "gives it to the Dockerfile",
					 device->name);
	}
	return 0;
}

/* "RUN |2 a=1 b=2 /bin/sh -c make # buildkit" */
static int add_history(struct lowering *lowering, const struct run_step *run, uint32_t step,
		       struct error *err)
{
	const struct scope *scope = &lowering->state->scope;
	cleanup(buf_release) struct buf text = BUF_INIT;

	if (!lower_keeps_history(lowering))
		return 0;
	buf_add_text(&text, "RUN ");
	if (scope->declared.entries.len)
		buf_printf(&text, "|%zu ", scope->declared.entries.len);
	for (size_t i = 0; i < scope->declared.entries.len; i++) {
		const struct name_entry *arg = &scope->declared.entries.items[i];
		const char *value = name_table_get(&scope->vars, arg->name);
		if (!value)
			value = arg->value ? arg->value : "";
		buf_printf(&text, "%s=%s ", arg->name, value);
	}
	for (size_t i = 0; i < run->args.len; i++)
		buf_printf(&text, "%s ", run->args.items[i]);
	buf_add_text(&text, "# buildkit");
	return lower_add_history(lowering, arena_strndup(lowering->arena, text.data, text.len),
				 step, err);
}

static const char *make_text(struct lowering *lowering, const struct instruction *instruction,
			     const struct run_step *run)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	buf_add_text(&text, instruction->original);
	if (instruction->run.is_lone_heredoc)
		add_summary(&text, &instruction->run.heredocs.items[0]);
	return lower_text(lowering, text.data, run);
}

static const char *hostname(const struct lowering *lowering)
{
	const char *given = build_args_get(lowering->build_args, "BUILDKIT_SANDBOX_HOSTNAME");

	return given && *given ? given : "buildkitsandbox";
}

int lower_run(struct lowering *lowering, const struct graph_command *command, struct error *err)
{
	const struct instruction *instruction = command->instruction;
	const struct image_config *config = lowering->state->config;
	struct scope *scope = &lowering->state->scope;
	struct step step = { .kind = STEP_RUN };
	struct run_step *run = &step.run;

	if (set_args(lowering, &instruction->run, run, err) < 0 ||
	    set_confinement(lowering, &instruction->run, run, err) < 0 ||
	    set_devices(lowering, instruction, run, err) < 0 ||
	    lower_mounts(lowering, command, run, err) < 0)
		return -1;
	autofree char *dir = path_clean(lower_working_dir(lowering));
	const char *const *words_before = scope->words;
	run->env = scope_words(scope, lowering->arena);
	if (scope->words != words_before &&
	    lower_charge(lowering, scope->words_size * sizeof(*scope->words), err) < 0)
		return -1;
	run->proxy_env = lowering->proxy_env;
	run->user = arena_strdup(lowering->arena, config->user ? config->user : "");
	run->working_dir = arena_printf(lowering->arena, "/%s", dir);
	run->hostname = hostname(lowering);
	uint32_t index = lower_add_step(lowering, command, make_text(lowering, instruction, run),
					&step, scope_digest(scope, lowering->arena));
	return add_history(lowering, run, index, err);
}
