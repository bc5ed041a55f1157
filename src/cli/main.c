/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the command, runs it, and turns what came of it into an exit status. */
#include "command.h"
#include "docker_words.h"
#include "report.h"
#include "unknown_word.h"
#include "writer.h"

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

/* `cbuild -h images`; alone it is about a build. */
static bool asks_about(char *const *args)
{
	return (strcmp(args[0], "-h") == 0 || strcmp(args[0], "--help") == 0) && args[1] &&
	       (command_find(args[1]) || docker_is_group(args[1]));
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
	if (word && asks_about(args))
		return command_help.run(&command_help, args + 1, err);
	if (word && unknown_word_check(word, err) < 0)
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
