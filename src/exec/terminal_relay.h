/* SPDX-License-Identifier: Apache-2.0 */
/* Carries bytes between the caller's terminal and the private one of a shell. */
#ifndef CBUILD_EXEC_TERMINAL_RELAY_H
#define CBUILD_EXEC_TERMINAL_RELAY_H

#include "job/job.h"

struct terminal_relay {
	int in_fd, out_fd; /* the caller's terminal */
	int master_fd;
	int started_fd; /* becomes readable when the shell starts; its end: there is none */
	int lock_fd;	/* held while the caller's terminal is ours */
	const char *greeting;
	struct job_channel *channel; /* hears when the caller's terminal is taken, and given back */
};

/* In a process of its own: returns when the private terminal has nobody any more. */
void terminal_relay_run(const struct terminal_relay *relay);

#endif
