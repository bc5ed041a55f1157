/* SPDX-License-Identifier: Apache-2.0 */
/* The order of things, mostly without a fork. */
#include "recorder.h"

#include "../cmocka_head.h"
#include "base/alloc.h"

static struct buf history = BUF_INIT;
static char a_name[] = "a", b_name[] = "b", c_name[] = "c", d_name[] = "d";

static int note_name(void *arg, struct job_channel *channel, struct buf *record, struct error *err)
{
	(void)channel;
	(void)err;
	buf_printf(&history, "%s ", (const char *)arg);
	buf_add_text(record, arg);
	return 0;
}

static int note_finished(void *arg, const char *record, size_t len, struct error *err)
{
	(void)err;
	assert_int_equal(len, strlen(arg));
	assert_string_equal(record, arg);
	buf_printf(&history, "%s! ", (const char *)arg);
	return 0;
}

static int fail_always(void *arg, struct job_channel *channel, struct buf *record,
		       struct error *err)
{
	(void)channel;
	(void)record;
	error_at(err, ERROR_STEP_FAILED, (struct position){ 4, 0, 4 }, "%s failed",
		 (const char *)arg);
	err->status = 7;
	return -1;
}

static int always_cached(void *arg, struct buf *record, struct error *err)
{
	(void)err;
	buf_add_text(record, arg);
	return 1;
}

static int never_cached(void *arg, struct buf *record, struct error *err)
{
	(void)record;
	(void)err;
	buf_printf(&history, "%s? ", (const char *)arg);
	return 0;
}

static int reset(void **state)
{
	(void)state;
	buf_release(&history);
	history = (struct buf)BUF_INIT;
	return 0;
}

static void runs_in_dependency_order(void **state)
{
	(void)state;
	cleanup(recorder_release) struct recorder recorder = RECORDER_INIT;
	struct event_sink sink = { .emit = recorder_emit, .context = &recorder };
	struct job_options options = options_for(&sink, 4);
	struct error err = ERROR_INIT;
	const uint32_t of_b[] = { 0 }, of_c[] = { 0 }, of_d[] = { 1, 2 };
	struct work works[] = {
		{ .title = "a", .arg = a_name, .run = note_name, .finished = note_finished },
		{ .title = "b", .arg = b_name, .run = note_name, .inputs = of_b, .n_inputs = 1 },
		{ .arg = c_name, .run = note_name, .inputs = of_c, .n_inputs = 1 },
		{ .title = "d", .arg = d_name, .run = note_name, .inputs = of_d, .n_inputs = 2 },
	};

	options.is_inline = true;
	assert_int_equal(job_graph_run(works, countof(works), &options, &err), 0);
	assert_string_equal(history.data, "a a! b c d ");
	assert_string_equal(recorder.lines.data, "started 1\ndone 1\nstarted 2\ndone 2\n"
						 "started 3\ndone 3\n");
}

static void nothing_is_done_at_once(void **state)
{
	(void)state;
	struct job_options options = options_for(NULL, 1);
	struct error err = ERROR_INIT;

	assert_int_equal(job_graph_run(NULL, 0, &options, &err), 0);
}

static void first_failure_stops_new_work(void **state)
{
	(void)state;
	cleanup(recorder_release) struct recorder recorder = RECORDER_INIT;
	struct event_sink sink = { .emit = recorder_emit, .context = &recorder };
	struct job_options options = options_for(&sink, 1);
	struct error err = ERROR_INIT;
	struct work works[] = {
		{ .title = "a", .arg = a_name, .run = note_name },
		{ .title = "b", .arg = b_name, .run = fail_always },
		{ .title = "c", .arg = c_name, .run = note_name },
	};

	for (int is_inline = 0; is_inline < 2; is_inline++) {
		buf_clear(&recorder.lines);
		options.is_inline = is_inline;
		assert_int_equal(job_graph_run(works, countof(works), &options, &err), -1);
		assert_int_equal(err.code, ERROR_STEP_FAILED);
		assert_int_equal(err.status, 7);
		assert_int_equal(err.at.line, 4);
		assert_string_equal(err.text, "b failed");
		assert_string_equal(recorder.lines.data, "started 1\ndone 1\nstarted 2\n"
							 "failed 2 b failed\n");
	}
}

static int refuse(void *arg, const char *record, size_t len, struct error *err)
{
	(void)arg;
	(void)record;
	(void)len;
	return error_set(err, ERROR_CORRUPT, "that is no record");
}

static void refused_record_is_a_failure(void **state)
{
	(void)state;
	cleanup(recorder_release) struct recorder recorder = RECORDER_INIT;
	struct event_sink sink = { .emit = recorder_emit, .context = &recorder };
	struct job_options options = options_for(&sink, 1);
	struct error err = ERROR_INIT;
	const uint32_t of_b[] = { 0 };
	struct work works[] = {
		{ .title = "a", .arg = a_name, .run = note_name, .finished = refuse },
		{ .title = "b", .arg = b_name, .run = note_name, .inputs = of_b, .n_inputs = 1 },
	};

	assert_int_equal(job_graph_run(works, countof(works), &options, &err), -1);
	assert_int_equal(err.code, ERROR_CORRUPT);
	assert_string_equal(recorder.lines.data, "started 1\nfailed 1 that is no record\n");
}

static int must_not_run(void *arg, struct job_channel *channel, struct buf *record,
			struct error *err)
{
	(void)arg;
	(void)channel;
	(void)record;
	return error_set(err, ERROR_SYSTEM, "was run");
}

static void inline_answer_needs_no_process(void **state)
{
	(void)state;
	cleanup(recorder_release) struct recorder recorder = RECORDER_INIT;
	struct event_sink sink = { .emit = recorder_emit, .context = &recorder };
	struct job_options options = options_for(&sink, 1);
	struct error err = ERROR_INIT;
	const uint32_t of_b[] = { 0 };
	struct work works[] = {
		{ .title = "a",
		  .arg = a_name,
		  .run = must_not_run,
		  .run_inline = always_cached,
		  .finished = note_finished },
		{ .title = "b",
		  .arg = b_name,
		  .run = must_not_run,
		  .run_inline = always_cached,
		  .inputs = of_b,
		  .n_inputs = 1,
		  .number = 17 },
	};

	assert_int_equal(job_graph_run(works, countof(works), &options, &err), 0);
	assert_string_equal(history.data, "a! ");
	assert_string_equal(recorder.lines.data, "cached 1\ncached 17\n");
}

static void inline_miss_runs_the_job(void **state)
{
	(void)state;
	struct job_options options = options_for(NULL, 1);
	struct error err = ERROR_INIT;
	struct work works[] = {
		{ .title = "a",
		  .arg = a_name,
		  .run = note_name,
		  .run_inline = never_cached,
		  .finished = note_finished },
	};

	assert_int_equal(job_graph_run(works, countof(works), &options, &err), 0);
	/* "a " itself was noted in the child only */
	assert_string_equal(history.data, "a? a! ");
}

static int inline_error(void *arg, struct buf *record, struct error *err)
{
	(void)arg;
	(void)record;
	return error_set(err, ERROR_SYSTEM, "the look-up broke");
}

static void inline_error_is_a_failure(void **state)
{
	(void)state;
	struct job_options options = options_for(NULL, 1);
	struct error err = ERROR_INIT;
	struct work works[] = {
		{ .title = "a", .arg = a_name, .run = note_name, .run_inline = inline_error },
		{ .title = "b", .arg = b_name, .run = note_name, .run_inline = never_cached },
	};

	assert_int_equal(job_graph_run(works, countof(works), &options, &err), -1);
	assert_string_equal(err.text, "the look-up broke");
	assert_string_equal(history.data, "");
}

static int say_all(void *arg, struct job_channel *channel, struct buf *record, struct error *err)
{
	(void)arg;
	(void)record;
	(void)err;
	struct progress progress = job_progress(channel);

	job_note(channel, "note %d", 1);
	job_warn(channel, "warning %s", "two");
	progress_advance(&progress, 1, 10);
	progress_advance(&progress, 2, 10); /* too soon after the first */
	progress_advance(&progress, 10, 10);
	job_waiting(channel, "for %s", "somebody");
	job_resumed(channel);
	job_terminal_taken(channel);
	job_terminal_given(channel);
	dprintf(job_stdout_fd(channel), "out\n");
	dprintf(job_stderr_fd(channel), "error\n");
	job_cached(channel);
	return 0;
}

static void what_a_job_says_is_the_same_with_and_without_a_process(void **state)
{
	(void)state;
	struct error err = ERROR_INIT;
	struct work works[] = { { .title = "a", .run = say_all } };

	for (int is_inline = 0; is_inline < 2; is_inline++) {
		cleanup(recorder_release) struct recorder recorder = RECORDER_INIT;
		struct event_sink sink = { .emit = recorder_emit, .context = &recorder };
		struct job_options options = options_for(&sink, 1);
		options.is_inline = is_inline;
		assert_int_equal(job_graph_run(works, 1, &options, &err), 0);
		assert_string_equal(
			recorder.lines.data,
			"started 1\nnote 1 note 1\nwarning 1 warning two\n"
			"progress 1 1/10\nprogress 1 10/10\nwaiting 1 for somebody\nresumed 1\n"
			"terminal-taken 1\nterminal-given 1\ncached 1\n");
		assert_string_equal(recorder.out.data, "out\n");
		assert_string_equal(recorder.errors.data, "error\n");
	}
}

static void untitled_work_is_silent_but_for_warnings(void **state)
{
	(void)state;
	cleanup(recorder_release) struct recorder recorder = RECORDER_INIT;
	struct event_sink sink = { .emit = recorder_emit, .context = &recorder };
	struct job_options options = options_for(&sink, 1);
	struct error err = ERROR_INIT;
	struct work works[] = { { .run = say_all } };

	assert_int_equal(job_graph_run(works, 1, &options, &err), 0);
	assert_string_equal(recorder.lines.data, "warning 0 warning two\n");
	assert_string_equal(recorder.out.data, "");
}

/* Each work depends on the two before it. */
static void many_cached_works_cost_next_to_nothing(void **state)
{
	(void)state;
	enum { COUNT = 20000 };
	struct job_options options = options_for(NULL, 2);
	struct error err = ERROR_INIT;
	struct work *works = xcalloc(COUNT, sizeof(*works));
	uint32_t *inputs = xcalloc(COUNT, 2 * sizeof(*inputs));

	for (uint32_t i = 0; i < COUNT; i++) {
		inputs[2 * i] = i ? i - 1 : 0;
		inputs[2 * i + 1] = i > 1 ? i - 2 : 0;
		works[i] = (struct work){ .title = "w",
					  .arg = a_name,
					  .run = must_not_run,
					  .run_inline = always_cached,
					  .inputs = &inputs[2 * i],
					  .n_inputs = i < 2 ? i : 2 };
	}
	uint64_t start = event_now();
	assert_int_equal(job_graph_run(works, COUNT, &options, &err), 0);
	/* some 10 ms; anything worse than linear takes minutes */
	assert_true(event_now() - start < 5000000000u);
	free(works);
	free(inputs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(runs_in_dependency_order, reset, reset),
		cmocka_unit_test(nothing_is_done_at_once),
		cmocka_unit_test_setup_teardown(first_failure_stops_new_work, reset, reset),
		cmocka_unit_test_setup_teardown(refused_record_is_a_failure, reset, reset),
		cmocka_unit_test_setup_teardown(inline_answer_needs_no_process, reset, reset),
		cmocka_unit_test_setup_teardown(inline_miss_runs_the_job, reset, reset),
		cmocka_unit_test_setup_teardown(inline_error_is_a_failure, reset, reset),
		cmocka_unit_test(what_a_job_says_is_the_same_with_and_without_a_process),
		cmocka_unit_test(untitled_work_is_silent_but_for_warnings),
		cmocka_unit_test(many_cached_works_cost_next_to_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
