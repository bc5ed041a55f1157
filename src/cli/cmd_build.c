/* SPDX-License-Identifier: Apache-2.0 */
#include "build_options.h"
#include "report.h"
#include "result_files.h"
#include "result_places.h"
#include "writer.h"

#include "base/alloc.h"
#include "base/trace.h"
#include "build/build.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/stat.h>

struct session {
	struct build_values values;
	struct option_result options;
	struct build_request request;
	struct build_result result;
	enum progress_style style;
	int log_fd; /* stderr, or --logfile */
	bool owns_log;
	struct progress_plain *plain;
	struct progress_json *json;
	struct event_sink drawer;
	struct report *report;
};

static void session_release(struct session *session)
{
	report_free(session->report);
	progress_plain_free(session->plain);
	progress_json_free(session->json);
	if (session->owns_log)
		(void)close(session->log_fd);
	build_result_release(&session->result);
	if (session->request.signal_fd >= 0)
		(void)close(session->request.signal_fd);
	build_request_release(&session->request);
	option_result_release(&session->options);
	build_values_release(&session->values);
}
DEFINE_RELEASE(struct session, session_release);

/* --- before -------------------------------------------------------------------------------------
 */

static int open_log(struct session *session, struct error *err)
{
	const char *host_path = session->values.log_file;

	if (!host_path)
		return 0;
	int fd = open(host_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		return error_sys(err, "open --logfile '%s'", host_path);
	session->log_fd = fd;
	session->owns_log = true;
	return 0;
}

static int start_drawer(struct session *session, struct error *err)
{
	uint64_t log_limit = 0;

	session->style = build_progress_style(&session->values);
	if (step_log_limit_settle(&session->values.limits, &log_limit, err) < 0 ||
	    open_log(session, err) < 0)
		return -1;
	if (session->style == PROGRESS_PLAIN) {
		session->plain = progress_plain_new(session->log_fd);
		session->drawer = progress_plain_sink(session->plain);
	} else if (session->style == PROGRESS_JSON) {
		session->json = progress_json_new(session->log_fd);
		session->drawer = progress_json_sink(session->json);
	}
	session->report = report_new(&session->drawer);
	report_limit_output(session->report, log_limit);
	return 0;
}

/*
 * INT and TERM are ours even where they were inherited ignored; a HUP that was (nohup) stays so,
 * else it ends the build as TERM does.
 */
static int take_signals(struct session *session, struct error *err)
{
	struct sigaction hang_up = { .sa_handler = SIG_DFL };
	sigset_t set;

	(void)sigaction(SIGHUP, NULL, &hang_up);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	if (hang_up.sa_handler != SIG_IGN)
		(void)sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return error_sys(err, "block signals");
	session->request.signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (session->request.signal_fd < 0)
		return error_sys(err, "make a signalfd");
	return 0;
}

/* As events where a machine reads along. */
static void say_lines(const struct session *session)
{
	const struct strv *lines = &session->options.lines;

	for (size_t i = 0; i < lines->len; i++) {
		if (session->style == PROGRESS_JSON)
			event_emit(&session->drawer,
				   (struct event){ .kind = EVENT_INFO, .text = lines->items[i] });
		else
			command_say(lines->items[i]);
	}
}

static int prepare(struct session *session, struct error *err)
{
	if (session->values.debug || session->values.verbosity > 1) {
		(void)setenv("CBUILD_TRACE", "all", 0);
		trace_init();
	}
	if (build_settle(&session->values, &session->options.operands, &session->options.lines,
			 &session->request, err) < 0 ||
	    start_drawer(session, err) < 0)
		return -1;
	say_lines(session);
	if (!session->request.root &&
	    command_root(&session->values.common, &session->request.root, err) < 0)
		return -1;
	if (result_places_check(&session->values, &session->request, err) < 0 ||
	    result_files_remove(&session->values, err) < 0)
		return -1;
	return take_signals(session, err);
}

/* --- after --------------------------------------------------------------------------------------
 */

static void say_image(const struct session *session)
{
	const struct build_result *result = &session->result;
	cleanup(buf_release) struct buf text = BUF_INIT;

	if (!result->has_image)
		return;
	if (digest_is_zero(&result->config_digest))
		buf_printf(&text, "index %s", digest_format(&result->manifest_digest).text);
	else
		buf_printf(&text, "image id %s, manifest %s",
			   digest_format(&result->config_digest).text,
			   digest_format(&result->manifest_digest).text);
	for (size_t i = 0; i < result->names.len; i++)
		buf_printf(&text, "%s%s", i ? ", " : ", named ", result->names.items[i]);
	event_emit(&session->drawer, (struct event){ .kind = EVENT_INFO, .text = text.data });
}

/* What was said as it was found is said again where it is read: at the end, with -D in full. */
static void say_findings(const struct session *session)
{
	const struct build_result *result = &session->result;
	const struct lint_findings *findings = &result->findings;
	size_t n = findings->len + findings->n_left_out;
	cleanup(buf_release) struct buf text = BUF_INIT;

	if (session->style != PROGRESS_PLAIN || !n)
		return;
	buf_printf(&text, "%zu warning%s found%s:", n, n == 1 ? "" : "s",
		   session->values.debug ? "" : " (use --debug to expand)");
	if (session->values.debug) {
		struct lint_source source = { result->dockerfile_name, result->dockerfile.data,
					      result->dockerfile.len };
		lint_print(findings, &source, &text);
	}
	for (size_t i = 0; i < findings->len && !session->values.debug; i++)
		buf_printf(&text, "\n - %s: %s (line %u)",
			   lint_rule_row(findings->items[i].rule)->name, findings->items[i].detail,
			   findings->items[i].at.line);
	event_emit(&session->drawer, (struct event){ .kind = EVENT_INFO, .text = text.data });
}

static int finish(const struct session *session, struct error *err)
{
	cleanup(buf_release) struct buf id = BUF_INIT;

	if (result_files_write(&session->values, &session->result, err) < 0)
		return -1;
	say_image(session);
	say_findings(session);
	if (session->style != PROGRESS_QUIET || !session->result.has_image)
		return 0;
	buf_printf(&id, "%s\n", digest_format(build_result_id(&session->result)).text);
	return command_print(&id, err);
}

static int report_failure(const struct session *session, const struct error *err)
{
	const struct build_result *result = &session->result;
	struct report_file file = { result->dockerfile_name, result->dockerfile.data,
				    result->dockerfile.len, &result->errors };
	struct writer writer = WRITER_INIT(session->log_fd);

	if (session->style == PROGRESS_JSON) {
		report_add_json(session->report, &file, err, &writer.out);
	} else {
		/* An error is shown even where the log goes to a file. */
		writer.fd = STDERR_FILENO;
		report_add(session->report, &file, err, &writer.out);
	}
	writer_flush(&writer);
	writer_release(&writer);
	return report_status(err);
}

static int run(const struct command *command, char *const *args, struct error *err)
{
	cleanup(session_release) struct session session = { .log_fd = STDERR_FILENO,
							    .request.signal_fd = -1,
							    .result = BUILD_RESULT_INIT };
	struct call_method method;

	build_values_init(&session.values);
	int goes_on = command_read(command, args, &session.values, &session.options, err);
	if (goes_on <= 0)
		return goes_on;
	if (session.values.wants_version) {
		char *const none[] = { NULL };
		return command_version.run(&command_version, none, err);
	}
	if (call_method_parse(&session.values, &method, err) < 0)
		return -1;
	if (method.kind != CALL_BUILD)
		return call_run(&session.values, &session.options, &method, err);
	if (prepare(&session, err) < 0)
		return -1;
	struct event_sink sink = report_sink(session.report);
	if (build_run(&session.request, &sink, &session.result, err) < 0 ||
	    finish(&session, err) < 0)
		return report_failure(&session, err);
	return 0;
}

const struct command command_build = {
	.name = "build",
	.operands = "PATH | URL | -",
	.summary = "Build an image from a Dockerfile. The command word may be left out.",
	.tables = build_tables,
	.max_operands = SIZE_MAX,
	.says_lines = true,
	.run = run,
};
