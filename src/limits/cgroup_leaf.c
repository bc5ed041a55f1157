/* SPDX-License-Identifier: Apache-2.0 */
#include "base/dir.h"
#include "base/fs.h"
#include "base/text.h"
#include "limits/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#define LEAF_PREFIX "cbuild."

enum {
	PROCS_MAX = 1024 * 1024,
	MAKE_TRIES = 16,
	/* a process that was killed takes a moment to go */
	CLEAR_TRIES = 200,
	CLEAR_PAUSE_NS = 5 * 1000 * 1000
};

/* --- removing -----------------------------------------------------------------------------------
 */

/* By number, so only in a group that nobody but its leaf's owner put anybody into. */
static void kill_listed(int dir_fd)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct error ignored;

	if (fs_read_whole(dir_fd, "cgroup.procs", PROCS_MAX, "cgroup.procs", &text, &ignored) <= 0)
		return;
	for (const char *line = text.data; *line;) {
		long pid = strtol(line, NULL, 10);
		if (pid > 1 && pid != getpid())
			(void)kill((pid_t)pid, SIGKILL);
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
}

static void kill_all(int dir_fd, bool is_v2)
{
	struct error ignored;

	if (is_v2 && cgroup_write(dir_fd, "cgroup.kill", "1", &ignored) == 0)
		return;
	kill_listed(dir_fd);
}

bool cgroup_clear(int place_fd, const char *name, int dir_fd, bool is_v2)
{
	static const struct timespec pause = { .tv_nsec = CLEAR_PAUSE_NS };

	for (int i = 0; i < CLEAR_TRIES; i++) {
		if (unlinkat(place_fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return true;
		if (errno != EBUSY)
			return false;
		kill_all(dir_fd, is_v2);
		(void)nanosleep(&pause, NULL);
	}
	return false;
}

static void sweep_one(const struct cgroup_place *place, const char *name)
{
	autoclose int fd =
		openat(place->dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		(void)cgroup_clear(place->dir_fd, name, fd, place->is_v2);
}

void cgroup_sweep(const struct cgroup_place *place)
{
	cleanup(dir_reader_close) struct dir_reader reader = { .fd = -1 };
	struct error ignored;
	const char *name = NULL;
	unsigned char type = 0;

	if (dir_reader_open(place->dir_fd, &reader, &ignored) < 0)
		return;
	while (dir_reader_next(&reader, &name, &type, &ignored) > 0)
		if (text_has_prefix(name, LEAF_PREFIX))
			sweep_one(place, name);
}

/* --- making -------------------------------------------------------------------------------------
 */

/* 1 made and locked; 0 who sweeps was quicker: another name. */
static int make_dir(const struct cgroup_place *place, const char *name, int *ret_fd,
		    struct error *err)
{
	if (mkdirat(place->dir_fd, name, 0755) < 0) {
		(void)error_sys(err, "make a cgroup in '%s'", place->path);
		if (err->sys == EROFS || err->sys == EACCES)
			err->code = ERROR_PERMISSION;
		return -1;
	}
	autoclose int fd =
		openat(place->dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return error_sys(err, "open the cgroup '%s/%s'", place->path, name);
	if (flock(fd, LOCK_EX) < 0)
		return error_sys(err, "lock the cgroup '%s/%s'", place->path, name);
	if (faccessat(place->dir_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	*ret_fd = take_fd(&fd);
	return 1;
}

static int set_limits(const struct cgroup_place *place, int dir_fd, const struct limits *limits,
		      struct error *err)
{
	int set = place->is_v2
			  ? cgroup_v2_limit(dir_fd, place->controllers, limits, err)
			  : cgroup_v1_limit(place->dir_fd, dir_fd, place->controllers, limits, err);

	return set < 0 ? error_wrap(err, "limits in '%s'", place->path) : 0;
}

static int make_part(struct cgroup_leaf *leaf, size_t i, const struct limits *limits,
		     struct error *err)
{
	const struct cgroup_place *place = &leaf->home->places[i];

	int made = make_dir(place, leaf->name, &leaf->dir_fds[i], err);
	if (made <= 0)
		return made;
	if (set_limits(place, leaf->dir_fds[i], limits, err) < 0)
		return -1;
	leaf->procs_fds[i] =
		openat(leaf->dir_fds[i], "cgroup.procs", O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	if (leaf->procs_fds[i] < 0)
		return error_sys(err, "open the cgroup '%s/%s'", place->path, leaf->name);
	return 1;
}

/* 1 all parts; 0 another name is needed. */
static int try_make(struct cgroup_leaf *leaf, const struct limits *limits, struct error *err)
{
	cleanup(buf_release) struct buf name = BUF_INIT;
	int made = 1;

	fs_random_name("cbuild", &name);
	(void)snprintf(leaf->name, sizeof(leaf->name), "%s", name.data);
	for (size_t i = 0; i < leaf->home->n_places && made > 0; i++)
		made = make_part(leaf, i, limits, err);
	return made;
}

void cgroup_leaf_init(struct cgroup_leaf *leaf)
{
	*leaf = (struct cgroup_leaf){ .home = NULL };
	for (size_t i = 0; i < CGROUP_CONTROLLERS; i++)
		leaf->dir_fds[i] = leaf->procs_fds[i] = -1;
}

int cgroup_leaf_make(const struct cgroup_home *home, const struct limits *limits,
		     struct cgroup_leaf *ret_leaf, struct error *err)
{
	for (int i = 0; i < MAKE_TRIES; i++) {
		cleanup(cgroup_leaf_release) struct cgroup_leaf leaf;
		cgroup_leaf_init(&leaf);
		leaf.home = home;
		int made = try_make(&leaf, limits, err);
		if (made < 0)
			return -1;
		if (made) {
			*ret_leaf = leaf;
			cgroup_leaf_init(&leaf);
			return 0;
		}
	}
	return error_set(err, ERROR_SYSTEM, "cgroups that are made vanish at once");
}

int cgroup_leaf_enter(const struct cgroup_leaf *leaf, struct error *err)
{
	for (size_t i = 0; leaf->home && i < leaf->home->n_places; i++) {
		if (write(leaf->procs_fds[i], "0", 1) == 1)
			continue;
		return error_sys(err, "enter a cgroup in '%s'", leaf->home->places[i].path);
	}
	return 0;
}

void cgroup_leaf_read_events(const struct cgroup_leaf *leaf, struct cgroup_events *ret_events)
{
	*ret_events = (struct cgroup_events){ 0 };
	for (size_t i = 0; leaf->home && i < leaf->home->n_places; i++) {
		const struct cgroup_place *place = &leaf->home->places[i];
		if (place->is_v2)
			cgroup_v2_read_events(leaf->dir_fds[i], place->controllers, ret_events);
		else
			cgroup_v1_read_events(leaf->dir_fds[i], place->controllers, ret_events);
	}
}

void cgroup_leaf_release(struct cgroup_leaf *leaf)
{
	for (size_t i = 0; leaf->home && i < leaf->home->n_places; i++) {
		const struct cgroup_place *place = &leaf->home->places[i];
		close_fd_at(&leaf->procs_fds[i]);
		if (leaf->dir_fds[i] < 0)
			continue;
		(void)cgroup_clear(place->dir_fd, leaf->name, leaf->dir_fds[i], place->is_v2);
		(void)close(leaf->dir_fds[i]);
	}
	cgroup_leaf_init(leaf);
}
