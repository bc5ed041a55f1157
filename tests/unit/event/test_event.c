/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_head.h"
#include "event/event.h"

#include <string.h>

static void check_dump(const struct event *event, const char *expected)
{
	cleanup(value_free) json_t *value = event_dump(event);
	cleanup(buf_release) struct buf text = BUF_INIT;

	value_write(value, 0, &text);
	assert_string_equal(text.data, expected);
}

static void dump_has_what_is_set(void **state)
{
	(void)state;
	struct error err = ERROR_INIT;
	error_at(&err, ERROR_STEP_FAILED, (struct position){ 7, 0, 8 }, "exit status 3");
	err.status = 3;

	check_dump(
		&(struct event){
			.kind = EVENT_STARTED, .time = 5, .work = 2, .name = "[1/2] RUN x" },
		"{\"event\":\"started\",\"time\":5,\"work\":2,\"name\":\"[1/2] RUN x\"}");
	check_dump(&(struct event){ .kind = EVENT_INFO, .time = 6, .text = "hello" },
		   "{\"event\":\"info\",\"time\":6,\"text\":\"hello\"}");
	check_dump(&(struct event){ .kind = EVENT_PROGRESS, .time = 1, .work = 1, .done = 10 },
		   "{\"event\":\"progress\",\"time\":1,\"work\":1,\"done\":10}");
	check_dump(
		&(struct event){ .kind = EVENT_FAILED, .time = 1, .work = 1, .error = &err },
		"{\"event\":\"failed\",\"time\":1,\"work\":1,\"error\":{\"code\":\"step-failed\","
		"\"text\":\"exit status 3\",\"status\":3,\"line\":7}}");
}

static void check_output(const char *data, size_t len, const char *base64)
{
	struct event event = { .kind = EVENT_OUTPUT, .stream = 2, .data = data, .len = len };
	cleanup(value_free) json_t *value = event_dump(&event);

	assert_string_equal(json_string_value(json_object_get(value, "data")), base64);
	assert_int_equal(json_integer_value(json_object_get(value, "stream")), 2);
}

static void output_keeps_every_byte(void **state)
{
	(void)state;
	check_output("", 0, "");
	check_output("f", 1, "Zg==");
	check_output("fo", 2, "Zm8=");
	check_output("foo", 3, "Zm9v");
	check_output("\xff\x00\xfe\n", 4, "/wD+Cg==");
}

static void remember(void *context, const struct event *event)
{
	*(struct event *)context = *event;
}

static void emit_sets_the_time(void **state)
{
	(void)state;
	struct event seen = { .kind = EVENT_INFO };
	struct event_sink sink = { .emit = remember, .context = &seen };
	uint64_t before = event_now();

	event_emit(&sink, (struct event){ .kind = EVENT_DONE, .work = 3 });
	assert_int_equal(seen.kind, EVENT_DONE);
	assert_int_equal(seen.work, 3);
	assert_true(seen.time >= before && seen.time <= event_now());
	event_emit(NULL, (struct event){ .kind = EVENT_DONE });
}

static void every_kind_has_a_name(void **state)
{
	(void)state;
	for (int kind = EVENT_PLANNED; kind <= EVENT_INFO; kind++)
		assert_string_not_equal(event_kind_name((enum event_kind)kind), "unknown");
	assert_string_equal(event_kind_name((enum event_kind)(EVENT_INFO + 1)), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dump_has_what_is_set),
		cmocka_unit_test(output_keeps_every_byte),
		cmocka_unit_test(emit_sets_the_time),
		cmocka_unit_test(every_kind_has_a_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
