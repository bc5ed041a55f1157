/* SPDX-License-Identifier: Apache-2.0 */
/* A sink that remembers: one line an event, "started 1 name", and output bytes apart. */
#ifndef CBUILD_TESTS_JOB_RECORDER_H
#define CBUILD_TESTS_JOB_RECORDER_H

#include "base/buf.h"
#include "job/job.h"

#include <stdio.h>
#include <string.h>

struct recorder {
	struct buf lines;
	struct buf out, errors;
	unsigned ticks;
};

static inline void recorder_emit(void *context, const struct event *event)
{
	struct recorder *recorder = context;

	if (event->kind == EVENT_OUTPUT) {
		buf_add(event->stream == 1 ? &recorder->out : &recorder->errors, event->data,
			event->len);
		return;
	}
	if (event->kind == EVENT_PLANNED)
		return;
	buf_printf(&recorder->lines, "%s %u", event_kind_name(event->kind), event->work);
	if (event->text)
		buf_printf(&recorder->lines, " %s", event->text);
	if (event->error)
		buf_printf(&recorder->lines, " %s", event->error->text);
	if (event->kind == EVENT_PROGRESS)
		buf_printf(&recorder->lines, " %llu/%llu", (unsigned long long)event->done,
			   (unsigned long long)event->total);
	buf_add_char(&recorder->lines, '\n');
}

static inline void recorder_tick(void *context, uint64_t now)
{
	(void)now;
	((struct recorder *)context)->ticks++;
}

static inline void recorder_release(struct recorder *recorder)
{
	buf_release(&recorder->lines);
	buf_release(&recorder->out);
	buf_release(&recorder->errors);
}
DEFINE_RELEASE(struct recorder, recorder_release);

#define RECORDER_INIT                           \
	{                                       \
		BUF_INIT, BUF_INIT, BUF_INIT, 0 \
	}

static inline struct job_options options_for(const struct event_sink *sink, unsigned jobs)
{
	return (struct job_options){
		.jobs = jobs, .sink = sink, .first_number = 1, .extra_fd = -1, .signal_fd = -1
	};
}

#endif
