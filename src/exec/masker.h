/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream on its way out, with "***" where a value of a secret stood. The stream comes in pieces
 * of any size; what may be the beginning of a value is held back until it is known.
 *
 * A value is found as it is written and as it is read: line ends within it count for nothing, and
 * neither do escape sequences and controls, which a log leaves out (cli/log_text.h) and a terminal
 * does not show.
 */
#ifndef CBUILD_EXEC_MASKER_H
#define CBUILD_EXEC_MASKER_H

#include "secret_watch.h"

enum masker_escape {
	MASKER_TEXT = 0,
	MASKER_ESCAPE,	     /* behind ESC */
	MASKER_INTERMEDIATE, /* of a sequence that is neither CSI nor a string */
	MASKER_CSI,
	MASKER_CSI_INTERMEDIATE,
	MASKER_STRING,
	MASKER_STRING_ESCAPE
};

struct masker {
	const struct needles *needles; /* borrowed */
	uint32_t written, seen;	       /* states: of what is written, of what is read of it */
	enum masker_escape escape;
	unsigned char last;
	size_t n_undecided; /* last bytes held that may be a control in UTF-8 */
	struct buf held, marks;
	bool was_masked;
	bool is_special[256];	      /* not to be passed by */
	unsigned char pairs[256][32]; /* bits: the second byte of a needle behind its first */
};

void masker_init(struct masker *masker, const struct secret_watch *watch);
void masker_release(struct masker *masker);
DEFINE_RELEASE(struct masker, masker_release);

/* Appends to `out` what is settled by now. */
void masker_add(struct masker *masker, const char *data, size_t len, struct buf *out);
/* The rest; the stream is at its end. */
void masker_finish(struct masker *masker, struct buf *out);

/* All at once. */
void mask_text(const struct secret_watch *watch, const char *text, struct buf *out);

#endif
