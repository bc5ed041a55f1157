/* SPDX-License-Identifier: Apache-2.0 */
#include "copy_memory.h"

#include "copy_clock.h"

#include "base/alloc.h"
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { TICK_NS = 1000 * 1000, TICKS_MAX = 3000 };

struct copy_memory *copy_memory_new(void)
{
	return xcalloc(1, sizeof(struct copy_memory));
}

void copy_memory_free(struct copy_memory *memory)
{
	if (!memory)
		return;
	for (size_t i = 0; i < memory->dirs.size; i++)
		if (memory->dirs.slots[i].key)
			free(memory->dirs.slots[i].value);
	map_release(&memory->dirs);
	free(memory);
}

static int64_t nanoseconds(struct timespec time)
{
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int64_t copy_clock_read(void)
{
	struct timespec wall = { 0 }, other = { 0 };

	(void)clock_gettime(CLOCK_REALTIME, &wall);
	(void)clock_gettime(CLOCK_MONOTONIC, &other);
	return nanoseconds(wall) - nanoseconds(other);
}

struct probe {
	int tmp_fd, fd;
	struct buf name;
};

static void probe_release(struct probe *probe)
{
	if (probe->fd >= 0) {
		(void)close(probe->fd);
		(void)unlinkat(probe->tmp_fd, probe->name.data, 0);
	}
	buf_release(&probe->name);
}
DEFINE_RELEASE(struct probe, probe_release);

static int open_probe(struct probe *probe, struct error *err)
{
	fs_random_name("clock", &probe->name);
	probe->fd = openat(probe->tmp_fd, probe->name.data,
			   O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return probe->fd < 0 ? error_sys(err, "make '%s'", probe->name.data) : 0;
}

/* The time that a change made now gets. */
static int read_clock(const struct probe *probe, struct timespec *ret_time, struct error *err)
{
	struct stat st;

	if (futimens(probe->fd, NULL) < 0 || fstat(probe->fd, &st) < 0)
		return error_sys(err, "read the clock of the file system");
	*ret_time = st.st_ctim;
	return 0;
}

int copy_memory_begin(struct copy_memory *memory, int tmp_fd, struct error *err)
{
	cleanup(probe_release) struct probe probe = { tmp_fd, -1, BUF_INIT };

	memory->clock = copy_clock_read();
	return open_probe(&probe, err) < 0 ? -1 : read_clock(&probe, &memory->first, err);
}

/* Nothing of the step may fall into the same tick of the clock. */
int copy_memory_end(struct copy_memory *memory, int tmp_fd, struct error *err)
{
	cleanup(probe_release) struct probe probe = { tmp_fd, -1, BUF_INIT };
	const struct timespec tick = { .tv_nsec = TICK_NS };
	struct timespec now = { 0 };

	if (open_probe(&probe, err) < 0 || read_clock(&probe, &memory->last, err) < 0)
		return -1;
	for (unsigned i = 0; i < TICKS_MAX; i++) {
		if (read_clock(&probe, &now, err) < 0)
			return -1;
		if (nanoseconds(now) > nanoseconds(memory->last)) {
			memory->is_trusted = true;
			return 0;
		}
		(void)nanosleep(&tick, NULL);
	}
	return 0;
}
