/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fs.h"
#include "limits/cgroup.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { FILE_MAX = 64 * 1024 };

const char *cgroup_controller_name(enum cgroup_controller controller)
{
	switch (controller) {
	case CGROUP_MEMORY:
		return "memory";
	case CGROUP_CPU:
		return "cpu";
	case CGROUP_CPUSET:
		return "cpuset";
	case CGROUP_PIDS:
		return "pids";
	}
	return "unknown";
}

/* In one write: each is a command to the kernel. */
int cgroup_write(int dir_fd, const char *name, const char *text, struct error *err)
{
	autoclose int fd = openat(dir_fd, name, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return error_sys(err, "cgroup file '%s'", name);
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		return error_sys(err, "write '%s' to cgroup file '%s'", text, name);
	return 0;
}

int cgroup_write_number(int dir_fd, const char *name, uint64_t number, struct error *err)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%" PRIu64, number);
	return cgroup_write(dir_fd, name, text, err);
}

uint64_t cgroup_read_count(int dir_fd, const char *name, const char *key)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct error ignored;
	size_t len = strlen(key);

	if (fs_read_whole(dir_fd, name, FILE_MAX, name, &text, &ignored) <= 0)
		return 0;
	for (const char *line = text.data; *line;) {
		if (strncmp(line, key, len) == 0 && line[len] == ' ')
			return strtoull(line + len, NULL, 10);
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return 0;
}
