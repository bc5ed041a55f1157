/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking for many byte strings at once in a stream: one pass, each byte looked at once, nothing
 * read again (Aho and Corasick, 1975). All that has to be remembered of what came before is a
 * state, so the stream may come in pieces of any size.
 *
 * Line ends (CR and LF) count for nothing, neither in a needle nor in what is searched: what
 * base64(1) wraps at 76 columns is found, and so is what somebody folds by hand. A caller of
 * needles_step leaves them out itself.
 *
 *	struct needles needles = NEEDLES_INIT;
 *	needles_add(&needles, "hunter2", 7, 0); ...
 *	needles_finish(&needles);
 *	uint32_t state = 0;
 *	used = needles_find(&needles, &state, data, len, &hit);
 */
#ifndef CBUILD_BASE_NEEDLES_H
#define CBUILD_BASE_NEEDLES_H

#include "base/macros.h"
#include "base/vec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* State 0 is the root: nothing of any needle has been seen. */
struct needle_state {
	uint32_t fail;		 /* of the longest suffix that begins a needle, too */
	uint32_t child, sibling; /* 0 = none */
	uint32_t depth;		 /* so many bytes of a needle have been seen */
	uint32_t hit;		 /* the state of the longest needle that ends here; 0 = none */
	uint32_t tag;
	unsigned char byte; /* the last one seen */
};

struct needles {
	VEC(struct needle_state) states;
	uint32_t first[256]; /* from the root */
	uint32_t longest;
};

#define NEEDLES_INIT                \
	{                           \
		.states = VEC_INIT, \
	}

struct needle_hit {
	uint32_t tag; /* of the longest needle that ended */
	uint32_t len; /* of it, without line ends */
};

void needles_release(struct needles *needles);
DEFINE_RELEASE(struct needles, needles_release);

/* The data is copied. Of needles that are equal the first one's tag counts; an empty one is none.
 */
void needles_add(struct needles *needles, const void *data, size_t len, uint32_t tag);
/* Once, behind the last needle. Without any there is nothing to finish: nothing is ever found. */
void needles_finish(struct needles *needles);

/* The state after one more byte that is no line end. */
uint32_t needles_step(const struct needles *needles, uint32_t state, unsigned char byte);
bool needles_hit_at(const struct needles *needles, uint32_t state, struct needle_hit *ret_hit);
/* How many of the last bytes may become part of a needle. */
uint32_t needles_depth(const struct needles *needles, uint32_t state);

/*
 * Goes on until a needle ends: how many bytes were used then, and *ret_hit. 0 = none ended in the
 * data, all of which was used.
 */
size_t needles_find(const struct needles *needles, uint32_t *state, const void *data, size_t len,
		    struct needle_hit *ret_hit);

#endif
