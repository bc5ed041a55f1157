/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The step's command, from inside its root: takes the descriptors it may have, confines itself,
 * and becomes the command. Runs in a child that shares the init's memory until then.
 */
#ifndef CBUILD_SANDBOX_COMMAND_H
#define CBUILD_SANDBOX_COMMAND_H

#include "confinement.h"
#include "sandbox.h"

#include "base/error.h"
#include "limits/cgroup.h"

#include <sys/types.h>

enum { COMMAND_REASON_MAX = SANDBOX_REASON_MAX };

enum { COMMAND_STACK_SIZE = 64 * 1024 };

enum { STATUS_NOT_EXECUTABLE = 126, STATUS_NOT_FOUND = 127 };

/* A program by the file that it is. */
struct program_id {
	dev_t dev;
	ino_t ino;
};

struct command {
	char *const *args;
	char *const *env;
	int fds[3];
	int working_dir_fd;
	const struct confinement *confinement;
	struct program_id builder; /* our own program, which the step must not get hold of */
	int oom_score;
	bool hides_at_once;    /* its memory from the step, before there is one (undumpable) */
	bool dies_with_parent; /* nothing else would end it */
	const struct cgroup_leaf *cgroup; /* entered first */
	bool dumps_no_core;
	const struct limits_rlimit *rlimits;
	size_t n_rlimits;
	bool has_terminal; /* fds[0] is one, and becomes its own */
	void *stack_end;   /* of COMMAND_STACK_SIZE, for the time until it is the command */
};

/* How it went, as long as it did not become the command. */
struct command_failure {
	bool is_setup; /* err is set: the sandbox is at fault, not the command */
	int status;    /* else: 126 or 127, and why */
	char reason[COMMAND_REASON_MAX];
	struct error err;
};

/* The child's pid, once it is the command; 0 with *ret_failure where it never became that. */
int command_start(const struct command *command, pid_t *ret_pid,
		  struct command_failure *ret_failure, struct error *err) must_check;

#endif
