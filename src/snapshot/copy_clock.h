/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CBUILD_SNAPSHOT_COPY_CLOCK_H
#define CBUILD_SNAPSHOT_COPY_CLOCK_H

#include <stdint.h>

/* How far the clock of the wall is ahead of the one that nobody sets, in nanoseconds. */
int64_t copy_clock_read(void);

#endif
