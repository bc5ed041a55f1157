/* SPDX-License-Identifier: Apache-2.0 */
#include "docker_words.h"

#include "base/path.h"
#include "base/text.h"
#include "base/trace.h"

#include <stdlib.h>
#include <string.h>

/* How many of the words are a command of their own here. */
static const struct {
	const char *first, *second;
	const struct command *command;
} pairs[] = {
	{ "buildx", "build", &command_build },	  { "buildx", "b", &command_build },
	{ "builder", "build", &command_build },	  { "image", "build", &command_build },
	{ "image", "ls", &command_images },	  { "image", "list", &command_images },
	{ "image", "rm", &command_rmi },	  { "image", "remove", &command_rmi },
	{ "image", "tag", &command_tag },	  { "image", "push", &command_push },
	{ "image", "inspect", &command_inspect }, { "image", "prune", &command_prune },
	{ "builder", "prune", &command_prune },	  { "buildx", "prune", &command_prune },
	{ "system", "prune", &command_prune },	  { "buildx", "version", &command_version },
};

/* There are no builders to be made or chosen; set-up steps of pipelines go through. */
static const char *const builder_words[] = {
	"create", "use", "rm", "stop", "install", "uninstall"
};

static const char *const group_words[] = { "buildx", "builder", "image", "system", "context" };

static bool is_in(const char *const *words, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return false;
}

/* `create` prints the name of what it made, which scripts hand on to the next call. */
static int accept_builder(char *const *args, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	const char *name = "default";

	command_say("buildx: there is one builder, which is this program; nothing is set up");
	if (strcmp(args[1], "create") != 0)
		return 0;
	for (char *const *arg = args + 2; *arg; arg++) {
		if (text_has_prefix(*arg, "--name="))
			name = *arg + strlen("--name=");
		else if (strcmp(*arg, "--name") == 0 && arg[1])
			name = arg[1];
	}
	buf_printf(&text, "%s\n", name);
	return command_print(&text, err);
}

static int refuse_pair(const char *first, const char *second, struct error *err)
{
	cleanup(buf_release) struct buf known = BUF_INIT;

	for (size_t i = 0; i < countof(pairs); i++)
		if (strcmp(pairs[i].first, first) == 0)
			buf_printf(&known, "%s%s", known.len ? ", " : "", pairs[i].second);
	return error_set(err, ERROR_USAGE, "the command '%s%s%s' is not supported yet (%s %s)",
			 first, second ? " " : "", second ? second : "", first,
			 known.len ? known.data : "use default");
}

bool docker_is_group(const char *word)
{
	return is_in(group_words, countof(group_words), word);
}

const struct command *docker_find(const char *first, const char *second)
{
	for (size_t i = 0; i < countof(pairs); i++)
		if (strcmp(pairs[i].first, first) == 0 && strcmp(pairs[i].second, second) == 0)
			return pairs[i].command;
	return NULL;
}

void docker_add_group(const char *first, struct buf *buf)
{
	for (size_t i = 0; i < countof(pairs); i++)
		if (strcmp(pairs[i].first, first) == 0)
			buf_printf(buf, "cbuild %s %-10s as 'cbuild %s'\n", first, pairs[i].second,
				   pairs[i].command->name);
}

static int print_group(const char *first, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	docker_add_group(first, &text);
	return command_print(&text, err);
}

int docker_run_words(char *const *args, int *ret_status, struct error *err)
{
	const char *first = args[0], *second = first ? args[1] : NULL;

	if (!first || !docker_is_group(first))
		return 0;
	if (second && strcmp(first, "buildx") == 0 &&
	    is_in(builder_words, countof(builder_words), second)) {
		*ret_status = accept_builder(args, err);
		return *ret_status < 0 ? -1 : 1;
	}
	if (second && strcmp(first, "context") == 0 && strcmp(second, "use") == 0 && args[2] &&
	    strcmp(args[2], "default") == 0) {
		command_say("context: there is no daemon to choose; the build runs here");
		*ret_status = 0;
		return 1;
	}
	const struct command *command = second ? docker_find(first, second) : NULL;
	if (command) {
		*ret_status = command->run(command, args + 2, err);
		return *ret_status < 0 ? -1 : 1;
	}
	if (second && (strcmp(second, "-h") == 0 || strcmp(second, "--help") == 0)) {
		*ret_status = print_group(first, err);
		return *ret_status < 0 ? -1 : 1;
	}
	return refuse_pair(first, second, err);
}

bool docker_is_name(const char *program)
{
	return program && strcmp(path_base_name(program), "docker") == 0;
}

/* --- the words before the command ---------------------------------------------------------------
 */

static int print_version(struct error *err)
{
	static const char version[] =
		"Docker version " CBUILD_VERSION ", build cbuild-" CBUILD_VERSION "\n";
	struct buf text = { .data = (char *)(uintptr_t)version, .len = sizeof(version) - 1 };

	return command_print(&text, err);
}

static int refuse_daemon(const char *option, struct error *err)
{
	return error_set(err, ERROR_USAGE,
			 "%s: there is no daemon to talk to (without it the build runs here)",
			 option);
}

/* A value behind "=" or in the next argument. */
static const char *take_value(char *const **args)
{
	const char *equals = strchr(**args, '=');

	if (equals)
		return equals + 1;
	if (!(*args)[1])
		return NULL;
	(*args)++;
	return **args;
}

/* Docker's own name for no other engine than the one at hand. */
static bool is_default_context(const char *option, char *const **args)
{
	if (strcmp(option, "--context") != 0 && strcmp(option, "-c") != 0)
		return false;
	const char *name = take_value(args);
	return name && strcmp(name, "default") == 0;
}

static bool is_option(const char *arg, const char *name)
{
	size_t len = strlen(name);

	return strncmp(arg, name, len) == 0 && (!arg[len] || arg[len] == '=');
}

static void trace_all(void)
{
	(void)setenv("CBUILD_TRACE", "all", 0);
	trace_init();
}

/* One of docker's own options; -1 refused. */
static int read_option(char *const **args, struct error *err)
{
	static const char *const daemons[] = { "-H",	    "--host",	"-c",
					       "--context", "--tls",	"--tlscacert",
					       "--tlscert", "--tlskey", "--tlsverify" };
	const char *arg = **args;

	for (size_t i = 0; i < countof(daemons); i++)
		if (is_option(arg, daemons[i]))
			return is_default_context(daemons[i], args)
				       ? 0
				       : refuse_daemon(daemons[i], err);
	if (strcmp(arg, "-D") == 0 || is_option(arg, "--debug")) {
		trace_all();
		return 0;
	}
	bool is_config = is_option(arg, "--config");
	if (!is_config && !is_option(arg, "--log-level") && strcmp(arg, "-l") != 0)
		return error_set(err, ERROR_USAGE, "unknown option '%s' of docker", arg);
	const char *value = take_value(args);
	if (!value)
		return error_set(err, ERROR_USAGE, "%s wants a value", arg);
	if (is_config)
		(void)setenv("DOCKER_CONFIG", value, 1);
	else if (strcmp(value, "debug") == 0)
		trace_all();
	return 0;
}

static int refuse_word(const char *word, struct error *err)
{
	for (const struct later_command *later = later_commands; later->name; later++)
		if (strcmp(later->name, word) == 0)
			return error_set(err, ERROR_USAGE, "docker %s is not supported yet%s%s%s",
					 word, later->way_out ? " (" : "",
					 later->way_out ? later->way_out : "",
					 later->way_out ? ")" : "");
	return error_set(err, ERROR_USAGE,
			 "'docker %s' is not here: this is cbuild, which builds, lists, tags, "
			 "inspects and pushes images, and has no running containers",
			 word);
}

int docker_run(char *const *args, struct error *err)
{
	/* what docker has by these names; the others are cbuild's own */
	static const char *const words[] = { "build", "images", "inspect", "tag",
					     "push",  "rmi",	"help" };
	int status = 0;

	for (; *args && **args == '-'; args++) {
		if (strcmp(*args, "-v") == 0 || strcmp(*args, "--version") == 0)
			return print_version(err);
		if (strcmp(*args, "-h") == 0 || strcmp(*args, "--help") == 0)
			return command_help.run(&command_help, args + 1, err);
		if (read_option(&args, err) < 0)
			return -1;
	}
	if (!*args)
		return command_help.run(&command_help, args, err);
	if (strcmp(*args, "version") == 0 && !args[1])
		return print_version(err);
	if (is_in(words, countof(words), *args))
		return command_find(*args)->run(command_find(*args), args + 1, err);
	int is_pair = docker_run_words(args, &status, err);
	if (is_pair)
		return is_pair < 0 ? -1 : status;
	return refuse_word(*args, err);
}
