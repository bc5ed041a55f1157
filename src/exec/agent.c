/* SPDX-License-Identifier: Apache-2.0 */
#include "exec/agent.h"

#include "agent_keys.h"
#include "key_head.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/trace.h"
#include "parser/git_reference.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

void agent_release(struct agent *agent)
{
	struct error err = ERROR_INIT;

	if (agent->pid > 0) {
		(void)kill(agent->pid, SIGKILL);
		while (waitpid(agent->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (agent->aside && fs_remove_tree(agent->tmp_fd, agent->aside, &err) < 0)
		trace("exec", "'%s' is left to be swept: %s", agent->aside, err.text);
	free(agent->aside);
	free(agent->path);
	*agent = (struct agent)AGENT_INIT;
}

static const struct exec_ssh *find(const struct exec_env *env, const char *id)
{
	for (size_t i = 0; i < env->n_ssh; i++)
		if (strcmp(env->ssh[i].id, id) == 0)
			return &env->ssh[i];
	return NULL;
}

bool agent_is_given(const struct exec_env *env, const char *id)
{
	return find(env, id) != NULL;
}

/* docker's words where it has some. */
static int check_paths(const struct exec_ssh *ssh, struct error *err)
{
	size_t n_sockets = 0;

	for (size_t i = 0; i < ssh->n_paths; i++) {
		struct stat st;
		if (stat(ssh->paths[i], &st) < 0)
			return error_sys(err, "look at '%s'", ssh->paths[i]);
		if (S_ISDIR(st.st_mode))
			return error_set(err, ERROR_USAGE, "'%s' is a directory", ssh->paths[i]);
		if (!S_ISSOCK(st.st_mode) && key_head_check(ssh->paths[i], err) < 0)
			return -1;
		n_sockets += S_ISSOCK(st.st_mode);
	}
	if (n_sockets > 1)
		return error_set(err, ERROR_USAGE, "only single socket allowed");
	if (n_sockets && ssh->n_paths > 1)
		return error_set(err, ERROR_USAGE, "invalid combination of keys and sockets");
	return 0;
}

int agents_check(const struct exec_env *env, struct error *err)
{
	for (size_t i = 0; i < env->n_ssh; i++) {
		if (check_paths(&env->ssh[i], err) == 0)
			continue;
		err->code = ERROR_USAGE; /* of the command line, whatever is wrong with it */
		return error_wrap(err, "--ssh %s", env->ssh[i].id);
	}
	return 0;
}

static int is_socket(const char *path, struct error *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return error_sys(err, "look at '%s'", path);
	return S_ISSOCK(st.st_mode);
}

/* A folder that nobody else looks into; the agent's socket is in it. */
static int make_place(const struct exec_env *env, struct agent *agent, int *ret_dir_fd,
		      struct error *err)
{
	const struct store *store = env->image_env.store;
	cleanup(buf_release) struct buf name = BUF_INIT;

	agent->tmp_fd = store_tmp_fd(store);
	fs_random_name("agent", &name);
	if (mkdirat(agent->tmp_fd, name.data, 0700) < 0)
		return error_sys(err, "make the folder of an ssh agent");
	agent->aside = buf_take(&name);
	int fd = openat(agent->tmp_fd, agent->aside, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_sys(err, "open the folder of an ssh agent");
	*ret_dir_fd = fd;
	return 0;
}

/* The name of the directory behind a descriptor: programs that are started know paths only. */
static int name_socket(int dir_fd, char **ret_path, struct error *err)
{
	autofree char *link = xasprintf("/proc/self/fd/%d", dir_fd);
	char dir[sizeof(((struct sockaddr_un *)0)->sun_path)];
	ssize_t len = readlink(link, dir, sizeof(dir));

	if (len < 0)
		return error_sys(err, "find the folder of an ssh agent");
	if ((size_t)len + sizeof("/" AGENT_SOCKET) > sizeof(dir))
		return error_set(err, ERROR_USAGE,
				 "the path of the store is too long for the socket of an ssh agent "
				 "(--root names a shorter one)");
	*ret_path = xasprintf("%.*s/%s", (int)len, dir, AGENT_SOCKET);
	return 0;
}

static int open_keys(const struct exec_env *env, const struct exec_ssh *ssh, struct agent *agent,
		     struct error *err)
{
	autoclose int dir_fd = -1;

	if (make_place(env, agent, &dir_fd, err) < 0 ||
	    name_socket(dir_fd, &agent->path, err) < 0 || agent_start(dir_fd, &agent->pid, err) < 0)
		return -1;
	for (size_t i = 0; i < ssh->n_paths; i++)
		if (agent_add_key(dir_fd, ssh->paths[i], err) < 0)
			return -1;
	return 0;
}

int agent_open(const struct exec_env *env, const char *id, struct agent *ret_agent,
	       struct error *err)
{
	cleanup(agent_release) struct agent agent = AGENT_INIT;
	const struct exec_ssh *ssh = find(env, id);

	if (!ssh)
		return 0;
	int is_callers = is_socket(ssh->paths[0], err);
	if (is_callers < 0)
		return error_wrap(err, "--ssh %s", id);
	if (is_callers)
		agent.path = xstrdup(ssh->paths[0]);
	else if (open_keys(env, ssh, &agent, err) < 0)
		return error_wrap(err, "--ssh %s", id);
	*ret_agent = agent;
	agent = (struct agent)AGENT_INIT;
	return 1;
}

int agent_open_for_source(const struct exec_env *env, const char *source, struct agent *ret_agent,
			  struct error *err)
{
	cleanup(git_reference_release) struct git_reference reference = GIT_REFERENCE_INIT;
	struct error ignored = ERROR_INIT;

	if (git_reference_parse(source, &reference, &ignored) < 0 || reference.transport != GIT_SSH)
		return 0;
	return agent_open(env, AGENT_DEFAULT_ID, ret_agent, err);
}
