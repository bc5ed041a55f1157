/* SPDX-License-Identifier: Apache-2.0 */
#include "run_network.h"

#include "base/fs.h"
#include "network/names.h"
#include "network/private_network.h"
#include "network/resolv_conf.h"
#include "sandbox/sandbox.h"

#include <fcntl.h>

enum { RESOLV_CONF_MAX = 64 * 1024 };

#define RESOLV_CONF	    "/etc/resolv.conf"
#define SYSTEMD_RESOLV_CONF "/run/systemd/resolve/resolv.conf"
#define LOOPBACK	    "127.0.0.1"

void run_network_release(struct run_network *network)
{
	close_fd_at(&network->namespace_fd);
	buf_release(&network->hosts);
	buf_release(&network->resolv_conf);
}

static void read_text(const char *host_path, struct buf *text)
{
	struct error ignored = ERROR_INIT;

	if (fs_read_whole(AT_FDCWD, host_path, RESOLV_CONF_MAX, host_path, text, &ignored) <= 0)
		buf_clear(text);
}

static bool wants_forwarder(const struct name_settings *names)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	cleanup(strv_release) struct strv own_addresses = STRV_INIT;

	if (names->keeps_resolv_conf || names->servers.len)
		return false;
	read_text(RESOLV_CONF, &text);
	resolv_conf_find_own_addresses(&own_addresses);
	return resolv_conf_wants_forwarder(text.data, &own_addresses);
}

int run_network_prepare(struct exec_env *env, const struct run_step *run, struct error *err)
{
	if (run->network != NETWORK_DEFAULT || env->network)
		return 0;
	const struct network_wishes wishes = {
		.reaches_host = name_settings_want_host(env->names),
		.has_forwarder = wants_forwarder(env->names),
	};
	return private_network_new(env->image_env.isolation, &wishes, &env->network, err);
}

/* --- the namespace ------------------------------------------------------------------------------
 */

/* A network namespace is what hides them; on this machine's own only Landlock can. */
static const char *socket_note(const struct step_job *job)
{
	return sandbox_hides_abstract_sockets(job->env->kit)
		       ? ""
		       : ", abstract unix sockets included (Landlock could hide them, from Linux "
			 "6.12 on)";
}

static int take_private(struct step_job *job, struct run_network *network,
			struct private_network_found *ret_found, struct error *err)
{
	int found = private_network_wait(job->env->network, ret_found, err);

	if (found < 0)
		return -1;
	network->mode = found ? SANDBOX_NETWORK_PRIVATE : SANDBOX_NETWORK_HOST;
	network->namespace_fd = ret_found->namespace_fd;
	if (!private_network_tell(job->env->network))
		return 0;
	if (found)
		job_note(job->channel, "network: private (%s)", ret_found->helper);
	else
		job_note(job->channel,
			 "network: the host's, whose loopback a RUN reaches%s; a private one is "
			 "not possible (%s)",
			 socket_note(job), ret_found->reason);
	return 0;
}

/* --- names --------------------------------------------------------------------------------------
 */

static void make_resolv_conf(const struct step_job *job, const struct private_network_found *found,
			     struct run_network *network)
{
	cleanup(buf_release) struct buf text = BUF_INIT, systemd = BUF_INIT;
	cleanup(strv_release) struct strv own_addresses = STRV_INIT;
	bool is_private = network->mode == SANDBOX_NETWORK_PRIVATE;

	read_text(RESOLV_CONF, &text);
	if (is_private) {
		read_text(SYSTEMD_RESOLV_CONF, &systemd);
		resolv_conf_find_own_addresses(&own_addresses);
	}
	const struct resolv_conf_sources sources = { .text = text.data,
						     .systemd = systemd.len ? systemd.data : NULL,
						     .is_private = is_private,
						     .forwarder = found->forwarder,
						     .own_addresses = &own_addresses };
	resolv_conf_make(&sources, job->env->names, &network->resolv_conf);
}

int run_network_make(struct step_job *job, struct run_network *network, struct error *err)
{
	struct private_network_found found = { .namespace_fd = -1 };
	const struct run_step *run = &job->step->run;

	network->mode = run->network == NETWORK_NONE ? SANDBOX_NETWORK_NONE : SANDBOX_NETWORK_HOST;
	if (run->network == NETWORK_DEFAULT && take_private(job, network, &found, err) < 0)
		return -1;
	if (run->network == NETWORK_HOST && !sandbox_hides_abstract_sockets(job->env->kit))
		job_note(job->channel, "network: the host's%s", socket_note(job));
	names_add_hosts(job->env->hosts, job->env->names, found.gateway ? found.gateway : LOOPBACK,
			&network->hosts);
	network->keeps_resolv_conf = job->env->names->keeps_resolv_conf;
	if (!network->keeps_resolv_conf)
		make_resolv_conf(job, &found, network);
	return 0;
}

void run_network_apply(const struct run_network *network, struct sandbox_spec *spec)
{
	spec->network = network->mode;
	spec->network_fd = network->namespace_fd;
	spec->hosts = network->hosts.data;
	spec->resolv_conf = network->keeps_resolv_conf ? NULL : network->resolv_conf.data;
}
