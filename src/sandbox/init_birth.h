/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of process 1: init.c (its caller), init_process.c (what it does), init_reap.c.
 */
#ifndef CBUILD_SANDBOX_INIT_BIRTH_H
#define CBUILD_SANDBOX_INIT_BIRTH_H

#include "chroot.h"
#include "init.h"
#include "target.h"

/* What the init and its caller have in common besides struct init. */
struct birth {
	struct init *init;
	int parent_pidfd;
	void *command_stack_end;
	struct stubs stubs;
	struct chroot_root chroot;
	bool is_cancelled; /* a signal came, and was handed on */
	uint32_t may_go; /* 0 until the caller has told of the pid, and touches nothing any more */
};

/* --- what process 1 does (init_process.c) ---
 */
/*
 * Every signal is blocked from its birth: none is lost, and no handler of the caller's runs here.
 * `argument` is a struct birth.
 */
int init_main(void *argument);
/* What it gets when its caller dies. */
int init_death_signal(const struct init *init);

/* --- waiting and killing (init_reap.c) ---
 */
/*
 * Reaps and hands signals on until the command is over; what comes from outside is a cancel.
 * `as`: in place of the signal that came, or 0.
 */
void init_wait_for(struct birth *birth, pid_t command, int as, struct sandbox_result *result);
/* What the command left behind: how many. When this returns, this process is alone. */
unsigned init_kill_rest(void);

#endif
