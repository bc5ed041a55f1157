/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup_supervisor.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "limits/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>

enum { MOUNTINFO_MAX = 16 * 1024 * 1024, OWN_MAX = 64 * 1024 };

struct texts {
	struct buf mountinfo, own;
};

static void texts_release(struct texts *texts)
{
	buf_release(&texts->mountinfo);
	buf_release(&texts->own);
}
DEFINE_RELEASE(struct texts, texts_release);

static int read_texts(struct texts *texts, struct error *err)
{
	int found = fs_read_whole(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_MAX, "mountinfo",
				  &texts->mountinfo, err);

	if (found > 0)
		found = fs_read_whole(AT_FDCWD, "/proc/self/cgroup", OWN_MAX, "cgroup", &texts->own,
				      err);
	if (found == 0)
		return error_set(err, ERROR_NOT_FOUND, "/proc has no control groups");
	return found < 0 ? -1 : 0;
}

struct cgroup_home *cgroup_home_new(void)
{
	return xcalloc(1, sizeof(struct cgroup_home));
}

static void place_release(struct cgroup_place *place)
{
	close_fd_at(&place->dir_fd);
	free(place->path);
}
DEFINE_RELEASE(struct cgroup_place, place_release);

void cgroup_home_free(struct cgroup_home *home)
{
	if (!home)
		return;
	for (size_t i = 0; i < home->n_places; i++) {
		struct cgroup_place *place = &home->places[i];
		cgroup_sweep(place);
		if (place->is_v2 && home->enabled)
			cgroup_v2_disable(place->dir_fd, home->enabled);
		if (place->is_v2 && *home->supervisor)
			cgroup_supervisor_leave(place->dir_fd, home->supervisor);
		place_release(place);
	}
	free(home);
}

/* In a child, since there may be no way back. */
static int probe(const struct cgroup_place *place, struct error *err)
{
	struct cgroup_home alone = { .places = { *place }, .n_places = 1 };
	cleanup(cgroup_leaf_release) struct cgroup_leaf leaf;
	static const struct limits none;
	struct error ignored;
	int status = 0;

	cgroup_leaf_init(&leaf);
	if (cgroup_leaf_make(&alone, &none, &leaf, err) < 0)
		return -1;
	pid_t pid = fork();
	if (pid < 0)
		return error_sys(err, "fork");
	if (pid == 0)
		_exit(cgroup_leaf_enter(&leaf, &ignored) < 0 ? ignored.sys & 0xff : 0);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
	return errno ? error_sys(err, "enter a cgroup in '%s'", place->path) : 0;
}

static int open_place(const char *path, struct cgroup_place *place, struct error *err)
{
	place->path = xstrdup(path);
	place->dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return place->dir_fd < 0 ? error_sys(err, "cgroup '%s'", path) : 0;
}

/* The first time that it is needed, with what was left there. */
static void add_place(struct cgroup_home *home, struct cgroup_place *place)
{
	cgroup_sweep(place);
	home->places[home->n_places++] = *place;
	*place = (struct cgroup_place){ .dir_fd = -1 };
}

static int add_v1(struct cgroup_home *home, enum cgroup_controller controller,
		  const struct texts *texts, const char *parent, struct error *err)
{
	cleanup(place_release) struct cgroup_place place = { .controllers = controller,
							     .dir_fd = -1 };
	cleanup(buf_release) struct buf path = BUF_INIT;
	const char *name = cgroup_controller_name(controller);

	if (!cgroup_find(texts->mountinfo.data, texts->own.data, false, name, parent, &path))
		return error_set(err, ERROR_PERMISSION,
				 "there is no cgroup with the controller '%s' here", name);
	/* cpu and cpuacct are one hierarchy mostly, others may be */
	for (size_t i = 0; i < home->n_places; i++) {
		struct cgroup_place *known = &home->places[i];
		if (known->is_v2 || strcmp(known->path, path.data) != 0)
			continue;
		known->controllers |= controller;
		return 0;
	}
	if (open_place(path.data, &place, err) < 0 || probe(&place, err) < 0)
		return -1;
	add_place(home, &place);
	return 0;
}

/* 1 here now; 0 v2 does not have it. */
static int add_v2(struct cgroup_home *home, enum cgroup_controller controller,
		  const struct texts *texts, const char *parent, struct error *err)
{
	cleanup(place_release) struct cgroup_place place = { .is_v2 = true,
							     .controllers = controller,
							     .dir_fd = -1 };
	cleanup(buf_release) struct buf path = BUF_INIT;
	struct cgroup_place *known = NULL;
	struct error ignored;

	if (!cgroup_find(texts->mountinfo.data, texts->own.data, true, "", parent, &path))
		return 0;
	for (size_t i = 0; i < home->n_places; i++)
		if (home->places[i].is_v2)
			known = &home->places[i];
	if (known) {
		int there = cgroup_supervisor_enable(home, known->dir_fd, controller, !parent, err);
		if (there > 0)
			known->controllers |= controller;
		return there;
	}
	if (open_place(path.data, &place, &ignored) < 0)
		return 0;
	int there = cgroup_supervisor_enable(home, place.dir_fd, controller, !parent, err);
	if (there <= 0)
		return there < 0 ? error_wrap(err, "cgroup '%s'", place.path) : 0;
	if (probe(&place, err) < 0)
		return -1;
	add_place(home, &place);
	return 1;
}

int cgroup_home_add(struct cgroup_home *home, enum cgroup_controller controller, const char *parent,
		    struct error *err)
{
	cleanup(texts_release) struct texts texts = { BUF_INIT, BUF_INIT };

	if (read_texts(&texts, err) < 0)
		return -1;
	int there = add_v2(home, controller, &texts, parent, err);
	if (there)
		return there < 0 ? -1 : 0;
	return add_v1(home, controller, &texts, parent, err);
}
