/* SPDX-License-Identifier: Apache-2.0 */
/* --export-on-failure: files of a step that failed, brought out before all of it goes. */
#ifndef CBUILD_EXEC_FAILED_FILES_H
#define CBUILD_EXEC_FAILED_FILES_H

#include "op.h"

enum { FAILED_FILES_MAX = 1000 * 1000 };

/*
 * What was asked for of this step's stage, from its root. What is missing or cannot be brought out
 * is told as a warning: the step's own failure is what the build ends with.
 */
void failed_files_export(const struct step_job *job, int root_fd);
#endif
