/* SPDX-License-Identifier: Apache-2.0 */
#include "event/event.h"

#include "base/base64.h"

#include <time.h>

uint64_t event_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void event_emit(const struct event_sink *sink, struct event event)
{
	if (!sink || !sink->emit)
		return;
	event.time = event_now();
	sink->emit(sink->context, &event);
}

const char *event_kind_name(enum event_kind kind)
{
	static const char *const names[] = {
		[EVENT_PLANNED] = "planned",
		[EVENT_STARTED] = "started",
		[EVENT_CACHED] = "cached",
		[EVENT_OUTPUT] = "output",
		[EVENT_PROGRESS] = "progress",
		[EVENT_NOTE] = "note",
		[EVENT_WAITING] = "waiting",
		[EVENT_RESUMED] = "resumed",
		[EVENT_DONE] = "done",
		[EVENT_FAILED] = "failed",
		[EVENT_CANCELLED] = "cancelled",
		[EVENT_WARNING] = "warning",
		[EVENT_INFO] = "info",
		[EVENT_TERMINAL_TAKEN] = "terminal-taken",
		[EVENT_TERMINAL_GIVEN] = "terminal-given",
	};
	return (size_t)kind < countof(names) && names[kind] ? names[kind] : "unknown";
}

static json_t *error_dump(const struct error *err)
{
	json_t *object = json_object();

	value_set_text(object, "code", error_code_name(err->code));
	value_set_text(object, "text", err->text);
	if (err->status)
		json_object_set_new(object, "status", json_integer(err->status));
	if (err->at.line)
		json_object_set_new(object, "line", json_integer(err->at.line));
	if (err->at.column)
		json_object_set_new(object, "column", json_integer(err->at.column));
	return object;
}

/* Exactly the bytes, which may be no UTF-8: base64, as in BuildKit's rawjson logs. */
static json_t *bytes_dump(const char *data, size_t len)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	base64_encode(data, len, &text);
	return json_stringn(text.data, text.len);
}

json_t *event_dump(const struct event *event)
{
	json_t *object = json_object();

	value_set_text(object, "event", event_kind_name(event->kind));
	json_object_set_new(object, "time", json_integer((json_int_t)event->time));
	if (event->work)
		json_object_set_new(object, "work", json_integer(event->work));
	value_set_text(object, "name", event->name);
	value_set_text(object, "text", event->text);
	if (event->kind == EVENT_OUTPUT) {
		json_object_set_new(object, "stream", json_integer(event->stream));
		json_object_set_new(object, "data", bytes_dump(event->data, event->len));
	}
	if (event->kind == EVENT_PROGRESS) {
		json_object_set_new(object, "done", json_integer((json_int_t)event->done));
		if (event->total)
			json_object_set_new(object, "total",
					    json_integer((json_int_t)event->total));
	}
	if (event->error)
		json_object_set_new(object, "error", error_dump(event->error));
	return object;
}
