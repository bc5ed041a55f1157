/* SPDX-License-Identifier: Apache-2.0 */
/* What a step gave: its layer, and where it came from. Travels and is cached as JSON. */
#ifndef CBUILD_EXEC_RESULT_H
#define CBUILD_EXEC_RESULT_H

#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "oci/manifest.h"

#include <stdbool.h>

enum {
	/* What a step leaves behind in one lower layer is remembered from so many bytes on, */
	LEFTOVER_SIZE_MIN = 1000 * 1000,
	/* of so many layers, with so many paths each: the biggest ones. */
	LEFTOVERS_MAX = 16,
	LEFTOVER_PATHS_MAX = 3
};

/* Files of a lower layer that nobody sees above the step's own, and that still are in the image. */
struct leftover {
	struct digest diff_id; /* of the lower layer */
	bool is_rewritten;     /* there are files at the same paths again */
	uint64_t size;
	uint64_t n_paths; /* a directory that was deleted is one */
	struct leftover_path {
		char *path;
		uint64_t size;
	} paths[LEFTOVER_PATHS_MAX]; /* the biggest first; path NULL = no more */
};

struct step_result {
	bool is_done;
	bool is_cached; /* nothing was run */
	bool has_layer; /* false: STEP_IMAGE */
	struct digest key;
	struct digest chain_id; /* of the whole tree; zero = empty */
	struct digest diff_id, digest;
	uint64_t size; /* of the blob */
	enum layer_compression compression;
	int64_t made; /* when the layer was made */
	uint32_t made_nsec;
	int64_t milliseconds; /* what making it took */
	/* of the blob when it was made; those that an earlier blob gave */
	uint64_t n_members, n_reused;
	/*
	 * Of the layers below it that this build made or took from the cache, not of a base
	 * image's; the biggest first.
	 */
	struct leftover *leftovers; /* owned */
	size_t n_leftovers;
};

void step_result_release(struct step_result *result);
DEFINE_RELEASE(struct step_result, step_result_release);

/*
 * All but is_done and is_cached, which depend on who reads it; chain_id is where the layer was made
 * first (a COPY --link may stand on other trees: the reader computes its own).
 */
void step_result_encode(const struct step_result *result, struct buf *buf);
int step_result_decode(const char *text, size_t len, struct step_result *ret_result,
		       struct error *err) must_check;

#endif
