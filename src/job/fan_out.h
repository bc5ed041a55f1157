/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside a job: the same function for 0..n-1, each in a forked child, some at a time. What the
 * children say goes through the job's channel. The first failure ends the others.
 */
#ifndef CBUILD_JOB_FAN_OUT_H
#define CBUILD_JOB_FAN_OUT_H

#include "job/job.h"

enum { FAN_OUT_DEFAULT = 4 };

typedef int fan_out_function(void *context, size_t i, struct job_channel *channel,
			     struct error *err);

/* With n 1 the function runs in this process. */
int job_fan_out(struct job_channel *channel, size_t n, unsigned at_once, fan_out_function *function,
		void *context, struct error *err) must_check;

#endif
