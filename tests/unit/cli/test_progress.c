/* SPDX-License-Identifier: Apache-2.0 */
/* Recorded events, drawn: what stands in the log, to the byte. */
#include "progress.h"

#include "../cmocka_head.h"
#include "base/buf.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void check_file(int fd, const char *expected)
{
	char text[8192] = "";

	assert_true(lseek(fd, 0, SEEK_SET) == 0);
	assert_true(read(fd, text, sizeof(text) - 1) >= 0);
	assert_string_equal(text, expected);
}

static const uint64_t second = 1000000000;

#define SAY(...) sink.emit(sink.context, &(struct event){ __VA_ARGS__ })

/* L-01 */
static void plain_has_a_step_on_every_line(void **state)
{
	(void)state;
	autoclose int fd = memfd_create("log", 0);
	cleanup(progress_plain_free) struct progress_plain *progress = progress_plain_new(fd);
	struct event_sink sink = progress_plain_sink(progress);
	struct error err = ERROR_INIT;
	error_set(&err, ERROR_STEP_FAILED, "exit status 3");

	SAY(.kind = EVENT_PLANNED, .work = 1, .name = "[1/2] FROM a");
	SAY(.kind = EVENT_CACHED, .work = 1, .name = "[1/2] FROM a");
	SAY(.kind = EVENT_STARTED, .work = 2, .name = "[2/2] RUN x", .time = second);
	SAY(.kind = EVENT_STARTED, .work = 3, .name = "[other] RUN y", .time = second);
	SAY(.kind = EVENT_OUTPUT, .work = 2, .stream = 1, .data = "hel", .len = 3,
	    .time = second + 5000000);
	SAY(.kind = EVENT_OUTPUT, .work = 3, .stream = 1, .data = "other\n", .len = 6,
	    .time = second + 6000000);
	SAY(.kind = EVENT_OUTPUT, .work = 2, .stream = 2, .data = "err\n", .len = 4,
	    .time = second + 7000000);
	SAY(.kind = EVENT_OUTPUT, .work = 2, .stream = 1, .data = "lo\nrest", .len = 7,
	    .time = second * 2);
	SAY(.kind = EVENT_NOTE, .work = 2, .text = "a note", .time = second * 2);
	SAY(.kind = EVENT_WARNING, .work = 2, .text = "careful", .time = second * 2);
	SAY(.kind = EVENT_FAILED, .work = 2, .error = &err, .time = second * 3);
	SAY(.kind = EVENT_DONE, .work = 3, .time = second * 3 + 260000000);
	SAY(.kind = EVENT_WARNING, .text = "of all");
	check_file(fd, "#1 [1/2] FROM a\n#1 CACHED\n"
		       "#2 [2/2] RUN x\n#3 [other] RUN y\n"
		       "#3 0.006 other\n#2 0.007 err\n#2 1.000 hello\n"
		       "#2 a note\n#2 WARN: careful\n#2 2.000 rest\n#2 ERROR: exit status 3\n"
		       "#3 DONE 2.2s\nwarning: of all\n");
}

static void plain_ends_lines_before_it_says_that_no_more_come(void **state)
{
	(void)state;
	autoclose int fd = memfd_create("log", 0);
	cleanup(progress_plain_free) struct progress_plain *progress = progress_plain_new(fd);
	struct event_sink sink = progress_plain_sink(progress);

	SAY(.kind = EVENT_STARTED, .work = 1, .name = "[1/1] RUN x");
	SAY(.kind = EVENT_OUTPUT, .work = 1, .stream = 1, .data = "half", .len = 4);
	SAY(.kind = EVENT_OUTPUT, .work = 1, .stream = 2, .data = "err\nof a", .len = 8);
	SAY(.kind = EVENT_WARNING, .work = 1, .text = "no more", .ends_output = true);
	SAY(.kind = EVENT_DONE, .work = 1);
	check_file(fd, "#1 [1/1] RUN x\n#1 0.000 err\n#1 0.000 half\n#1 0.000 of a\n"
		       "#1 WARN: no more\n#1 DONE 0.0s\n");
}

/* L-01 */
static void plain_lets_nothing_fake_a_line(void **state)
{
	(void)state;
	autoclose int fd = memfd_create("log", 0);
	cleanup(progress_plain_free) struct progress_plain *progress = progress_plain_new(fd);
	struct event_sink sink = progress_plain_sink(progress);
	static const char data[] = "safe\r#9 DONE 1.0s\n\x1b[1A#9 ERROR\n";

	SAY(.kind = EVENT_STARTED, .work = 1, .name = "[1/1] RUN \x1b[2J evil\nname");
	SAY(.kind = EVENT_OUTPUT, .work = 1, .stream = 1, .data = data, .len = strlen(data));
	SAY(.kind = EVENT_NOTE, .work = 1, .text = "two\nlines");
	check_file(fd, "#1 [1/1] RUN  evil\n#1 name\n#1 0.000 safe\n#1 0.000 #9 DONE 1.0s\n"
		       "#1 0.000 #9 ERROR\n#1 two\n#1 lines\n");
}

static void plain_speaks_up_after_a_silence(void **state)
{
	(void)state;
	autoclose int fd = memfd_create("log", 0);
	cleanup(progress_plain_free) struct progress_plain *progress = progress_plain_new(fd);
	struct event_sink sink = progress_plain_sink(progress);

	SAY(.kind = EVENT_STARTED, .work = 1, .name = "[1/1] RUN slow", .time = second);
	SAY(.kind = EVENT_OUTPUT, .work = 1, .stream = 1, .data = "Continue? ", .len = 10,
	    .time = second);
	SAY(.kind = EVENT_STARTED, .work = 2, .name = "[a] COPY", .time = second);
	SAY(.kind = EVENT_WAITING, .work = 2, .text = "process 17 has it", .time = second);
	sink.tick(sink.context, second * 30);
	sink.tick(sink.context, second * 72);
	sink.tick(sink.context, second * 80);
	SAY(.kind = EVENT_RESUMED, .work = 2, .time = second * 81);
	sink.tick(sink.context, second * 103);
	check_file(fd, "#1 [1/1] RUN slow\n#2 [a] COPY\n#2 WAITING: process 17 has it\n"
		       "#1 71.000 Continue? \n#1 running for 1m11s: [1/1] RUN slow\n"
		       "#2 waiting for 1m11s: [a] COPY (process 17 has it)\n"
		       "#1 running for 1m42s: [1/1] RUN slow\n#2 running for 1m42s: [a] COPY\n");
}

/* Somebody types there, and the terminal starts no line where one ends. */
static void plain_is_quiet_while_somebody_has_the_terminal(void **state)
{
	(void)state;
	autoclose int fd = memfd_create("log", 0);
	cleanup(progress_plain_free) struct progress_plain *progress = progress_plain_new(fd);
	struct event_sink sink = progress_plain_sink(progress);

	SAY(.kind = EVENT_STARTED, .work = 1, .name = "RUN false", .time = second);
	SAY(.kind = EVENT_STARTED, .work = 2, .name = "RUN other", .time = second);
	SAY(.kind = EVENT_TERMINAL_TAKEN, .work = 1, .time = second * 2);
	SAY(.kind = EVENT_OUTPUT, .work = 2, .stream = 1, .data = "other\n", .len = 6,
	    .time = second * 3);
	sink.tick(sink.context, second * 100);
	check_file(fd, "#1 RUN false\n#2 RUN other\n");
	/* another one waited for the terminal, and is heard of first */
	SAY(.kind = EVENT_TERMINAL_TAKEN, .work = 2, .time = second * 110);
	SAY(.kind = EVENT_TERMINAL_GIVEN, .work = 1, .time = second * 110);
	SAY(.kind = EVENT_DONE, .work = 1, .time = second * 111);
	sink.tick(sink.context, second * 200);
	check_file(fd, "#1 RUN false\n#2 RUN other\n");
	SAY(.kind = EVENT_TERMINAL_GIVEN, .work = 2, .time = second * 210);
	check_file(fd, "#1 RUN false\n#2 RUN other\n#2 2.000 other\n#1 DONE 110.0s\n");
	sink.tick(sink.context, second * 239);
	sink.tick(sink.context, second * 240);
	/* one that was killed gives nothing back */
	SAY(.kind = EVENT_TERMINAL_TAKEN, .work = 2, .time = second * 250);
	SAY(.kind = EVENT_CANCELLED, .work = 2, .time = second * 251);
	check_file(fd, "#1 RUN false\n#2 RUN other\n#2 2.000 other\n#1 DONE 110.0s\n"
		       "#2 running for 3m59s: RUN other\n#2 CANCELED\n");
}

static void plain_holds_no_more_back_than_its_ceiling(void **state)
{
	(void)state;
	autoclose int fd = memfd_create("log", 0);
	cleanup(progress_plain_free) struct progress_plain *progress = progress_plain_new(fd);
	struct event_sink sink = progress_plain_sink(progress);
	struct stat st;

	SAY(.kind = EVENT_STARTED, .work = 1, .name = "RUN false");
	SAY(.kind = EVENT_TERMINAL_TAKEN, .work = 1);
	for (int i = 0; i < 3 * 1024 * 1024 / 8; i++)
		SAY(.kind = EVENT_OUTPUT, .work = 1, .stream = 1, .data = "1234567\n", .len = 8);
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(st.st_size > 2 * 1024 * 1024);
}

static void plain_shows_bytes_now_and_then(void **state)
{
	(void)state;
	autoclose int fd = memfd_create("log", 0);
	cleanup(progress_plain_free) struct progress_plain *progress = progress_plain_new(fd);
	struct event_sink sink = progress_plain_sink(progress);

	SAY(.kind = EVENT_STARTED, .work = 1, .name = "pull", .time = second);
	for (uint64_t i = 1; i <= 100; i++)
		SAY(.kind = EVENT_PROGRESS, .work = 1, .done = i * 1000000, .total = 100000000,
		    .time = second + i * second / 10);
	check_file(fd, "#1 pull\n#1 50MB / 100MB\n#1 100MB / 100MB\n");
}

/* L-01 */
static void json_is_an_event_a_line(void **state)
{
	(void)state;
	autoclose int fd = memfd_create("log", 0);
	cleanup(progress_json_free) struct progress_json *progress = progress_json_new(fd);
	struct event_sink sink = progress_json_sink(progress);

	SAY(.kind = EVENT_STARTED, .work = 1, .name = "a\nb", .time = 5);
	SAY(.kind = EVENT_OUTPUT, .work = 1, .stream = 1, .data = "x\n", .len = 2, .time = 6);
	check_file(fd, "{\"event\":\"started\",\"time\":5,\"work\":1,\"name\":\"a\\nb\"}\n"
		       "{\"event\":\"output\",\"time\":6,\"work\":1,\"stream\":1,\"data\":\"eAo=\"}"
		       "\n");
}

/* L-02 */
static void a_reader_that_is_gone_is_no_error(void **state)
{
	(void)state;
	int fds[2];
	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	(void)signal(SIGPIPE, SIG_IGN);
	cleanup(progress_plain_free) struct progress_plain *progress = progress_plain_new(fds[1]);
	struct event_sink sink = progress_plain_sink(progress);

	SAY(.kind = EVENT_INFO, .text = "one");
	SAY(.kind = EVENT_INFO, .text = "two");
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_has_a_step_on_every_line),
		cmocka_unit_test(plain_ends_lines_before_it_says_that_no_more_come),
		cmocka_unit_test(plain_lets_nothing_fake_a_line),
		cmocka_unit_test(plain_speaks_up_after_a_silence),
		cmocka_unit_test(plain_is_quiet_while_somebody_has_the_terminal),
		cmocka_unit_test(plain_holds_no_more_back_than_its_ceiling),
		cmocka_unit_test(plain_shows_bytes_now_and_then),
		cmocka_unit_test(json_is_an_event_a_line),
		cmocka_unit_test(a_reader_that_is_gone_is_no_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
