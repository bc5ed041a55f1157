/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Owners and credentials in a user namespace of one id. What a step's processes call to give files
 * away, to ask whose they are, or to become somebody, is answered by a helper process beside it
 * (seccomp user notification): it does what can be done with the one id, keeps what cannot with
 * the file (base/fs_owner.h), and tells afterwards what was said.
 *
 * The helper is a child of the caller, in its user namespace; it enters the step's mount namespace
 * with the first call, and stays outside of its pid namespace. It is no wall: it follows no magic
 * link of procfs but those of the asking process itself, and everything that it does the step's
 * processes could do themselves. It dies with the caller, and the caller ends the step if it dies.
 */
#ifndef CBUILD_SANDBOX_EMULATION_H
#define CBUILD_SANDBOX_EMULATION_H

#include "base/buf.h"
#include "base/error.h"
#include "sandbox/sandbox.h"
#include "sandbox/user.h"

#include <sys/types.h>

enum { EMULATION_NOTE_MAX = SANDBOX_NOTE_MAX };

struct emulation {
	pid_t pid;
	int pidfd;
	int command_fd;	    /* where the command hands its listener over; never written again */
	int own_command_fd; /* the same, as long as the caller has it open */
	int report_fd;
	struct buf filter;
};

#define EMULATION_INIT                                                                \
	{                                                                             \
		.pidfd = -1, .command_fd = -1, .own_command_fd = -1, .report_fd = -1, \
		.filter = BUF_INIT                                                    \
	}

/* Forks the helper, for a command of this user. */
int emulation_start(const struct user *user, struct emulation *ret_emulation, struct error *err)
	must_check;
/* In the command: from here on its calls are answered. Needs CAP_SYS_ADMIN. */
int emulation_enter(const struct emulation *emulation, struct error *err) must_check;
/*
 * In the caller, when the command has descriptors of its own (it may share this memory): else the
 * helper never sees an end.
 */
void emulation_let_go(struct emulation *emulation);
/*
 * In process 1, when nobody else of the step lives and no command comes any more: waits until the
 * helper has dropped what it did for one that was killed, files that it holds open included.
 */
void emulation_settle(const struct emulation *emulation);
/*
 * Waits until it is over: when nobody is left who could start a command. A failure of its own is an
 * error. `note`: what the log should say, or "".
 */
int emulation_finish(struct emulation *emulation, char note[EMULATION_NOTE_MAX], struct error *err)
	must_check;
/* Ends it. */
void emulation_release(struct emulation *emulation);
DEFINE_RELEASE(struct emulation, emulation_release);

/* Can a process have its calls answered by another here? 1 yes, 0 no with errno, by trying. */
int emulation_is_possible(struct error *err) must_check;

#endif
