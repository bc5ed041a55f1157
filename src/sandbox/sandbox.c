/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox.h"

#include "chroot.h"
#include "init.h"

#include "base/fs.h"
#include "limits/cgroup.h"
#include "sandbox/isolation.h"
#include "sandbox/user.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* What needs a namespace is refused, with what has one. */
static int check_chroot(const struct sandbox_policy *policy, const struct sandbox_spec *spec,
			struct error *err)
{
	uint64_t added = policy->added_capabilities;

	if (added != UINT64_MAX && chroot_capabilities(added) != added)
		return error_set(err, ERROR_PERMISSION,
				 "--cap-add of what leads out of a chroot is not possible in one: "
				 "it needs namespaces (--isolation=root or rootless)");
	if (policy->apparmor)
		return error_set(err, ERROR_PERMISSION,
				 "--security-opt apparmor is not possible in a chroot: it needs "
				 "namespaces (--isolation=root or rootless)");
	if (spec->security != SANDBOX_CONFINED)
		return error_set(err, ERROR_PERMISSION,
				 "RUN --security=insecure is not possible in a chroot: it needs "
				 "--isolation=root");
	if (spec->network != SANDBOX_NETWORK_HOST)
		return error_set(err, ERROR_PERMISSION,
				 "RUN --network=none is not possible in a chroot: it needs "
				 "namespaces (--isolation=root or rootless)");
	return chroot_mounts_check(spec, err);
}

/* Every enum is closed: what is not known here is refused, for skipping it would drop a wall. */
static int check_modes(const struct sandbox_policy *policy, const struct sandbox_spec *spec,
		       struct error *err)
{
	switch (spec->isolation) {
	case ISOLATION_NS_ROOT:
	case ISOLATION_NS_ROOTLESS:
	case ISOLATION_NS_SINGLE:
		break;
	case ISOLATION_CHROOT:
		return check_chroot(policy, spec, err);
	case ISOLATION_AUTO:
	case ISOLATION_NONE:
		return error_set(err, ERROR_UNSUPPORTED,
				 "running a step with isolation '%s' is not supported yet",
				 sandbox_isolation_name(spec->isolation));
	default:
		return error_set(err, ERROR_USAGE, "unknown isolation %d", (int)spec->isolation);
	}
	if (spec->security != SANDBOX_CONFINED && spec->security != SANDBOX_INSECURE)
		return error_set(err, ERROR_USAGE, "unknown security mode %d", (int)spec->security);
	if (spec->network != SANDBOX_NETWORK_NONE && spec->network != SANDBOX_NETWORK_HOST &&
	    spec->network != SANDBOX_NETWORK_PRIVATE)
		return error_set(err, ERROR_USAGE, "unknown network mode %d", (int)spec->network);
	return 0;
}

static int check_mount(const struct sandbox_mount *mount, bool is_chroot, struct error *err)
{
	if (mount->kind != SANDBOX_MOUNT_FD && mount->kind != SANDBOX_MOUNT_TMPFS &&
	    mount->kind != SANDBOX_MOUNT_FILE &&
	    (mount->kind != SANDBOX_MOUNT_PLACED || !is_chroot))
		return error_set(err, ERROR_USAGE, "unknown kind of mount %d", (int)mount->kind);
	if (!mount->root_path || !*mount->root_path || *mount->root_path == '/')
		return error_set(err, ERROR_USAGE, "a mount over the root itself");
	return 0;
}

static int check_spec(const struct sandbox_policy *policy, const struct sandbox_spec *spec,
		      struct error *err)
{
	if (check_modes(policy, spec, err) < 0)
		return -1;
	if (!spec->args.len)
		return error_set(err, ERROR_USAGE, "no command to run");
	if (!spec->working_dir || *spec->working_dir != '/')
		return error_set(err, ERROR_USAGE, "the working directory is not absolute");
	for (size_t i = 0; i < spec->n_mounts; i++)
		if (check_mount(&spec->mounts[i], spec->isolation == ISOLATION_CHROOT, err) < 0)
			return -1;
	return 0;
}

/* An image's passwd may be a FIFO, a device, a link out of the root, or endless. */
static int read_account_file(void *context, const char *root_path, struct buf *ret_text,
			     struct error *err)
{
	const int *root_fd = context;
	autoclose int fd = -1;
	struct stat st;

	int found =
		fs_open_in_root(*root_fd, root_path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, &fd, err);
	if (found <= 0)
		return found;
	if (fstat(fd, &st) < 0)
		return error_sys(err, "read the attributes of '/%s'", root_path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERROR_USAGE, "'/%s' of the image is not a regular file",
				 root_path);
	return fs_read_fd(fd, PASSWD_SIZE_MAX, root_path, ret_text, err) < 0 ? -1 : 1;
}

static void take_events(const struct sandbox_kit *kit, const struct cgroup_leaf *cgroup,
			uint64_t outer_kills, struct sandbox_result *result)
{
	struct cgroup_events events;

	result->outer_oom_kills = cgroup_outer_kills(&kit->outer) - outer_kills;
	if (result->outer_oom_kills)
		result->outer_memory = cgroup_outer_limit(&kit->outer);

	cgroup_leaf_read_events(cgroup, &events);
	result->oom_kills = events.oom_kills;
	result->refused_pids = events.refused_pids;
}

/* A failure of who answers the step's calls explains what became of the step. */
static int run_emulated(struct init *init,
			void (*started)(void *context, pid_t init_pid, int kill_signal),
			void *context, struct error *err)
{
	cleanup(emulation_release) struct emulation emulation = EMULATION_INIT;
	struct error cause = ERROR_INIT;

	if (emulation_start(init->user, &emulation, err) < 0)
		return -1;
	init->emulation = &emulation;
	int result = init_run(init, started, context, err);
	init->emulation = NULL;
	if (emulation_finish(&emulation, init->result.note, &cause) == 0)
		return result;
	*err = cause;
	return -1;
}

static int run_init(struct init *init,
		    void (*started)(void *context, pid_t init_pid, int kill_signal), void *context,
		    struct error *err)
{
	return init->spec->isolation == ISOLATION_NS_SINGLE
		       ? run_emulated(init, started, context, err)
		       : init_run(init, started, context, err);
}

int sandbox_run(const struct sandbox_kit *kit, const struct sandbox_spec *spec,
		void (*started)(void *context, pid_t init, int kill_signal), void *context,
		struct sandbox_result *ret_result, struct error *err)
{
	cleanup(user_release) struct user user = { 0 };
	cleanup(mount_list_release) struct mount_list mounts = MOUNT_LIST_INIT;
	cleanup(strv_release) struct strv env = STRV_INIT;
	cleanup(cgroup_leaf_release) struct cgroup_leaf cgroup;
	int root_fd = spec->root_mount_fd;
	struct init init = { .kit = kit,
			     .spec = spec,
			     .mounts = &mounts,
			     .user = &user,
			     .env = &env,
			     .cgroup = &cgroup };

	uint64_t outer_kills = cgroup_outer_kills(&kit->outer);
	cgroup_leaf_init(&cgroup);

	if (check_spec(kit->policy, spec, err) < 0)
		return -1;
	if (user_resolve(spec->user ? spec->user : "", read_account_file, &root_fd, &user, err) < 0)
		return -1;
	mount_list_make(spec, &kit->facts, &mounts);
	strv_add_all(&env, &spec->env);
	const char *home = strv_env_get(&env, "HOME");
	if (!home || !*home) /* empty counts as unset (runc) */
		strv_env_set(&env, "HOME", user.home);
	if (kit->cgroups && kit->cgroups->n_places &&
	    cgroup_leaf_make(kit->cgroups, &kit->limits, &cgroup, err) < 0)
		return -1;
	if (run_init(&init, started, context, err) < 0 || init.has_failed)
		return -1;
	take_events(kit, &cgroup, outer_kills, &init.result);
	*ret_result = init.result;
	return 0;
}
