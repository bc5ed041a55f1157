/* SPDX-License-Identifier: Apache-2.0 */
#include "init_birth.h"

#include "base/macros.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

static const int forwarded[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 };

static void fill_signals(sigset_t *set)
{
	(void)sigemptyset(set);
	(void)sigaddset(set, SIGCHLD);
	(void)sigaddset(set, SIGPWR);
	for (size_t i = 0; i < countof(forwarded); i++)
		(void)sigaddset(set, forwarded[i]);
}

static void note_end(struct sandbox_result *result, int wait_status)
{
	if (WIFSIGNALED(wait_status)) {
		result->signal = WTERMSIG(wait_status);
		result->status = 128 + result->signal;
	} else {
		result->status = WEXITSTATUS(wait_status);
	}
}

/* Reaps everything that is dead; true when the command is among it. */
static bool reap(pid_t command, struct sandbox_result *result)
{
	bool is_over = false;
	int wait_status;
	pid_t pid;

	while ((pid = waitpid(-1, &wait_status, WNOHANG)) > 0) {
		if (pid != command)
			continue;
		note_end(result, wait_status);
		is_over = true;
	}
	return is_over;
}

/*
 * Who stands outside of a pid namespace has no number in it. Who queues a signal may give any
 * number, but cannot say that it was sent by kill(2), or by the kernel.
 */
static bool is_from_outside(const struct birth *birth, const siginfo_t *info)
{
	return birth->init->spec->isolation == ISOLATION_CHROOT ||
	       (info->si_pid == 0 && (info->si_code == SI_USER || info->si_code == SI_KERNEL));
}

void init_wait_for(struct birth *birth, pid_t command, int as, struct sandbox_result *result)
{
	sigset_t set;

	fill_signals(&set);
	while (!reap(command, result)) {
		siginfo_t info = { 0 };
		int number = sigwaitinfo(&set, &info);
		if (number == SIGPWR)
			(void)kill(-command, SIGKILL);
		if (number <= 0 || number == SIGCHLD || number == SIGPWR)
			continue;
		birth->is_cancelled |= is_from_outside(birth, &info);
		(void)kill(-command, as ? as : number);
	}
}

/* Asked before they are killed: a shell may still reap its child before it dies itself. */
static unsigned count_others(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	unsigned n = 0;

	while (proc && (entry = readdir(proc)) != NULL)
		n += text_is_digit(entry->d_name[0]) && strcmp(entry->d_name, "1") != 0;
	if (proc)
		(void)closedir(proc);
	return n;
}

unsigned init_kill_rest(void)
{
	if (kill(-1, 0) < 0)
		return 0;
	unsigned n = count_others();
	(void)kill(-1, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
	return n;
}
