/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include "log_text.h"

#include "base/alloc.h"
#include "base/vec.h"
#include "parser/dockerfile.h"

#include <string.h>

enum { TAIL_SIZE = 8 * 1024, TAIL_LINES = 20 };
enum { STATUS_USAGE = 2, STATUS_TIMED_OUT = 124, STATUS_FAILED = 125, STATUS_TERMINATED = 143 };

int report_status(const struct error *error)
{
	switch (error->code) {
	case ERROR_NONE:
		return 0;
	case ERROR_USAGE:
		return STATUS_USAGE;
	case ERROR_TIMED_OUT:
		return STATUS_TIMED_OUT;
	case ERROR_CANCELLED:
		return error->status > 128 ? error->status : STATUS_TERMINATED;
	case ERROR_STEP_FAILED:
		return error->status > 0 && error->status < 256 ? error->status : STATUS_FAILED;
	case ERROR_SYNTAX:
	case ERROR_NOT_FOUND:
	case ERROR_AUTH:
	case ERROR_NETWORK:
	case ERROR_CORRUPT:
	case ERROR_CHANGED:
	case ERROR_UNSUPPORTED:
	case ERROR_PERMISSION:
	case ERROR_NO_SPACE:
	case ERROR_SYSTEM:
	default:
		return STATUS_FAILED;
	}
}

/* --- the last lines -----------------------------------------------------------------------------
 */

struct tail {
	struct buf bytes;
	uint64_t n_shown;
	bool is_cut, is_over;
};

struct report {
	const struct event_sink *drawer;
	VEC(struct tail) tails; /* by number */
	char *failed_name;
	uint32_t failed_work;
	uint64_t output_max; /* of one step; 0 = no limit */
};

struct report *report_new(const struct event_sink *drawer)
{
	struct report *report = xcalloc(1, sizeof(*report));

	report->drawer = drawer;
	return report;
}

void report_free(struct report *report)
{
	if (!report)
		return;
	for (size_t i = 0; i < report->tails.len; i++)
		buf_release(&report->tails.items[i].bytes);
	vec_release(&report->tails);
	free(report->failed_name);
	free(report);
}

static struct tail *tail_of(struct report *report, uint32_t work)
{
	while (report->tails.len <= work)
		vec_push(&report->tails, (struct tail){ .bytes = BUF_INIT });
	return &report->tails.items[work];
}

/* Keeps TAIL_SIZE bytes at least, twice that at most, so that bytes are moved seldom. */
static void tail_add(struct tail *tail, const char *data, size_t len)
{
	struct buf *bytes = &tail->bytes;

	if (len > TAIL_SIZE) {
		tail->is_cut = true;
		data += len - TAIL_SIZE;
		len = TAIL_SIZE;
	}
	if (bytes->len + len > 2 * TAIL_SIZE) {
		tail->is_cut = true;
		memmove(bytes->data, bytes->data + bytes->len - TAIL_SIZE, TAIL_SIZE);
		buf_truncate(bytes, TAIL_SIZE);
	}
	buf_add(bytes, data, len);
}

void report_limit_output(struct report *report, uint64_t bytes)
{
	report->output_max = bytes;
}

static void pass_on(const struct report *report, const struct event *event)
{
	if (report->drawer && report->drawer->emit)
		report->drawer->emit(report->drawer->context, event);
}

/* A command gone wild would fill the disk of whoever keeps the log. */
static void show_output(struct report *report, const struct event *event)
{
	struct tail *tail = tail_of(report, event->work);
	struct event shown = *event;
	uint64_t left = report->output_max - tail->n_shown;

	if (!report->output_max || shown.len <= left) {
		tail->n_shown += shown.len;
		pass_on(report, &shown);
		return;
	}
	shown.len = (size_t)left;
	tail->n_shown += left;
	if (shown.len)
		pass_on(report, &shown);
	if (tail->is_over)
		return;
	tail->is_over = true;
	shown = (struct event){
		.kind = EVENT_WARNING,
		.time = event->time,
		.work = event->work,
		.name = event->name,
		.text = "what it prints from here on is not shown (--step-log-limit)",
		.ends_output = true,
	};
	pass_on(report, &shown);
}

static void emit(void *context, const struct event *event)
{
	struct report *report = context;

	if (event->kind == EVENT_OUTPUT) {
		tail_add(tail_of(report, event->work), event->data, event->len);
		show_output(report, event);
		return;
	}
	if (event->kind == EVENT_FAILED && !report->failed_name) {
		report->failed_name = xstrdup(event->name ? event->name : "");
		report->failed_work = event->work;
	} else if (event->kind == EVENT_DONE || event->kind == EVENT_CACHED ||
		   event->kind == EVENT_CANCELLED) {
		buf_release(&tail_of(report, event->work)->bytes);
		*tail_of(report, event->work) = (struct tail){ .bytes = BUF_INIT };
	}
	pass_on(report, event);
}

static void tick(void *context, uint64_t now)
{
	const struct report *report = context;

	report->drawer->tick(report->drawer->context, now);
}

struct event_sink report_sink(struct report *report)
{
	bool has_tick = report->drawer && report->drawer->tick;

	return (struct event_sink){ .emit = emit,
				    .tick = has_tick ? tick : NULL,
				    .context = report };
}

struct last_lines {
	struct buf *buf;
	size_t skip, seen;
};

static void count_line(void *context, const char *line, size_t len, bool is_cut)
{
	(void)line;
	(void)len;
	(void)is_cut;
	((struct last_lines *)context)->seen++;
}

static void add_line(void *context, const char *line, size_t len, bool is_cut)
{
	struct last_lines *last = context;

	if (last->seen++ < last->skip)
		return;
	log_text_add(last->buf, line, len);
	buf_add_text(last->buf, is_cut ? " [line cut]\n" : "\n");
}

static void each_line(const char *data, size_t len, line_function *function, void *context)
{
	cleanup(line_cutter_release) struct line_cutter cutter = LINE_CUTTER_INIT;

	line_cutter_add(&cutter, data, len, function, context);
	line_cutter_flush(&cutter, function, context);
}

static void add_last_lines(const struct report *report, struct buf *buf)
{
	if (!report->failed_name || report->failed_work >= report->tails.len)
		return;
	const struct tail *tail = &report->tails.items[report->failed_work];
	const char *data = tail->bytes.data;
	size_t len = tail->bytes.len;
	/* The first line is half a line where something was cut off before it. */
	const char *newline = tail->is_cut ? memchr(data, '\n', len) : NULL;
	if (newline) {
		len -= (size_t)(newline + 1 - data);
		data = newline + 1;
	}
	if (!len)
		return;
	struct last_lines last = { .buf = buf };
	each_line(data, len, count_line, &last);
	last.skip = last.seen > TAIL_LINES ? last.seen - TAIL_LINES : 0;
	last.seen = 0;
	buf_add_text(buf, "------\n > ");
	log_text_add(buf, report->failed_name, strlen(report->failed_name));
	buf_add_text(buf, ":\n");
	each_line(data, len, add_line, &last);
	buf_add_text(buf, "------\n");
}

/* --- the text -----------------------------------------------------------------------------------
 */

/* What to do, where it is the same for every error of a kind; else the text itself says it. */
static const char *advice(const struct error *error)
{
	switch (error->code) {
	case ERROR_STEP_FAILED:
		return "the steps before it are cached; correct it and run the same command again";
	case ERROR_AUTH:
		return "look at the credentials: for a registry --creds or "
		       "$DOCKER_CONFIG/config.json, for git --secret id=GIT_AUTH_TOKEN,src=PATH "
		       "or --ssh default";
	case ERROR_NETWORK:
		return "look whether this machine reaches the address (HTTPS_PROXY, NO_PROXY, DNS); "
		       "what was done is cached";
	case ERROR_CORRUPT:
		return "what is named above is damaged or refused; where that is the store's, 'cbuild "
		       "fsck' checks it";
	case ERROR_CHANGED:
		return "let nothing write to the context while it is built";
	case ERROR_NO_SPACE:
		return "'cbuild prune' removes what no image needs";
	case ERROR_TIMED_OUT:
		return "the steps before it are cached; --timeout sets the limit";
	case ERROR_NONE:
	case ERROR_USAGE:
	case ERROR_SYNTAX:
	case ERROR_NOT_FOUND:
	case ERROR_UNSUPPORTED:
	case ERROR_PERMISSION:
	case ERROR_CANCELLED:
	case ERROR_SYSTEM:
	default:
		return NULL;
	}
}

static void add_text_line(struct buf *buf, const char *label, const char *text)
{
	buf_add_text(buf, label);
	for (const char *line = text; *line;) {
		size_t len = strcspn(line, "\n");
		log_text_add(buf, line, len);
		line += len;
		if (*line && *++line)
			buf_add_text(buf, "; ");
	}
	buf_add_char(buf, '\n');
}

void report_add_error(const struct error *error, struct buf *buf)
{
	const char *what_to_do = advice(error);

	if (what_to_do)
		add_text_line(buf, "cbuild: hint: ", what_to_do);
	add_text_line(buf, "cbuild: error: ", error->text);
}

static bool has_excerpt(const struct report_file *file, const struct error *error)
{
	return file->name && file->len && error->at.line;
}

static void add_excerpt(const struct report_file *file, const struct error *error, struct buf *buf)
{
	cleanup(buf_release) struct buf excerpt = BUF_INIT;
	struct last_lines all = { .buf = buf };

	if (!has_excerpt(file, error))
		return;
	dockerfile_excerpt(file->text, file->len, file->name, error->at, &excerpt);
	each_line(excerpt.data, excerpt.len, add_line, &all);
}

static bool has_several(const struct report_file *file, const struct error *error)
{
	return file->errors && file->errors->len > 1 && error->code != ERROR_CANCELLED;
}

static void add_several(const struct report_file *file, struct buf *buf)
{
	const struct error_list *errors = file->errors;

	for (size_t i = 0; i < errors->len; i++) {
		add_excerpt(file, &errors->items[i], buf);
		add_text_line(buf, "cbuild: error: ", errors->items[i].text);
		buf_add_char(buf, '\n');
	}
	buf_printf(buf, "cbuild: error: %zu errors in '", errors->len);
	log_text_add(buf, file->name, strlen(file->name));
	buf_add_text(buf, errors->len == ERROR_LIST_MAX ? "', and maybe more\n" : "'\n");
}

void report_add(const struct report *report, const struct report_file *file,
		const struct error *error, struct buf *buf)
{
	if (has_several(file, error)) {
		add_several(file, buf);
		return;
	}
	if (error->code != ERROR_CANCELLED) {
		add_last_lines(report, buf);
		add_excerpt(file, error, buf);
	}
	report_add_error(error, buf);
}

static json_t *dump_several(const struct error_list *errors)
{
	json_t *array = json_array();

	for (size_t i = 0; i < errors->len; i++) {
		const struct error *error = &errors->items[i];
		json_t *object = json_object();
		value_set_text(object, "code", error_code_name(error->code));
		value_set_text(object, "text", error->text);
		json_object_set_new(object, "line", json_integer(error->at.line));
		json_object_set_new(object, "column", json_integer(error->at.column));
		json_array_append_new(array, object);
	}
	return array;
}

void report_add_json(const struct report *report, const struct report_file *file,
		     const struct error *error, struct buf *buf)
{
	struct event event = { .kind = EVENT_FAILED,
			       .time = event_now(),
			       .work = report->failed_work,
			       .name = report->failed_name,
			       .error = error };
	cleanup(value_free) json_t *value = event_dump(&event);

	value_set_text(value, "event", "error");
	value_set_text(value, "file", error->at.line ? file->name : NULL);
	json_object_set_new(value, "status", json_integer(report_status(error)));
	if (has_several(file, error))
		json_object_set_new(value, "errors", dump_several(file->errors));
	value_write(value, 0, buf);
	buf_add_char(buf, '\n');
}
