/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --on-error=shell: behind a RUN that failed, a shell in its file system, with its mounts, its
 * environment and its walls. Its terminal is a private one; a process of the job carries bytes
 * between that and the caller's, which the step never gets. One at a time has the caller's.
 */
#ifndef CBUILD_EXEC_FAILED_SHELL_H
#define CBUILD_EXEC_FAILED_SHELL_H

#include "op.h"

#include "sandbox/spec.h"

#include <sys/types.h>

struct failed_shell {
	struct sandbox_rescue rescue;
	pid_t relay; /* 0: none */
};

#define FAILED_SHELL_INIT                                        \
	{                                                        \
		.rescue = {.terminal_fd = -1, .started_fd = -1 } \
	}

/* Makes ready what spec->rescue is to be; nothing where none is wanted. */
int failed_shell_start(const struct step_job *job, struct sandbox_spec *spec,
		       struct failed_shell *shell, struct error *err) must_check;
/* The step is over, and its shell: waits until the caller's terminal is as it was. */
void failed_shell_release(struct failed_shell *shell);
DEFINE_RELEASE(struct failed_shell, failed_shell_release);

#endif
