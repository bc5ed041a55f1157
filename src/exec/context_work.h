/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The work that walks and hashes a build context, once per build and for all steps: its result is a
 * sorted file that steps map. Only what sources of needed steps name is looked at.
 */
#ifndef CBUILD_EXEC_CONTEXT_WORK_H
#define CBUILD_EXEC_CONTEXT_WORK_H

#include "base/arena.h"
#include "base/vec.h"
#include "context/listing.h"
#include "exec/exec.h"

struct context_work {
	struct exec_env *env;
	uint32_t index; /* of plan->contexts */
	struct arena arena;
	VEC(struct listing_source) wanted; /* what sources of needed steps name */
	char *title;
	int listing_fd;
};

void context_work_init(struct context_work *work, struct exec_env *env, uint32_t index);
void context_work_release(struct context_work *work);
/* Adds what the path sources of a COPY may select, and what the mounts of a RUN show. */
void context_work_want(struct context_work *work, const struct step *step);
/* Fills in the work of the job graph. */
int context_work_prepare(struct context_work *work, struct work *ret_work, struct error *err)
	must_check;

#endif
