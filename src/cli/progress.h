/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The drawers: each is an event sink that writes to one descriptor. plain: every line carries its
 * step's number, lines are never mixed; rawjson: an event a line; none: nothing at all.
 */
#ifndef CBUILD_CLI_PROGRESS_H
#define CBUILD_CLI_PROGRESS_H

#include "base/macros.h"
#include "event/event.h"

enum progress_style {
	PROGRESS_AUTO = 0,
	PROGRESS_PLAIN,
	PROGRESS_TTY,
	PROGRESS_JSON,
	PROGRESS_QUIET, /* the image id on stdout, nothing else */
	PROGRESS_NONE	/* not even that */
};

struct progress_plain;

struct progress_plain *progress_plain_new(int fd);
void progress_plain_free(struct progress_plain *progress);
DEFINE_CLEANUP(struct progress_plain *, progress_plain_free);
struct event_sink progress_plain_sink(struct progress_plain *progress);

struct progress_json;

struct progress_json *progress_json_new(int fd);
void progress_json_free(struct progress_json *progress);
DEFINE_CLEANUP(struct progress_json *, progress_json_free);
struct event_sink progress_json_sink(struct progress_json *progress);

#endif
