/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --ssh: the agent that signs for a step or for git. Either the caller's own, by its socket, or one
 * that lives as long as a job and holds the private keys that were named: OpenSSH's, started,
 * filled and ended here. Private keys are read in that job and nowhere else.
 */
#ifndef CBUILD_EXEC_AGENT_H
#define CBUILD_EXEC_AGENT_H

#include "exec/exec.h"

#include <sys/types.h>

enum { AGENT_KEY_SIZE_MAX = 100 * 1024 /* as BuildKit has it */ };

/* The one that is meant where nothing else is said. */
#define AGENT_DEFAULT_ID "default"

struct agent {
	pid_t pid;  /* of our own; 0: it is the caller's */
	char *path; /* of its socket, on this machine */
	char *aside;
	int tmp_fd; /* `aside` lies below it */
};

#define AGENT_INIT                           \
	{                                    \
		.path = NULL, .aside = NULL, \
	}

/* Are the paths of every --ssh what they may be: one socket, or files of keys that no passphrase
 * protects? Nothing of a key that is secret is read. */
int agents_check(const struct exec_env *env, struct error *err) must_check;
/* Was one of that id given? */
bool agent_is_given(const struct exec_env *env, const char *id);
/* In a job, which may block. 1 = there, 0 none was given of that id, -1. */
int agent_open(const struct exec_env *env, const char *id, struct agent *ret_agent,
	       struct error *err) must_check;
/* The default one, where the source is a git repository that is reached over ssh; else 0. */
int agent_open_for_source(const struct exec_env *env, const char *source, struct agent *ret_agent,
			  struct error *err) must_check;
void agent_release(struct agent *agent);
DEFINE_RELEASE(struct agent, agent_release);

#endif
