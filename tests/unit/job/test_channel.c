/* SPDX-License-Identifier: Apache-2.0 */
/* Frames as they arrive: in pieces, and from a job that went mad. */
#include "channel.h"

#include "../cmocka_head.h"

#include <string.h>

static void add_frame(struct buf *buf, uint32_t kind, const void *data, uint32_t len)
{
	struct frame_header header = { .kind = kind, .len = len };

	buf_add(buf, &header, sizeof(header));
	buf_add(buf, data, len);
}

static void frames_come_out_of_any_cut(void **state)
{
	(void)state;
	cleanup(buf_release) struct buf stream = BUF_INIT;
	struct frame_progress progress = { 3, 4 };
	add_frame(&stream, FRAME_NOTE, "one", 4);
	add_frame(&stream, FRAME_PROGRESS, &progress, sizeof(progress));
	add_frame(&stream, FRAME_RECORD, "\0\1\2", 3);

	for (size_t cut = 0; cut <= stream.len; cut++) {
		cleanup(channel_reader_release) struct channel_reader reader = CHANNEL_READER_INIT;
		struct error err = ERROR_INIT;
		struct frame frame;
		enum frame_kind kinds[4];
		size_t n = 0;
		int found;
		buf_add(&reader.in, stream.data, cut);
		while ((found = channel_next(&reader, &frame, &err)) > 0)
			kinds[n++] = frame.kind;
		assert_int_equal(found, 0);
		buf_add(&reader.in, stream.data + cut, stream.len - cut);
		while ((found = channel_next(&reader, &frame, &err)) > 0)
			kinds[n++] = frame.kind;
		assert_int_equal(found, 0);
		assert_int_equal(n, 3);
		assert_int_equal(kinds[0], FRAME_NOTE);
		assert_int_equal(kinds[1], FRAME_PROGRESS);
		assert_int_equal(kinds[2], FRAME_RECORD);
		assert_int_equal(frame.len, 3);
		assert_memory_equal(frame.data, "\0\1\2", 3);
	}
}

static void check_refused(uint32_t kind, uint32_t len, const char *data, size_t data_len)
{
	cleanup(channel_reader_release) struct channel_reader reader = CHANNEL_READER_INIT;
	struct frame_header header = { .kind = kind, .len = len };
	struct error err = ERROR_INIT;
	struct frame frame;

	buf_add(&reader.in, &header, sizeof(header));
	buf_add(&reader.in, data, data_len);
	assert_int_equal(channel_next(&reader, &frame, &err), -1);
	assert_int_equal(err.code, ERROR_CORRUPT);
}

static void what_is_no_frame_is_refused(void **state)
{
	(void)state;
	check_refused(0, 0, "", 0);
	check_refused(77, 0, "", 0);
	check_refused(FRAME_NOTE, 0, "", 0);
	check_refused(FRAME_NOTE, FRAME_TEXT_MAX + 1, "", 0);
	check_refused(FRAME_NOTE, 3, "abc", 3);
	check_refused(FRAME_PROGRESS, 3, "abc", 3);
	check_refused(FRAME_CONFINED, 1, "a", 1);
	check_refused(FRAME_RECORD, JOB_RECORD_SIZE_MAX + 1, "", 0);
	check_refused(FRAME_ERROR, 10, "", 0);
	check_refused(FRAME_ERROR, 0xffffffff, "", 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_come_out_of_any_cut),
		cmocka_unit_test(what_is_no_frame_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
