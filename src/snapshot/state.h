/* SPDX-License-Identifier: Apache-2.0 */
/* What an open collection of snapshots holds; for the files of this folder. */
#ifndef CBUILD_SNAPSHOT_STATE_H
#define CBUILD_SNAPSHOT_STATE_H

#include "driver.h"

struct snapshots {
	const struct snapshot_driver *driver;
	int dir_fd; /* snapshots/FLAVOUR */
	int tmp_fd; /* borrowed */
};

/* The one for this process: of root itself, or of a user namespace. */
const struct snapshot_driver *driver_for_process(void);

#endif
