/* SPDX-License-Identifier: Apache-2.0 */
/* RUN --device: what the machine's CDI files say of it, as mounts and variables of the step. */
#ifndef CBUILD_EXEC_RUN_DEVICE_H
#define CBUILD_EXEC_RUN_DEVICE_H

#include "run_mounts.h"

int run_devices_add(struct step_job *job, struct run_mounts *mounts, struct error *err) must_check;

#endif
