/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup_supervisor.h"

#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { PROCS_MAX = 1024 * 1024, ANCESTORS_MAX = 64, STAT_MAX = 4096 };

static pid_t parent_of(pid_t pid)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct error ignored;
	char path[64];
	int parent = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (fs_read_whole(AT_FDCWD, path, STAT_MAX, "stat", &text, &ignored) <= 0)
		return 0;
	/* a program's name may hold anything, also brackets */
	const char *end = strrchr(text.data, ')');
	return end && sscanf(end + 1, " %*c %d", &parent) == 1 ? parent : 0;
}

static bool is_ours(pid_t pid)
{
	for (int i = 0; i < ANCESTORS_MAX && pid > 1; i++) {
		if (pid == getpid())
			return true;
		pid = parent_of(pid);
	}
	return pid == getpid();
}

/* All of them, or none where a stranger is among them. */
static int move(int from_fd, int to_fd, bool only_ours, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	if (fs_read_whole(from_fd, "cgroup.procs", PROCS_MAX, "cgroup.procs", &text, err) < 0)
		return -1;
	for (const char *line = text.data; *line && only_ours;) {
		if (!is_ours((pid_t)strtol(line, NULL, 10)))
			return error_set(err, ERROR_PERMISSION,
					 "other processes than cbuild's are in its cgroup, so "
					 "there can be no limited ones below it");
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	for (const char *line = text.data; *line;) {
		long pid = strtol(line, NULL, 10);
		struct error gone;
		/* one that has ended since need not go */
		if (pid > 0 &&
		    cgroup_write_number(to_fd, "cgroup.procs", (uint64_t)pid, &gone) < 0 &&
		    gone.sys != ESRCH) {
			*err = gone;
			return -1;
		}
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return 0;
}

static int go_aside(struct cgroup_home *home, int place_fd, struct error *err)
{
	cleanup(buf_release) struct buf name = BUF_INIT;

	fs_random_name("cbuild-own", &name);
	if (mkdirat(place_fd, name.data, 0755) < 0)
		return error_sys(err, "make a cgroup");
	autoclose int fd = openat(place_fd, name.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || move(place_fd, fd, true, err) < 0) {
		(void)unlinkat(place_fd, name.data, AT_REMOVEDIR);
		return fd < 0 ? error_sys(err, "open a cgroup") : -1;
	}
	(void)snprintf(home->supervisor, sizeof(home->supervisor), "%s", name.data);
	return 0;
}

int cgroup_supervisor_enable(struct cgroup_home *home, int place_fd, unsigned controllers,
			     bool may_move, struct error *err)
{
	unsigned enabled = 0;
	int there = cgroup_v2_enable(place_fd, controllers, &enabled, err);

	if (there < 0 && err->sys == EBUSY && may_move && !*home->supervisor) {
		if (go_aside(home, place_fd, err) < 0)
			return -1;
		there = cgroup_v2_enable(place_fd, controllers, &enabled, err);
		if (there <= 0) {
			cgroup_supervisor_leave(place_fd, home->supervisor);
			home->supervisor[0] = '\0';
		}
	}
	home->enabled |= enabled;
	return there;
}

void cgroup_supervisor_leave(int place_fd, const char *name)
{
	autoclose int fd = openat(place_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct error ignored;

	if (fd >= 0 && move(fd, place_fd, false, &ignored) == 0)
		(void)unlinkat(place_fd, name, AT_REMOVEDIR);
}
