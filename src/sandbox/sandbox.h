/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running one process confined in a given root, and waiting until nothing of it is left. Own
 * mount, pid, ipc, uts, cgroup and (network none) network namespace; the init is pid 1 of the
 * step, reaps, and when it goes the kernel kills the rest. Nothing is mounted in the caller's
 * namespace but what the caller attached itself.
 *
 * TERM to the caller's process group is not handled here: the coordinator signals the init, whose
 * pid `started` hands out, and it forwards TERM to the command and dies of KILL with everything.
 */
#ifndef CBUILD_SANDBOX_SANDBOX_H
#define CBUILD_SANDBOX_SANDBOX_H

#include "base/buf.h"
#include "base/error.h"
#include "limits/limits.h"
#include "sandbox/policy.h"
#include "sandbox/spec.h"

#include <sys/types.h>

/*
 * The compiled seccomp filter and what differs from machine to machine: made once per build, before
 * the jobs are forked, and inherited. Takes 1 ms.
 */
struct sandbox_kit;
int sandbox_kit_new(struct sandbox_kit **ret_kit, struct error *err) must_check;
/* The same for steps under a policy, which was checked, and stays the caller's: it must outlive the
 * kit. */
int sandbox_kit_new_for(const struct sandbox_policy *policy, struct sandbox_kit **ret_kit,
			struct error *err) must_check;
void sandbox_kit_free(struct sandbox_kit *kit);
DEFINE_CLEANUP(struct sandbox_kit *, sandbox_kit_free);
/*
 * In the coordinator, before the first RUN, once; `limits` is borrowed as long as the kit lives.
 * Lines to be said (what is less than was asked) are added to *lines.
 */
int sandbox_kit_limit(struct sandbox_kit *kit, const struct limits *limits,
		      enum sandbox_isolation isolation, struct strv *lines, struct error *err)
	must_check;
/*
 * Can a step with SANDBOX_NETWORK_HOST be kept from the host's abstract unix sockets (Landlock,
 * Linux 6.12)? Where not, whoever lets it have that network says so.
 */
bool sandbox_hides_abstract_sockets(const struct sandbox_kit *kit);

/*
 * Does this machine execute programs of an architecture ("386", "arm") that is not its own? Tried
 * with a program of a few instructions.
 */
bool sandbox_executes(const char *architecture);

enum { SANDBOX_REASON_MAX = 512, SANDBOX_NOTE_MAX = 256 };

struct sandbox_result {
	int status;	    /* exit status as a shell has it: n, 126, 127, 128+signal */
	int signal;	    /* the signal that killed the command, or 0 */
	bool is_cancelled;  /* it was told to stop, so its status tells nothing of its work */
	unsigned killed;    /* background processes that were still alive and were killed */
	bool is_held;	    /* somebody outside still has a file of the root open for writing */
	uint64_t oom_kills; /* processes killed because the step's memory limit was reached */
	/* the same of the group that cbuild is in, and its limit if it has one itself */
	uint64_t outer_oom_kills, outer_memory;
	uint64_t refused_pids;		 /* times that its limit of processes refused one */
	char reason[SANDBOX_REASON_MAX]; /* why the command could not be executed (126, 127), or ""
					  */
	char note[SANDBOX_NOTE_MAX];	 /* what the log should say besides, or "" */
};

/*
 * Runs and waits. -1 only where the sandbox itself could not be set up (ERROR_PERMISSION where the
 * machine refuses, with what would allow it); a command that fails is a result. On return no
 * process of the step lives and mount stubs are gone from the root (which leaves their parents'
 * times alone); the caller's root_mount_fd is still open and can be frozen, the descriptors of
 * mounts are used up.
 *
 * The caller has one thread, whose memory the step's init borrows meanwhile; all its signals are
 * blocked. `started` is called before anything else happens, with the signal that ends init and
 * with it the whole step.
 */
int sandbox_run(const struct sandbox_kit *kit, const struct sandbox_spec *spec,
		void (*started)(void *context, pid_t init, int kill_signal), void *context,
		struct sandbox_result *ret_result, struct error *err) must_check;

#endif
