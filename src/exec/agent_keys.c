/* SPDX-License-Identifier: Apache-2.0 */
#include "agent_keys.h"

#include "key_head.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/program.h"
#include "base/text.h"
#include "exec/agent.h"
#include "job/job.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { OUTPUT_MAX = 4096 };

struct helper {
	const char *name;
	const char *const *arguments;
	int dir_fd, in, out, complaints;
};

/* No terminal to ask at, no core file, no new rights, nothing of ours open. */
static _Noreturn void run_helper(const struct helper *helper, const char *program, pid_t parent)
{
	static const char *const environment[] = { "SSH_AUTH_SOCK=" AGENT_SOCKET,
						   "SSH_ASKPASS_REQUIRE=never", "LC_ALL=C",
						   "PATH=/usr/bin:/bin", NULL };
	const struct rlimit no_core = { 0, 0 };

	job_child_begin(parent);
	(void)setsid();
	(void)setrlimit(RLIMIT_CORE, &no_core);
	int dir_fd = fcntl(helper->dir_fd, F_DUPFD_CLOEXEC, 10);
	int in = fcntl(helper->in, F_DUPFD_CLOEXEC, 10);
	int out = fcntl(helper->out, F_DUPFD_CLOEXEC, 10);
	int complaints = fcntl(helper->complaints, F_DUPFD_CLOEXEC, 10);
	/* the agent is set-gid: without this it would not die with its parent */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || fchdir(dir_fd) < 0 ||
	    dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    dup2(complaints, STDERR_FILENO) < 0 || close_range(STDERR_FILENO + 1, UINT_MAX, 0) < 0)
		_exit(126);
	(void)execve(program, (char *const *)(uintptr_t)helper->arguments,
		     (char *const *)(uintptr_t)environment);
	_exit(127);
}

static int start_helper(const struct helper *helper, pid_t *ret_pid, struct error *err)
{
	autofree char *program = NULL;
	pid_t parent = getpid();

	if (!program_find(helper->name, &program))
		return error_set(
			err, ERROR_NOT_FOUND,
			"a private key needs the program %s, which is not on PATH (package "
			"openssh-client)",
			helper->name);
	pid_t pid = fork();
	if (pid < 0)
		return error_sys(err, "start %s", helper->name);
	if (pid == 0)
		run_helper(helper, program, parent);
	*ret_pid = pid;
	return 0;
}

static int open_pipe(int *ret_read_fd, int *ret_write_fd, struct error *err)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return error_sys(err, "make a pipe");
	*ret_read_fd = fds[0];
	*ret_write_fd = fds[1];
	return 0;
}

/* Up to the end of a line, or of all. */
static void read_words(int fd, bool to_the_end, struct buf *ret_text)
{
	char byte;

	while (ret_text->len < OUTPUT_MAX) {
		ssize_t n = read(fd, &byte, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || (!to_the_end && byte == '\n'))
			return;
		buf_add_char(ret_text, byte);
	}
}

static int await(pid_t pid)
{
	int status = -1;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static void add_one_line(const struct buf *said, struct buf *line)
{
	size_t len = said->len;

	while (len && text_is_space(said->data[len - 1]))
		len--;
	text_add_printable(line, said->data, len);
}

/* It says where it listens as soon as it does. */
int agent_start(int dir_fd, pid_t *ret_pid, struct error *err)
{
	static const char *const arguments[] = { "ssh-agent", "-D", "-a", AGENT_SOCKET, NULL };
	cleanup(buf_release) struct buf said = BUF_INIT, shown = BUF_INIT;
	autoclose int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	autoclose int out = -1, out_end = -1;
	pid_t pid = 0;

	if (null_fd < 0)
		return error_sys(err, "open '/dev/null'");
	if (open_pipe(&out, &out_end, err) < 0)
		return -1;
	const struct helper helper = { "ssh-agent", arguments, dir_fd, null_fd, out_end, out_end };
	if (start_helper(&helper, &pid, err) < 0)
		return -1;
	(void)close(take_fd(&out_end));
	read_words(out, false, &said);
	*ret_pid = pid;
	if (said.len && text_has_prefix(said.data, "SSH_AUTH_SOCK="))
		return 0;
	add_one_line(&said, &shown);
	return error_set(err, ERROR_SYSTEM, "ssh-agent does not start: %s", shown.data);
}

static int feed(int dir_fd, const struct buf *key, const char *path, struct error *err)
{
	static const char *const arguments[] = { "ssh-add", "-q", "-", NULL };
	cleanup(buf_release) struct buf said = BUF_INIT, shown = BUF_INIT;
	autoclose int in = -1, in_end = -1, out = -1, out_end = -1;
	struct error broken = ERROR_INIT;
	pid_t pid = 0;

	if (open_pipe(&in, &in_end, err) < 0 || open_pipe(&out, &out_end, err) < 0)
		return -1;
	const struct helper helper = { "ssh-add", arguments, dir_fd, in, out_end, out_end };
	if (start_helper(&helper, &pid, err) < 0)
		return -1;
	(void)close(take_fd(&in));
	(void)close(take_fd(&out_end));
	/* a reader that is gone says itself why */
	(void)!fs_write_all(in_end, key->data, key->len, &broken);
	(void)close(take_fd(&in_end));
	read_words(out, true, &said);
	if (await(pid) == 0)
		return 0;
	add_one_line(&said, &shown);
	return error_set(err, ERROR_USAGE, "failed to parse %s: %s", path,
			 shown.len ? shown.data : "ssh-add does not take it");
}

int agent_add_key(int dir_fd, const char *path, struct error *err)
{
	cleanup(buf_release) struct buf key = BUF_INIT;
	/* a pipe is waited for, as with a secret */
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int result;

	if (fd < 0)
		return error_sys(err, "open '%s'", path);
	/* from here on nobody looks into this process, nor finds a core file of it */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return error_sys(err, "make the job undumpable");
	if (fs_read_fd(fd, AGENT_KEY_SIZE_MAX, path, &key, err) < 0)
		return -1;
	if (!key.len)
		result = error_set(err, ERROR_USAGE, "failed to parse %s: ssh: no key found", path);
	else if (key_is_protected(key.data))
		result = key_refuse_protected(path, err);
	else
		result = feed(dir_fd, &key, path, err);
	if (key.len)
		explicit_bzero(key.data, key.len);
	return result;
}
