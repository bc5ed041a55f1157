/* SPDX-License-Identifier: Apache-2.0 */
#include "limits/rlimit.h"

#include "base/fs.h"
#include "base/mount_fd.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>

/* --- limits of a process ------------------------------------------------------------------------
 */

static const struct {
	const char *name;
	int resource;
} names[] = {
	{ "core", RLIMIT_CORE },	 { "cpu", RLIMIT_CPU },
	{ "data", RLIMIT_DATA },	 { "fsize", RLIMIT_FSIZE },
	{ "locks", RLIMIT_LOCKS },	 { "memlock", RLIMIT_MEMLOCK },
	{ "msgqueue", RLIMIT_MSGQUEUE }, { "nice", RLIMIT_NICE },
	{ "nofile", RLIMIT_NOFILE },	 { "nproc", RLIMIT_NPROC },
	{ "rss", RLIMIT_RSS },		 { "rtprio", RLIMIT_RTPRIO },
	{ "rttime", RLIMIT_RTTIME },	 { "sigpending", RLIMIT_SIGPENDING },
	{ "stack", RLIMIT_STACK },	 { "as", RLIMIT_AS },
};

int limits_rlimit_find(const char *name)
{
	for (size_t i = 0; i < countof(names); i++)
		if (strcmp(names[i].name, name) == 0)
			return names[i].resource;
	return -1;
}

const char *limits_rlimit_name(int resource)
{
	for (size_t i = 0; i < countof(names); i++)
		if (names[i].resource == resource)
			return names[i].name;
	return "unknown";
}

static struct rlimit value_of(const struct limits_rlimit *limit)
{
	return (struct rlimit){
		.rlim_cur = limit->soft == LIMITS_UNLIMITED ? RLIM_INFINITY : limit->soft,
		.rlim_max = limit->hard == LIMITS_UNLIMITED ? RLIM_INFINITY : limit->hard,
	};
}

int rlimit_set(const struct limits_rlimit *limit, struct error *err)
{
	const struct rlimit value = value_of(limit);
	struct rlimit now = { 0, 0 };

	if (setrlimit((__rlimit_resource_t)limit->resource, &value) == 0)
		return 0;
	int cause = errno;
	(void)getrlimit((__rlimit_resource_t)limit->resource, &now);
	errno = cause;
	(void)error_sys(err, "--ulimit %s (the highest that this user may set is %" PRIu64 ")",
			limits_rlimit_name(limit->resource), (uint64_t)now.rlim_max);
	if (cause == EPERM)
		err->code = ERROR_PERMISSION;
	return -1;
}

int rlimit_can_set(const struct limits_rlimit *limit, struct error *err)
{
	struct error ignored;
	int status = 0;

	pid_t pid = fork();
	if (pid < 0)
		return error_sys(err, "fork");
	if (pid == 0)
		_exit(rlimit_set(limit, &ignored) < 0);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void rlimit_cap(struct limits_rlimit *limit)
{
	struct rlimit now;

	if (getrlimit((__rlimit_resource_t)limit->resource, &now) < 0 ||
	    now.rlim_max == RLIM_INFINITY)
		return;
	if (limit->hard > now.rlim_max)
		limit->hard = now.rlim_max;
	if (limit->soft > limit->hard)
		limit->soft = limit->hard;
}

/* --- limits of a pid namespace ------------------------------------------------------------------
 */

/* Number 0 is nobody's, number 1 the init's. The kernel asks for some at least. */
enum { NUMBERS_BESIDES = 2, NUMBERS_MIN = 301, NUMBERS_PER_PROCESSOR = 8, NUMBERS_MAX = 4194304 };

static bool has_own_numbers(void)
{
	struct utsname name;
	int major = 0, minor = 0;

	if (uname(&name) < 0 || sscanf(name.release, "%d.%d", &major, &minor) != 2)
		return false;
	return major > 6 || (major == 6 && minor >= 14);
}

bool pid_numbers_can_be_limited(uint64_t pids)
{
	long processors = sysconf(_SC_NPROCESSORS_CONF);
	uint64_t least = processors > 0 ? (uint64_t)processors * NUMBERS_PER_PROCESSOR : 0;

	if (least < NUMBERS_MIN)
		least = NUMBERS_MIN;
	return pids >= least && pids <= NUMBERS_MAX - NUMBERS_BESIDES && has_own_numbers();
}

/* By a procfs of this namespace that nobody else sees: the step's is read-only there. */
int pid_numbers_limit(uint64_t pids, int place_fd, struct error *err)
{
	autoclose int proc_fd = mount_fd_new("proc", NULL, 0, place_fd);
	char text[32];
	int len = snprintf(text, sizeof(text), "%" PRIu64, pids + NUMBERS_BESIDES);

	if (proc_fd < 0)
		return error_sys(err, "mount a procfs for the limit of processes");
	autoclose int fd = openat(proc_fd, "sys/kernel/pid_max", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, (size_t)len) != len)
		return error_sys(err, "limit the processes to %" PRIu64, pids);
	return 0;
}
