/* SPDX-License-Identifier: Apache-2.0 */
/* The only trace of progress below job/: who moves many bytes may be asked to say how far it is. */
#ifndef CBUILD_BASE_PROGRESS_H
#define CBUILD_BASE_PROGRESS_H

#include <stdint.h>

struct progress {
	void (*advance)(void *context, uint64_t done, uint64_t total);
	void *context;
};

static inline void progress_advance(const struct progress *progress, uint64_t done, uint64_t total)
{
	if (progress && progress->advance)
		progress->advance(progress->context, done, total);
}

#endif
