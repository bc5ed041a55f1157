/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be said about work going on, and who listens. Only the coordinator emits, so a sink
 * needs no lock. Values are borrowed for the call.
 */
#ifndef CBUILD_EVENT_EVENT_H
#define CBUILD_EVENT_EVENT_H

#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"

#include <stdint.h>

enum event_kind {
	EVENT_PLANNED = 1, /* there is this work */
	EVENT_STARTED,
	EVENT_CACHED,	      /* done without running; text says which record, or is NULL */
	EVENT_OUTPUT,	      /* bytes of stdout or stderr */
	EVENT_PROGRESS,	      /* done of total bytes; total 0 = unknown */
	EVENT_NOTE,	      /* a line worth showing: "sha256:... 12.3MB" */
	EVENT_WAITING,	      /* for somebody's lock; text says whose */
	EVENT_RESUMED,	      /* the wait is over */
	EVENT_TERMINAL_TAKEN, /* somebody works at the caller's terminal: nothing else is to be
				 shown */
	EVENT_TERMINAL_GIVEN, /* ... no more; or the work's end says so */
	EVENT_DONE,
	EVENT_FAILED,
	EVENT_CANCELLED,
	EVENT_WARNING, /* of the build as a whole where work is 0 */
	EVENT_INFO     /* a line of the build as a whole */
};

struct event {
	enum event_kind kind;
	uint64_t time;	  /* nanoseconds, CLOCK_MONOTONIC */
	uint32_t work;	  /* 1, 2, 3 ... within the build; 0 = none */
	const char *name; /* the work's title: "[builder 2/4] RUN make" */
	const char *text;
	const char *data; /* EVENT_OUTPUT */
	size_t len;
	int stream; /* EVENT_OUTPUT: 1 stdout, 2 stderr */
	uint64_t done, total;
	const struct error *error; /* EVENT_FAILED */
	bool ends_output;	   /* EVENT_WARNING: no more output of this work will be shown */
};

struct event_sink {
	void (*emit)(void *context, const struct event *event);
	/* Called when nothing happened for a while; may be NULL. now: CLOCK_MONOTONIC ns. */
	void (*tick)(void *context, uint64_t now);
	void *context;
};

uint64_t event_now(void);
/* Fills in the time and emits; sink may be NULL. */
void event_emit(const struct event_sink *sink, struct event event);
const char *event_kind_name(enum event_kind kind);
/*
 * One event as JSON, for --progress=rawjson: "event", "time" and what else is set; the bytes of an
 * EVENT_OUTPUT as base64 in "data". The caller's.
 */
json_t *event_dump(const struct event *event);

#endif
