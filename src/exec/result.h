/* SPDX-License-Identifier: Apache-2.0 */
/* What a step gave: its layer, and where it came from. Travels and is cached as JSON. */
#ifndef CBUILD_EXEC_RESULT_H
#define CBUILD_EXEC_RESULT_H

#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "oci/manifest.h"

#include <stdbool.h>

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
};

/*
 * All but is_done and is_cached, which depend on who reads it; chain_id is where the layer was made
 * first (a COPY --link may stand on other trees: the reader computes its own).
 */
void step_result_encode(const struct step_result *result, struct buf *buf);
int step_result_decode(const char *text, size_t len, struct step_result *ret_result,
		       struct error *err) must_check;

#endif
