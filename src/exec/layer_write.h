/* SPDX-License-Identifier: Apache-2.0 */
/* Entries -> a layer blob in the store, and the step result that goes with it. */
#ifndef CBUILD_EXEC_LAYER_WRITE_H
#define CBUILD_EXEC_LAYER_WRITE_H

#include "landing.h"
#include "leak_scan.h"

#include "exec/exec.h"
#include "snapshot/changes.h"

int layer_write_landed(const struct exec_env *env, const struct landed *entries, size_t n,
		       const struct progress *progress, struct step_result *result,
		       struct error *err) must_check;
/* What is packed is looked through by `scan`, which may be NULL. */
int layer_write_changes(const struct exec_env *env, const struct changes *changes,
			struct leak_scan *scan, const struct progress *progress,
			struct step_result *result, struct error *err) must_check;

#endif
