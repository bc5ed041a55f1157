/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control groups of our own, v1 or v2, for the limits of a step: below the group that cbuild runs
 * in, or below one that was named. A step has a leaf, "cbuild.<random>", in each hierarchy that is
 * needed; its command enters it before it is executed, the init stays outside (the kernel kills
 * whole groups for want of memory, and with the init whoever shares its memory).
 *
 * A leaf is locked (flock of its directory) as long as somebody who needs it lives, so what a
 * killed cbuild left behind is known by its name and its free lock, and removed by the next one.
 */
#ifndef CBUILD_LIMITS_CGROUP_H
#define CBUILD_LIMITS_CGROUP_H

#include "base/buf.h"
#include "base/error.h"
#include "limits/limits.h"

enum cgroup_controller { CGROUP_MEMORY = 1, CGROUP_CPU = 2, CGROUP_CPUSET = 4, CGROUP_PIDS = 8 };

enum { CGROUP_CONTROLLERS = 4, CGROUP_NAME_MAX = 64 };

/* "memory" */
const char *cgroup_controller_name(enum cgroup_controller controller);

/* --- where they can be made: cgroup_home.c ------------------------------------------------------
 */

/* A directory in which leaves are made, and the controllers for which it stands. */
struct cgroup_place {
	bool is_v2;
	unsigned controllers;
	int dir_fd;
	char *path;
};

struct cgroup_home {
	struct cgroup_place places[CGROUP_CONTROLLERS];
	size_t n_places;
	/* v2: where this process went, so that its group might have others below it */
	char supervisor[CGROUP_NAME_MAX];
	unsigned enabled; /* by us, in the v2 place */
};

struct cgroup_home *cgroup_home_new(void);
/* What is left of leaves goes, ours among it; this process goes back to where it was. */
void cgroup_home_free(struct cgroup_home *home);
DEFINE_CLEANUP(struct cgroup_home *, cgroup_home_free);

/*
 * Finds a place for the controller and tries it, with a process. -1 says why there is none; the
 * home is as it was then. `parent` may be NULL.
 */
int cgroup_home_add(struct cgroup_home *home, enum cgroup_controller controller, const char *parent,
		    struct error *err) must_check;

/*
 * cgroup_find.c: the directory of a controller in one version's hierarchy, by the texts of
 * /proc/self/mountinfo and /proc/self/cgroup: 1, or 0 where it is not mounted or not to be seen.
 * Several mounts of it: the last.
 */
int cgroup_find(const char *mountinfo, const char *own, bool is_v2, const char *controller,
		const char *parent, struct buf *ret_path);

/* --- the one that cbuild is in: cgroup_outer.c --------------------------------------------------
 */

struct cgroup_outer {
	int dir_fd; /* -1: there is none that counts */
	bool is_v2;
};

struct cgroup_outer cgroup_outer_open(void);
/* Processes in it that were killed for want of memory, so far. */
uint64_t cgroup_outer_kills(const struct cgroup_outer *outer);
/* Bytes; 0 = not limited itself. */
uint64_t cgroup_outer_limit(const struct cgroup_outer *outer);

/* --- a step's: cgroup_leaf.c --------------------------------------------------------------------
 */

struct cgroup_leaf {
	const struct cgroup_home *home;
	char name[CGROUP_NAME_MAX];
	int dir_fds[CGROUP_CONTROLLERS];   /* beside home->places, locked */
	int procs_fds[CGROUP_CONTROLLERS]; /* where who enters writes */
};

struct cgroup_events {
	uint64_t oom_kills;    /* processes that the kernel killed for want of memory */
	uint64_t refused_pids; /* times that no process could be made */
};

void cgroup_leaf_init(struct cgroup_leaf *leaf);
/* With the limits set; empty. */
int cgroup_leaf_make(const struct cgroup_home *home, const struct limits *limits,
		     struct cgroup_leaf *ret_leaf, struct error *err) must_check;
/* The calling process; nothing but writes to descriptors. */
int cgroup_leaf_enter(const struct cgroup_leaf *leaf, struct error *err) must_check;
void cgroup_leaf_read_events(const struct cgroup_leaf *leaf, struct cgroup_events *ret_events);
/* Removes it; whoever still is in it is killed. */
void cgroup_leaf_release(struct cgroup_leaf *leaf);
DEFINE_RELEASE(struct cgroup_leaf, cgroup_leaf_release);

/* Leaves in a place that nobody holds any more. */
void cgroup_sweep(const struct cgroup_place *place);
/* Ends who is in it, and removes it; false where somebody stays. */
bool cgroup_clear(int place_fd, const char *name, int dir_fd, bool is_v2);

/* --- the files: cgroup_v1.c, cgroup_v2.c --------------------------------------------------------
 */

int cgroup_write(int dir_fd, const char *name, const char *text, struct error *err) must_check;
int cgroup_write_number(int dir_fd, const char *name, uint64_t number, struct error *err)
	must_check;
/* The number behind `key` in a file of "key number" lines; 0 where there is none. */
uint64_t cgroup_read_count(int dir_fd, const char *name, const char *key);

int cgroup_v1_limit(int place_fd, int dir_fd, unsigned controllers, const struct limits *limits,
		    struct error *err) must_check;
void cgroup_v1_read_events(int dir_fd, unsigned controllers, struct cgroup_events *events);

/* 1 the controllers are there for children of the group, 0 the group does not have them, -1. */
int cgroup_v2_enable(int place_fd, unsigned controllers, unsigned *ret_enabled, struct error *err)
	must_check;
void cgroup_v2_disable(int place_fd, unsigned controllers);
int cgroup_v2_limit(int dir_fd, unsigned controllers, const struct limits *limits,
		    struct error *err) must_check;
void cgroup_v2_read_events(int dir_fd, unsigned controllers, struct cgroup_events *events);

#endif
