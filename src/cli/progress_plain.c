/* SPDX-License-Identifier: Apache-2.0 */
/* A log: lines in the order in which things happen, each readable by itself. */
#include "log_text.h"
#include "progress.h"
#include "writer.h"

#include "base/alloc.h"
#include "base/text.h"
#include "base/vec.h"

#include <inttypes.h>
#include <string.h>

/* What is held back while somebody works at the terminal; what is more comes out all the same. */
enum { HEARTBEAT_WORKS = 4, HELD_MAX = 1024 * 1024 };
static const uint64_t second = 1000000000;
static const uint64_t heartbeat_period = 30 * second;
static const uint64_t bytes_period = 5 * second;

struct view {
	char *name;
	bool is_shown; /* its name stands in the log */
	bool is_running;
	uint64_t started;
	uint64_t bytes_shown; /* when */
	char *waits_for;
	struct line_cutter streams[2];
};

struct progress_plain {
	struct writer writer;
	VEC(struct view) views; /* by number */
	uint64_t last_line;
	/* of the work that has the terminal for itself; 0 = none */
	uint32_t terminal_of;
};

struct progress_plain *progress_plain_new(int fd)
{
	struct progress_plain *progress = xcalloc(1, sizeof(*progress));

	progress->writer = (struct writer)WRITER_INIT(fd);
	progress->last_line = event_now();
	return progress;
}

static void view_release(struct view *view)
{
	free(view->name);
	free(view->waits_for);
	line_cutter_release(&view->streams[0]);
	line_cutter_release(&view->streams[1]);
	*view = (struct view){ .streams = { LINE_CUTTER_INIT, LINE_CUTTER_INIT } };
}

void progress_plain_free(struct progress_plain *progress)
{
	if (!progress)
		return;
	for (size_t i = 0; i < progress->views.len; i++)
		view_release(&progress->views.items[i]);
	vec_release(&progress->views);
	writer_flush(&progress->writer);
	writer_release(&progress->writer);
	free(progress);
}

static struct view *view_of(struct progress_plain *progress, uint32_t work)
{
	while (progress->views.len <= work)
		vec_push(&progress->views,
			 (struct view){ .streams = { LINE_CUTTER_INIT, LINE_CUTTER_INIT } });
	return &progress->views.items[work];
}

/* --- lines --------------------------------------------------------------------------------------
 */

/* "#4 text", or the text alone where it belongs to no step; several lines, each with the prefix. */
static void say(struct progress_plain *progress, uint32_t work, const char *label, const char *text)
{
	struct buf *out = &progress->writer.out;

	for (const char *line = text; line; label = "") {
		size_t len = strcspn(line, "\n");
		if (work)
			buf_printf(out, "#%" PRIu32 " ", work);
		buf_add_text(out, label);
		log_text_add(out, line, len);
		buf_add_char(out, '\n');
		line = line[len] && line[len + 1] ? line + len + 1 : NULL;
	}
}

struct output_line {
	struct progress_plain *progress;
	uint32_t work;
	uint64_t since; /* nanoseconds from the step's start */
};

static void say_output(void *context, const char *line, size_t len, bool is_cut)
{
	const struct output_line *output = context;
	struct buf *out = &output->progress->writer.out;

	buf_printf(out, "#%" PRIu32 " %" PRIu64 ".%03" PRIu64 " ", output->work,
		   output->since / second, output->since % second / 1000000);
	log_text_add(out, line, len);
	buf_printf(out, "%s\n", is_cut ? " [line cut at 64 KiB]" : "");
}

static struct output_line output_line(struct progress_plain *progress, uint32_t work, uint64_t now)
{
	uint64_t started = view_of(progress, work)->started;

	return (struct output_line){ .progress = progress,
				     .work = work,
				     .since = now > started ? now - started : 0 };
}

static void flush_streams(struct progress_plain *progress, uint32_t work, uint64_t now)
{
	struct output_line output = output_line(progress, work, now);
	struct view *view = view_of(progress, work);

	for (size_t i = 0; i < countof(view->streams); i++)
		line_cutter_flush(&view->streams[i], say_output, &output);
}

static void show_name(struct progress_plain *progress, const struct event *event)
{
	struct view *view = view_of(progress, event->work);

	if (view->is_shown || !event->work)
		return;
	view->is_shown = true;
	view->name = xstrdup(event->name ? event->name : "");
	say(progress, event->work, "", view->name);
}

static void say_done(struct progress_plain *progress, uint32_t work, uint64_t now)
{
	uint64_t tenths = (now - view_of(progress, work)->started) / (second / 10);
	char text[48];

	(void)snprintf(text, sizeof(text), "%" PRIu64 ".%" PRIu64 "s", tenths / 10, tenths % 10);
	say(progress, work, "DONE ", text);
}

/* A bar would be a line each time here, so bytes are shown now and then only. */
static void say_bytes(struct progress_plain *progress, const struct event *event)
{
	struct view *view = view_of(progress, event->work);
	cleanup(buf_release) struct buf text = BUF_INIT;

	if (event->time - view->bytes_shown < bytes_period)
		return;
	view->bytes_shown = event->time;
	text_add_size(&text, event->done);
	if (event->total) {
		buf_add_text(&text, " / ");
		text_add_size(&text, event->total);
	}
	say(progress, event->work, "", text.data);
}

/* --- events -------------------------------------------------------------------------------------
 */

static void on_start(struct progress_plain *progress, const struct event *event)
{
	struct view *view = view_of(progress, event->work);

	view->is_running = true;
	view->started = view->bytes_shown = event->time;
	show_name(progress, event);
}

static void on_output(struct progress_plain *progress, const struct event *event)
{
	struct output_line output = output_line(progress, event->work, event->time);
	struct view *view = view_of(progress, event->work);

	line_cutter_add(&view->streams[event->stream == 2], event->data, event->len, say_output,
			&output);
}

static void on_wait(struct progress_plain *progress, const struct event *event)
{
	struct view *view = view_of(progress, event->work);
	const char *text = event->text ? event->text : "for somebody's lock";

	free(view->waits_for);
	view->waits_for = xstrdup(text);
	say(progress, event->work, "WAITING: ", text);
}

/* The next one may be known to have it before this one is known to have given it back. */
static void give_terminal(struct progress_plain *progress, const struct event *event)
{
	if (!event->work || progress->terminal_of != event->work)
		return;
	progress->terminal_of = 0;
	progress->last_line = event->time;
}

static void on_end(struct progress_plain *progress, const struct event *event)
{
	const char *text = event->error ? event->error->text : "";

	flush_streams(progress, event->work, event->time);
	if (event->kind == EVENT_DONE)
		say_done(progress, event->work, event->time);
	else if (event->kind == EVENT_CACHED)
		say(progress, event->work, "CACHED", "");
	else if (event->kind == EVENT_CANCELLED)
		say(progress, event->work, "CANCELED", "");
	else
		say(progress, event->work, "ERROR: ", text);
	view_release(view_of(progress, event->work));
	give_terminal(progress, event);
}

static void flush(struct progress_plain *progress, uint64_t now)
{
	if (progress->terminal_of && progress->writer.out.len < HELD_MAX)
		return;
	if (progress->writer.out.len)
		progress->last_line = now;
	writer_flush(&progress->writer);
}

static void emit(void *context, const struct event *event)
{
	struct progress_plain *progress = context;
	const char *text = event->text ? event->text : "";

	if (event->kind != EVENT_PLANNED && event->kind != EVENT_STARTED)
		show_name(progress, event);
	switch (event->kind) {
	case EVENT_STARTED:
		on_start(progress, event);
		break;
	case EVENT_OUTPUT:
		on_output(progress, event);
		break;
	case EVENT_PROGRESS:
		say_bytes(progress, event);
		break;
	case EVENT_NOTE:
	case EVENT_INFO:
		say(progress, event->work, "", text);
		break;
	case EVENT_WARNING:
		if (event->ends_output)
			flush_streams(progress, event->work, event->time);
		say(progress, event->work, event->work ? "WARN: " : "warning: ", text);
		break;
	case EVENT_WAITING:
		on_wait(progress, event);
		break;
	case EVENT_RESUMED:
		free(take_ptr(&view_of(progress, event->work)->waits_for));
		break;
	case EVENT_TERMINAL_TAKEN:
		progress->terminal_of = event->work;
		break;
	case EVENT_TERMINAL_GIVEN:
		give_terminal(progress, event);
		break;
	case EVENT_CACHED:
	case EVENT_DONE:
	case EVENT_FAILED:
	case EVENT_CANCELLED:
		on_end(progress, event);
		break;
	case EVENT_PLANNED:
	default:
		break;
	}
	flush(progress, event->time);
}

/* --- silence ------------------------------------------------------------------------------------
 */

static void say_running(struct progress_plain *progress, uint32_t work, uint64_t now)
{
	const struct view *view = view_of(progress, work);
	uint64_t seconds = (now - view->started) / second;
	cleanup(buf_release) struct buf text = BUF_INIT;

	buf_printf(&text, "%s for %" PRIu64 "m%02" PRIu64 "s: %s",
		   view->waits_for ? "waiting" : "running", seconds / 60, seconds % 60, view->name);
	if (view->waits_for)
		buf_printf(&text, " (%s)", view->waits_for);
	say(progress, work, "", text.data);
}

static void tick(void *context, uint64_t now)
{
	struct progress_plain *progress = context;
	unsigned n = 0;

	if (progress->terminal_of || now - progress->last_line < heartbeat_period)
		return;
	for (uint32_t work = 1; work < progress->views.len; work++) {
		if (!progress->views.items[work].is_running)
			continue;
		/* A question without a line end, which is what it may be waiting on. */
		flush_streams(progress, work, now);
		if (n++ < HEARTBEAT_WORKS)
			say_running(progress, work, now);
	}
	if (n > HEARTBEAT_WORKS)
		buf_printf(&progress->writer.out, "... and %u more\n", n - HEARTBEAT_WORKS);
	progress->last_line = now;
	writer_flush(&progress->writer);
}

struct event_sink progress_plain_sink(struct progress_plain *progress)
{
	return (struct event_sink){ .emit = emit, .tick = tick, .context = progress };
}
