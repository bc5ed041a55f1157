/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a build that failed: what the failing step said last, the lines of the Dockerfile,
 * what to do, and as the very last line what went wrong. And the one place that turns an error into
 * an exit status.
 *
 * Remembering the last lines is a sink that stands before the drawer's.
 */
#ifndef CBUILD_CLI_REPORT_H
#define CBUILD_CLI_REPORT_H

#include "base/error.h"
#include "base/error_list.h"
#include "event/event.h"

/* 0 done; RUN's own; 2 usage; 124 the time limit; 130 INT, 143 TERM and HUP; 125 everything else.
 */
int report_status(const struct error *error);

struct report;

/* `drawer` is borrowed. */
struct report *report_new(const struct event_sink *drawer);
void report_free(struct report *report);
DEFINE_CLEANUP(struct report *, report_free);
/* What a step prints beyond so many bytes is not shown but for its end; 0 = all is. */
void report_limit_output(struct report *report, uint64_t bytes);
struct event_sink report_sink(struct report *report);

struct report_file {
	const char *name; /* NULL: no Dockerfile was read */
	const char *text;
	size_t len;
	const struct error_list *errors; /* where there are several, all of them; or NULL */
};

/* The text, for stderr; of several errors one after the other, each with its lines. */
void report_add(const struct report *report, const struct report_file *file,
		const struct error *error, struct buf *buf);
/* The same as the last event of a rawjson log. */
void report_add_json(const struct report *report, const struct report_file *file,
		     const struct error *error, struct buf *buf);
/* "cbuild: error: text", with what to do before it; for commands that build nothing. */
void report_add_error(const struct error *error, struct buf *buf);

#endif
