/* SPDX-License-Identifier: Apache-2.0 */
/* The group that cbuild itself is in, whose limit may be what a step comes up against. */
#include "base/fs.h"
#include "limits/cgroup.h"

#include <fcntl.h>

enum { MOUNTINFO_MAX = 16 * 1024 * 1024, OWN_MAX = 64 * 1024, NUMBER_MAX = 64 };

/* What v1 says of a group without a limit is the largest number of whole pages. */
static const uint64_t limit_max = UINT64_C(1) << 62;

struct cgroup_outer cgroup_outer_open(void)
{
	static const char *const events[] = { "memory.oom_control", "memory.events" };
	cleanup(buf_release) struct buf mountinfo = BUF_INIT, own = BUF_INIT, path = BUF_INIT;
	struct cgroup_outer outer = { .dir_fd = -1 };
	struct error ignored;

	if (fs_read_whole(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_MAX, "mountinfo", &mountinfo,
			  &ignored) <= 0 ||
	    fs_read_whole(AT_FDCWD, "/proc/self/cgroup", OWN_MAX, "cgroup", &own, &ignored) <= 0)
		return outer;
	for (int v2 = 1; v2 >= 0 && outer.dir_fd < 0; v2--) {
		if (!cgroup_find(mountinfo.data, own.data, v2, "memory", NULL, &path))
			continue;
		outer.is_v2 = v2;
		outer.dir_fd = open(path.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		/* v2 without that controller, or the root, of which nothing is counted */
		if (outer.dir_fd >= 0 && faccessat(outer.dir_fd, events[!!v2], R_OK, 0) < 0)
			(void)close(take_fd(&outer.dir_fd));
	}
	return outer;
}

uint64_t cgroup_outer_kills(const struct cgroup_outer *outer)
{
	if (outer->dir_fd < 0)
		return 0;
	return cgroup_read_count(outer->dir_fd,
				 outer->is_v2 ? "memory.events" : "memory.oom_control", "oom_kill");
}

uint64_t cgroup_outer_limit(const struct cgroup_outer *outer)
{
	const char *name = outer->is_v2 ? "memory.max" : "memory.limit_in_bytes";
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct error ignored;

	if (fs_read_whole(outer->dir_fd, name, NUMBER_MAX, name, &text, &ignored) <= 0)
		return 0;
	/* "max" is no number */
	uint64_t limit = strtoull(text.data, NULL, 10);
	return limit < limit_max ? limit : 0;
}
