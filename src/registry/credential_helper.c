/* SPDX-License-Identifier: Apache-2.0 */
#include "credential_helper.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/program.h"
#include "base/text.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUTPUT_MAX = 64 * 1024 };
#define TIMEOUT_NS (UINT64_C(30) * 1000000000)

struct credential_helper {
	char *name;
	pid_t pid; /* 0 = reaped */
	int output_fd, pid_fd;
	struct loop_watch *output_watch, *exit_watch;
	struct loop_timer *timer;
	struct buf output;
	credential_helper_fn fn;
	void *context;
};

static void helper_free(struct credential_helper *helper)
{
	if (helper->pid > 0) {
		(void)kill(helper->pid, SIGKILL);
		(void)waitpid(helper->pid, NULL, 0);
	}
	loop_watch_remove(helper->output_watch);
	loop_watch_remove(helper->exit_watch);
	loop_timer_remove(helper->timer);
	close_fd_at(&helper->output_fd);
	close_fd_at(&helper->pid_fd);
	explicit_bzero(helper->output.data, helper->output.len);
	buf_release(&helper->output);
	free(helper->name);
	free(helper);
}
DEFINE_CLEANUP(struct credential_helper *, helper_free);

void credential_helper_cancel(struct credential_helper *helper)
{
	if (helper)
		helper_free(helper);
}

int credential_helper_read(const char *name, const char *text, size_t len, int exit_status,
			   struct credentials *ret_credentials, struct error *err)
{
	cleanup(value_free) json_t *object = NULL;
	const char *user = NULL, *secret = NULL;
	struct error reason;

	/* the one failure that is an answer; docker-credential-helpers print it on stdout */
	if (exit_status != 0 && memmem(text, len, "credentials not found", 21))
		return 0;
	if (exit_status != 0)
		return error_set(err, ERROR_AUTH, "docker-credential-%s ended with status %d", name,
				 exit_status);
	/* its output may be a secret: what is wrong with it is not quoted */
	if (value_read(text, len, "output", &object, &reason) < 0 ||
	    value_get_text(object, "Username", &user, &reason) < 0 ||
	    value_get_text(object, "Secret", &secret, &reason) < 0)
		return error_set(err, ERROR_AUTH, "docker-credential-%s printed no usable JSON",
				 name);
	if (!secret || !*secret)
		return 0;
	bool is_identity = user && strcmp(user, "<token>") == 0;
	*ret_credentials = (struct credentials){
		.username = user && !is_identity ? xstrdup(user) : NULL,
		.password = is_identity ? NULL : xstrdup(secret),
		.identity_token = is_identity ? xstrdup(secret) : NULL,
		.origin = xasprintf("docker-credential-%s", name),
	};
	return 1;
}

static void finish(struct credential_helper *helper, int found,
		   const struct credentials *credentials, const struct error *err)
{
	helper->fn(helper->context, found > 0 ? credentials : NULL, found < 0 ? err : NULL);
	helper_free(helper);
}

static void fail(struct credential_helper *helper, const char *why)
{
	struct error err = ERROR_INIT;

	(void)error_set(&err, ERROR_AUTH, "docker-credential-%s %s", helper->name, why);
	finish(helper, -1, NULL, &err);
}

/* 1 there may be more, 0 the end, -1 too much. */
static int read_some(struct credential_helper *helper)
{
	buf_reserve(&helper->output, 4096);
	ssize_t len = read(helper->output_fd, helper->output.data + helper->output.len, 4096);
	if (len < 0)
		return errno == EAGAIN || errno == EINTR;
	if (len == 0)
		return 0;
	helper->output.len += (size_t)len;
	helper->output.data[helper->output.len] = '\0';
	return helper->output.len > OUTPUT_MAX ? -1 : 1;
}

static void on_output(void *context)
{
	struct credential_helper *helper = context;
	int more = read_some(helper);

	if (more < 0) {
		fail(helper, "printed more than 64 KiB");
	} else if (more == 0) {
		loop_watch_remove(helper->output_watch);
		helper->output_watch = NULL;
	}
}

static void on_exit_seen(void *context)
{
	struct credential_helper *helper = context;
	cleanup(credentials_release) struct credentials credentials = CREDENTIALS_INIT;
	struct error err = ERROR_INIT;
	int status = 0;

	if (waitpid(helper->pid, &status, WNOHANG) != helper->pid)
		return;
	helper->pid = 0;
	/* what is in the pipe already; a grandchild that keeps it open is not waited for */
	while (helper->output_watch) {
		struct pollfd fd = { helper->output_fd, POLLIN, 0 };
		if (poll(&fd, 1, 0) <= 0)
			break;
		int more = read_some(helper);
		if (more < 0) {
			fail(helper, "printed more than 64 KiB");
			return;
		}
		if (more == 0)
			break;
	}
	int found = credential_helper_read(helper->name, helper->output.data, helper->output.len,
					   WIFEXITED(status) ? WEXITSTATUS(status) : 128,
					   &credentials, &err);
	finish(helper, found, &credentials, &err);
}

static void on_timeout(void *context)
{
	fail(context, "gave no answer within 30 seconds");
}

static int find_program(const char *path_variable, const char *name, char **ret_path,
			struct error *err)
{
	autofree char *program = xasprintf("docker-credential-%s", name);

	if (program_find_in(path_variable, program, ret_path))
		return 0;
	return error_set(err, ERROR_AUTH, "%s, which the configuration names, is not on PATH",
			 program);
}

static int spawn(const char *path, int input_fd, int output_fd, pid_t *ret_pid, struct error *err)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	char *program = xstrdup(path);
	char verb[] = "get";
	char *arguments[] = { program, verb, NULL };

	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawnattr_init(&attributes);
	(void)posix_spawn_file_actions_adddup2(&actions, input_fd, STDIN_FILENO);
	(void)posix_spawn_file_actions_adddup2(&actions, output_fd, STDOUT_FILENO);
	(void)posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	(void)posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
	(void)posix_spawnattr_setsigmask(&attributes, &none);
	(void)posix_spawnattr_setsigdefault(&attributes, &all);
	(void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	int result = posix_spawn(ret_pid, path, &actions, &attributes, arguments, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)posix_spawnattr_destroy(&attributes);
	free(program);
	if (!result)
		return 0;
	errno = result;
	return error_sys(err, "start '%s'", path);
}

static int start(struct credential_helper *helper, const char *path, const char *server,
		 struct error *err)
{
	int input[2], output[2];

	if (pipe2(input, O_CLOEXEC) < 0)
		return error_sys(err, "make a pipe");
	autoclose int child_input = input[0];
	autoclose int input_fd = input[1];
	if (pipe2(output, O_CLOEXEC) < 0)
		return error_sys(err, "make a pipe");
	helper->output_fd = output[0];
	autoclose int child_output = output[1];
	/* a server's name is far smaller than a pipe: this cannot block */
	if (fs_write_all(input_fd, server, strlen(server), err) < 0 ||
	    spawn(path, child_input, child_output, &helper->pid, err) < 0)
		return -1;
	helper->pid_fd = (int)syscall(SYS_pidfd_open, helper->pid, 0);
	if (helper->pid_fd < 0 || fcntl(helper->output_fd, F_SETFL, O_NONBLOCK) < 0)
		return error_sys(err, "watch '%s'", path);
	return 0;
}

struct credential_helper *credential_helper_start(struct loop *loop, const char *path_variable,
						  const char *name, const char *server,
						  credential_helper_fn fn, void *context,
						  struct error *err)
{
	cleanup(helper_free) struct credential_helper *helper = xcalloc(1, sizeof(*helper));
	autofree char *path = NULL;

	*helper = (struct credential_helper){ .name = xstrdup(name),
					      .output_fd = -1,
					      .pid_fd = -1,
					      .output = BUF_INIT,
					      .fn = fn,
					      .context = context };
	if (find_program(path_variable, name, &path, err) < 0 ||
	    start(helper, path, server, err) < 0)
		return NULL;
	helper->output_watch = loop_watch_add(loop, helper->output_fd, POLLIN, on_output, helper);
	helper->exit_watch = loop_watch_add(loop, helper->pid_fd, POLLIN, on_exit_seen, helper);
	helper->timer = loop_timer_add(loop, TIMEOUT_NS, on_timeout, helper);
	return take_ptr(&helper);
}
