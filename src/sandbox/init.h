/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Process 1 of a step: builds the root around itself, starts the command, reaps whatever is left
 * to it, hands signals on, and at the end kills what still runs and clears the mount stubs away.
 *
 * It is not a program from the image but runs in the caller's memory, as a child of vfork does: of
 * a caller with 8 MB of heap that spares 0.4 ms of copying page tables. The caller waits for it and
 * touches nothing meanwhile, so a result is simply left in struct init.
 *
 * It never gives up its own capabilities and is not dumpable, so the kernel lets no process of a
 * confined step look at it (no ptrace, no /proc/1/exe, root, environ, mem: it holds more than they
 * do). That is also why its program file cannot be written to through /proc (CVE-2019-5736); the
 * one other way to it, executing /proc/self/exe at the very start, is refused by command.c.
 */
#ifndef CBUILD_SANDBOX_INIT_H
#define CBUILD_SANDBOX_INIT_H

#include "command.h"
#include "emulation.h"
#include "kit.h"

#include "sandbox/user.h"

struct init {
	const struct sandbox_kit *kit;
	const struct sandbox_spec *spec;
	const struct mount_list *mounts;
	const struct user *user;
	const struct strv *env;
	const struct cgroup_leaf *cgroup;
	struct emulation *emulation; /* of owners and users; or NULL */
	struct error *err;

	bool is_over;	 /* it came to its end; else it was killed */
	bool has_failed; /* *err says why; else what follows */
	struct sandbox_result result;
};

/*
 * Runs it and waits until it is gone, and everything in its namespaces with it. -1 where it could
 * not be made, or did not come to its end.
 */
int init_run(struct init *init, void (*started)(void *context, pid_t pid, int kill_signal),
	     void *context, struct error *err) must_check;

#endif
