/* SPDX-License-Identifier: Apache-2.0 */
/* RUN step -> sandbox spec: a pure function, so that it can be looked at without root. */
#ifndef CBUILD_EXEC_RUN_SPEC_H
#define CBUILD_EXEC_RUN_SPEC_H

#include "run_mounts.h"

#include "exec/exec.h"
#include "sandbox/spec.h"

struct run_spec {
	struct sandbox_spec sandbox;
	struct sandbox_mount *mounts; /* behind sandbox.mounts */
};

void run_spec_release(struct run_spec *spec);
DEFINE_RELEASE(struct run_spec, run_spec_release);

/* Descriptors (root, stdout, stderr) are left at -1. Borrows from step, env and mounts. */
void run_spec_make(const struct exec_env *env, const struct step *step,
		   const struct run_mounts *mounts, struct run_spec *ret_spec);

#endif
