/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process of a step's job that stands between what the step prints and the coordinator, which
 * knows no values: it reads both streams, masks and forwards. A process, because the job itself
 * lends its memory to the step's init and waits.
 */
#ifndef CBUILD_EXEC_MASK_PROCESS_H
#define CBUILD_EXEC_MASK_PROCESS_H

#include "secret_watch.h"

#include "base/error.h"

#include <sys/types.h>

enum { MASKED_STREAMS = 2 };

struct mask_process {
	pid_t pid;
	int fds[MASKED_STREAMS]; /* where the step writes its output and its errors */
	int stop_fd;		 /* closed when the step is over */
};

#define MASK_PROCESS_INIT         \
	{                         \
		0, { -1, -1 }, -1 \
	}

/* `outs` is where the masked streams go. */
int mask_process_start(const struct secret_watch *watch, const int outs[MASKED_STREAMS],
		       struct mask_process *ret_process, struct error *err) must_check;
/*
 * The step is over: forwards what lies in the pipes and no more, since something may have handed
 * them on to where they stay open, and waits until the process is gone.
 */
int mask_process_finish(struct mask_process *process, struct error *err) must_check;
/* Kills it where it still runs. */
void mask_process_release(struct mask_process *process);
DEFINE_RELEASE(struct mask_process, mask_process_release);

#endif
