/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the command, runs it, and turns what came of it into an exit status. */
#include "command.h"
#include "docker_words.h"
#include "report.h"
#include "writer.h"

#include "base/text.h"
#include "base/trace.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* Else the first file that is opened would be somebody's stdout. */
static void ensure_standard_files(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)open("/dev/null", O_RDWR);
}

/*
 * CI wrappers start programs with INT and TERM ignored, or blocked; of a child that ends while CHLD
 * is ignored nobody would learn. A reader that is gone is a failed write.
 */
static void reset_signals(void)
{
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGCHLD, SIG_DFL);
	(void)signal(SIGPIPE, SIG_IGN);
}

static int refuse_later_command(const char *word, struct error *err)
{
	for (const struct later_command *later = later_commands; later->name; later++) {
		if (strcmp(later->name, word) != 0)
			continue;
		return error_set(err, ERROR_USAGE,
				 "the command '%s' is not supported yet%s%s%s; a context of that "
				 "name is written './%s'",
				 word, later->way_out ? " (" : "",
				 later->way_out ? later->way_out : "", later->way_out ? ")" : "",
				 word);
	}
	return 0;
}

/* `cbuild imagse` is the build of a folder, which is hardly what was meant where there is none. */
static int refuse_mistyped_command(const char *word, struct error *err)
{
	const char *names[64];
	size_t n = 0;

	if (word[0] == '-' || strpbrk(word, "/:.") || access(word, F_OK) == 0)
		return 0;
	while (commands[n] && n < countof(names)) {
		names[n] = commands[n]->name;
		n++;
	}
	const char *near = text_nearest(word, names, n);
	if (!near)
		return 0;
	return error_set(err, ERROR_USAGE,
			 "there is no folder '%s' to build; did you mean the command '%s'?", word,
			 near);
}

static int run(char *const *args, struct error *err)
{
	const char *word = args[0];
	const struct command *command = word ? command_find(word) : NULL;
	int status = 0;

	if (command)
		return command->run(command, args + 1, err);
	if (word && strcmp(word, "docker") == 0)
		return docker_run(args + 1, err);
	int is_pair = docker_run_words(args, &status, err);
	if (is_pair)
		return is_pair < 0 ? -1 : status;
	if (word && (refuse_later_command(word, err) < 0 || refuse_mistyped_command(word, err) < 0))
		return -1;
	return command_build.run(&command_build, args, err);
}

int main(int argc, char **argv)
{
	struct error err = ERROR_INIT;

	ensure_standard_files();
	reset_signals();
	trace_init();
	bool is_docker = argc > 0 && docker_is_name(argv[0]);
	int status = is_docker ? docker_run(argv + 1, &err) : run(argv + (argc > 0), &err);
	if (status >= 0)
		return status;

	struct writer writer = WRITER_INIT(STDERR_FILENO);
	report_add_error(&err, &writer.out);
	writer_flush(&writer);
	writer_release(&writer);
	return report_status(&err);
}
