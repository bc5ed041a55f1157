/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include "../cmocka_head.h"

#include <stdio.h>
#include <string.h>

static int status_of(enum error_code code, int status)
{
	struct error err = { .code = code, .status = status };

	return report_status(&err);
}

static void errors_have_their_exit_status(void **state)
{
	(void)state;
	assert_int_equal(status_of(ERROR_NONE, 0), 0);
	assert_int_equal(status_of(ERROR_USAGE, 0), 2);
	assert_int_equal(status_of(ERROR_STEP_FAILED, 3), 3);
	assert_int_equal(status_of(ERROR_STEP_FAILED, 127), 127);
	assert_int_equal(status_of(ERROR_STEP_FAILED, 137), 137);
	assert_int_equal(status_of(ERROR_STEP_FAILED, 0), 125);
	assert_int_equal(status_of(ERROR_STEP_FAILED, 256), 125);
	assert_int_equal(status_of(ERROR_TIMED_OUT, 0), 124);
	assert_int_equal(status_of(ERROR_CANCELLED, 130), 130);
	assert_int_equal(status_of(ERROR_CANCELLED, 143), 143);
	static const enum error_code others[] = {
		ERROR_SYNTAX,  ERROR_NOT_FOUND,	  ERROR_AUTH,	    ERROR_NETWORK,  ERROR_CORRUPT,
		ERROR_CHANGED, ERROR_UNSUPPORTED, ERROR_PERMISSION, ERROR_NO_SPACE, ERROR_SYSTEM,
	};
	for (size_t i = 0; i < countof(others); i++)
		assert_int_equal(status_of(others[i], 3), 125);
}

static const char dockerfile[] = "FROM a\nRUN one\nRUN two\nRUN three\n";

static void say(const struct event_sink *sink, struct event event)
{
	sink->emit(sink->context, &event);
}

static void fail_step(const struct event_sink *sink, const struct error *err, size_t lines)
{
	char line[32];

	say(sink,
	    (struct event){ .kind = EVENT_OUTPUT, .work = 1, .data = "not this\n", .len = 9 });
	for (size_t i = 1; i <= lines; i++) {
		int len = snprintf(line, sizeof(line), "line %zu\x1b[1m\n", i);
		say(sink,
		    (struct event){
			    .kind = EVENT_OUTPUT, .work = 2, .data = line, .len = (size_t)len });
	}
	say(sink, (struct event){
			  .kind = EVENT_FAILED, .work = 2, .name = "[3/4] RUN two", .error = err });
	say(sink, (struct event){
			  .kind = EVENT_FAILED, .work = 1, .name = "[2/4] RUN one", .error = err });
}

static void a_failed_step_shows_lines_excerpt_and_error(void **state)
{
	(void)state;
	cleanup(report_free) struct report *report = report_new(NULL);
	struct event_sink sink = report_sink(report);
	struct report_file file = { "Dockerfile", dockerfile, strlen(dockerfile), NULL };
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct error err = ERROR_INIT;
	error_at(&err, ERROR_STEP_FAILED, (struct position){ 3, 0, 3 },
		 "[3/4] RUN two: exit status 2");

	assert_null(sink.tick);
	fail_step(&sink, &err, 25);
	report_add(report, &file, &err, &text);
	assert_true(strncmp(text.data, "------\n > [3/4] RUN two:\nline 6\n", 32) == 0);
	assert_non_null(strstr(text.data, "line 25\n------\nDockerfile:3\n"));
	assert_non_null(strstr(text.data, ">>> RUN two\n"));
	assert_null(strstr(text.data, "not this"));
	assert_null(strstr(text.data, "\x1b"));
	/* the very last line is the error */
	static const char last[] = "\ncbuild: error: [3/4] RUN two: exit status 2\n";
	assert_true(text.len > strlen(last));
	assert_string_equal(text.data + text.len - strlen(last), last);
}

static void only_the_last_bytes_are_kept(void **state)
{
	(void)state;
	cleanup(report_free) struct report *report = report_new(NULL);
	struct event_sink sink = report_sink(report);
	struct report_file none = { 0 };
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct error err = ERROR_INIT;
	error_set(&err, ERROR_STEP_FAILED, "no");

	fail_step(&sink, &err, 100000);
	report_add(report, &none, &err, &text);
	assert_true(text.len < 1000);
	assert_non_null(strstr(text.data, "\nline 99981\n"));
	assert_null(strstr(text.data, "\nline 99980\n"));
	assert_non_null(strstr(text.data, "\nline 100000\n"));
}

static void a_cancelled_build_says_one_line(void **state)
{
	(void)state;
	cleanup(report_free) struct report *report = report_new(NULL);
	struct event_sink sink = report_sink(report);
	struct report_file file = { "Dockerfile", dockerfile, strlen(dockerfile), NULL };
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct error err = ERROR_INIT;
	error_set(&err, ERROR_CANCELLED, "cancelled by SIGTERM");

	fail_step(&sink, &err, 3);
	report_add(report, &file, &err, &text);
	assert_string_equal(text.data, "cbuild: error: cancelled by SIGTERM\n");
}

static void the_error_is_one_line_whatever_it_holds(void **state)
{
	(void)state;
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct error err = ERROR_INIT;
	error_set(&err, ERROR_SYSTEM, "one\ntwo\x1b[2Jthree\n");

	report_add_error(&err, &text);
	assert_string_equal(text.data, "cbuild: error: one; twothree\n");
}

static void json_has_code_and_status(void **state)
{
	(void)state;
	cleanup(report_free) struct report *report = report_new(NULL);
	struct report_file file = { "Dockerfile", dockerfile, strlen(dockerfile), NULL };
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct error err = ERROR_INIT;
	error_at(&err, ERROR_SYNTAX, (struct position){ 2, 0, 2 }, "bad");

	report_add_json(report, &file, &err, &text);
	cleanup(value_free) json_t *value = json_loads(text.data, 0, NULL);
	assert_non_null(value);
	assert_string_equal(json_string_value(json_object_get(value, "event")), "error");
	assert_int_equal(json_integer_value(json_object_get(value, "status")), 125);
	const json_t *error = json_object_get(value, "error");
	assert_string_equal(json_string_value(json_object_get(error, "code")), "syntax");
	assert_int_equal(json_integer_value(json_object_get(error, "line")), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_have_their_exit_status),
		cmocka_unit_test(a_failed_step_shows_lines_excerpt_and_error),
		cmocka_unit_test(only_the_last_bytes_are_kept),
		cmocka_unit_test(a_cancelled_build_says_one_line),
		cmocka_unit_test(the_error_is_one_line_whatever_it_holds),
		cmocka_unit_test(json_has_code_and_status),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
