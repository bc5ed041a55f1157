/* SPDX-License-Identifier: Apache-2.0 */
#include "run_ssh.h"

#include <string.h>

enum { SOCKET_MODE = 0600 };

static bool has_variable(const struct words *env, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < env->len; i++)
		if (strncmp(env->items[i], name, len) == 0 && env->items[i][len] == '=')
			return true;
	return false;
}

void run_ssh_add_variable(const struct run_step *run, struct strv *env)
{
	if (has_variable(&run->env, "SSH_AUTH_SOCK"))
		return;
	for (size_t i = 0; i < run->n_mounts; i++) {
		if (run->mounts[i].flag.type != MOUNT_SSH)
			continue;
		strv_printf(env, "SSH_AUTH_SOCK=%s", run->mounts[i].flag.target);
		return;
	}
}

int run_ssh_open(struct step_job *job, struct run_mounts *mounts, const struct run_mount *mount,
		 const struct agent_proxy **ret_proxy, struct error *err)
{
	const struct mount_flag *flag = &mount->flag;
	const struct agent_access access = { flag->has_mode ? flag->mode : SOCKET_MODE, flag->uid,
					     flag->gid };
	cleanup(agent_release) struct agent agent = AGENT_INIT;
	struct agent_proxy proxy;

	int found = agent_open(job->env, flag->id, &agent, err);
	if (found < 0)
		return -1;
	if (!found && flag->is_required)
		return error_set(err, ERROR_NOT_FOUND,
				 "no SSH key \"%s\" forwarded from the client (--ssh %s)", flag->id,
				 flag->id);
	if (!found)
		return 0;
	if (agent_proxy_start(&agent, &access, mounts->tmp_fd, &proxy, err) < 0)
		return -1;
	vec_push(&mounts->agents, proxy);
	*ret_proxy = &mounts->agents.items[mounts->agents.len - 1];
	return 1;
}
