/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text from outside on its way to a log or a terminal: what a build prints must not be able to
 * move the cursor, recolour what follows, set a title, reach the clipboard or fake a line of ours.
 */
#ifndef CBUILD_CLI_LOG_TEXT_H
#define CBUILD_CLI_LOG_TEXT_H

#include "base/buf.h"

#include <stdbool.h>

enum { LOG_LINE_MAX = 64 * 1024 };

/*
 * Appends one line without its end: escape sequences (CSI, OSC, DCS, APC, PM, SOS), C0 but for the
 * tab, C1, DEL and bidirectional controls are left out, line separators become a blank, bytes that
 * are not UTF-8 become U+FFFD. A sequence that is not ended ends with the line.
 */
void log_text_add(struct buf *buf, const char *line, size_t len);

/* Cuts a stream into lines, at LF, CR LF, and a CR alone (bars that overwrite themselves). */
struct line_cutter {
	struct buf line;
	bool is_cut;	 /* over LOG_LINE_MAX; the rest of it is dropped */
	bool was_return; /* a CR was the last byte */
};

#define LINE_CUTTER_INIT               \
	{                              \
		BUF_INIT, false, false \
	}

void line_cutter_release(struct line_cutter *cutter);
DEFINE_RELEASE(struct line_cutter, line_cutter_release);

typedef void line_function(void *context, const char *line, size_t len, bool is_cut);

void line_cutter_add(struct line_cutter *cutter, const char *data, size_t len,
		     line_function *function, void *context);
/* What is left over without an end of its own. */
void line_cutter_flush(struct line_cutter *cutter, line_function *function, void *context);

#endif
