/* SPDX-License-Identifier: Apache-2.0 */
#include "git_watch.h"

#include "base/fs.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PROC_FILE_MAX = 64 * 1024 };

#define SECOND UINT64_C(1000000000)

enum git_progress git_watch_check(struct git_watch *watch, uint64_t now, uint64_t done)
{
	static const uint64_t enough = (uint64_t)GIT_STALL_RATE * GIT_STALL_SECONDS;
	bool is_late = now - watch->seen > GIT_STALL_LATE_SECONDS * SECOND;

	watch->seen = now;
	/* less than before: a child ended, and who waited for it does not count it */
	if (!watch->since || is_late || done < watch->done || done - watch->done >= enough) {
		watch->since = watch->heard = now;
		watch->done = watch->heard_done = done;
		return GIT_GOES_ON;
	}
	if (done != watch->heard_done) {
		watch->heard = now;
		watch->heard_done = done;
	}
	if (now - watch->heard > GIT_SILENCE_SECONDS * SECOND)
		return GIT_IS_SILENT;
	return now - watch->since > GIT_STALL_SECONDS * SECOND ? GIT_IS_SLOW : GIT_GOES_ON;
}

static bool read_proc(pid_t pid, const char *name, struct buf *text)
{
	struct error ignored = ERROR_INIT;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	return fs_read_whole(AT_FDCWD, path, PROC_FILE_MAX, name, text, &ignored) > 0;
}

static bool add_bytes(pid_t pid, uint64_t *done)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	uint64_t was_read, was_written;

	if (!read_proc(pid, "io", &text) ||
	    sscanf(text.data, "rchar: %" SCNu64 " wchar: %" SCNu64, &was_read, &was_written) != 2)
		return false;
	*done += was_read + was_written;
	return true;
}

/* Of the program's own and of the children that it has waited for. */
static bool add_time(pid_t pid, uint64_t *done)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	uint64_t times[4];

	if (!read_proc(pid, "stat", &text))
		return false;
	/* the name in brackets may be anything */
	const char *rest = strrchr(text.data, ')');
	if (!rest || sscanf(rest,
			    ") %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %" SCNu64 " %" SCNu64
			    " %" SCNu64 " %" SCNu64,
			    &times[0], &times[1], &times[2], &times[3]) != 4)
		return false;
	uint64_t ticks = times[0] + times[1] + times[2] + times[3];
	*done += ticks * GIT_STALL_RATE * GIT_STALL_SECONDS / (uint64_t)sysconf(_SC_CLK_TCK);
	return true;
}

static void add_children(pid_t pid, pid_t *pids, size_t *n)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	char name[32];

	(void)snprintf(name, sizeof(name), "task/%d/children", (int)pid);
	if (!read_proc(pid, name, &text) || !text.len)
		return;
	for (char *at = text.data; *n < GIT_STALL_PROCESSES_MAX;) {
		char *end;
		long child = strtol(at, &end, 10);
		if (end == at)
			return;
		pids[(*n)++] = (pid_t)child;
		at = end;
	}
}

bool git_work_read(pid_t pid, uint64_t *ret_done)
{
	pid_t pids[GIT_STALL_PROCESSES_MAX] = { pid };
	size_t n = 1;
	uint64_t done = 0;

	if (!add_bytes(pid, &done) || !add_time(pid, &done))
		return false;
	add_children(pid, pids, &n);
	for (size_t i = 1; i < n; i++) {
		/* one that has just ended is its parent's */
		(void)(add_bytes(pids[i], &done) && add_time(pids[i], &done));
		add_children(pids[i], pids, &n);
	}
	*ret_done = done;
	return true;
}
