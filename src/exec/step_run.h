/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A step from its look-up to its record. step_try is asked in the coordinator and answers without
 * reading any content; step_run is the job: content key, look again, lock (single flight), look
 * again, bring the trees, do it, write the record.
 */
#ifndef CBUILD_EXEC_STEP_RUN_H
#define CBUILD_EXEC_STEP_RUN_H

#include "exec/exec.h"

/* 1 found in the cache (*record filled), 0 must be run, -1. */
int step_try(struct exec_env *env, const struct step *step, struct buf *record, struct error *err)
	must_check;
int step_run(struct exec_env *env, const struct step *step, struct job_channel *channel,
	     struct buf *record, struct error *err) must_check;

#endif
