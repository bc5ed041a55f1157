/* SPDX-License-Identifier: Apache-2.0 */
/* Values of secrets: read in the job of the step that mounts them, and kept nowhere else. */
#ifndef CBUILD_EXEC_RUN_SECRET_H
#define CBUILD_EXEC_RUN_SECRET_H

#include "exec/exec.h"

enum { SECRET_SIZE_MAX = 500 * 1024 }; /* as BuildKit has it */

/* Was one of that id given, and set? Whether its file can be read is another matter. */
bool run_secret_is_given(const struct exec_env *env, const char *id);
/* 1 there, empty where its variable is not set; 0 none was given of that id, -1. */
int run_secret_read(const struct exec_env *env, const char *id, struct buf *ret_value,
		    struct error *err) must_check;
/* That none was given of an id that is required, and what gives it. -1 */
int run_secret_refuse(const struct exec_env *env, const char *id, struct error *err);

#endif
