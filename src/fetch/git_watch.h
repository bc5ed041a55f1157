/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notices a git that has all but stopped because its server says nothing. git has a limit of its
 * own for http and none for its own protocol, so what it and its children read, write and compute
 * is looked at from outside.
 */
#ifndef CBUILD_FETCH_GIT_WATCH_H
#define CBUILD_FETCH_GIT_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	GIT_STALL_RATE = 1000, /* bytes a second; git is told the same for http */
	GIT_STALL_SECONDS = 300,
	/* Without a byte: a server that prepares a large pack says every five seconds that it
	   lives. */
	GIT_SILENCE_SECONDS = 30,
	/* Who looks so late was stopped itself, and can tell nothing. */
	GIT_STALL_LATE_SECONDS = 10,
	GIT_STALL_PROCESSES_MAX = 64
};

struct git_watch {
	uint64_t since; /* start of the window, CLOCK_MONOTONIC ns; 0 = not begun */
	uint64_t seen;	/* when it was looked at last */
	uint64_t done;	/* when the window began */
	uint64_t heard; /* when anything came last, and what had come by then */
	uint64_t heard_done;
};

enum git_progress { GIT_GOES_ON, GIT_IS_SILENT, GIT_IS_SLOW };

/* `done`: bytes so far; a second of computing counts as GIT_STALL_RATE * GIT_STALL_SECONDS. */
enum git_progress git_watch_check(struct git_watch *watch, uint64_t now, uint64_t done);

/* Of a process of ours and its descendants; false where the kernel does not tell. */
bool git_work_read(pid_t pid, uint64_t *ret_done);

#endif
