/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_head.h"
#include "transfer/packet.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static size_t count_fds(void)
{
	size_t n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void messages_and_descriptors_arrive(void **state)
{
	cleanup(buf_release) struct buf there = BUF_INIT;
	cleanup(buf_release) struct buf back = BUF_INIT;
	struct error err = ERROR_INIT;
	int ends[2], pipe_fds[2], got[2];

	(void)state;
	assert_int_equal(packet_pair(ends, &err), 0);
	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	buf_add_text(&there, "hello");
	assert_int_equal(packet_send(ends[0], &there, &pipe_fds[1], 1, &err), 1);
	assert_int_equal(packet_send(ends[0], &there, NULL, 0, &err), 1);
	assert_int_equal(packet_receive(ends[1], 100, true, &back, got, 2, &err), 1);
	assert_string_equal(back.data, "hello");
	assert_true(got[0] >= 0 && got[1] == -1);
	assert_int_equal(fcntl(got[0], F_GETFD), FD_CLOEXEC);
	assert_int_equal(write(got[0], "x", 1), 1);
	char c = 0;
	assert_int_equal(read(pipe_fds[0], &c, 1), 1);
	assert_int_equal(c, 'x');
	assert_int_equal(packet_receive(ends[1], 100, true, &back, got + 1, 1, &err), 1);
	assert_int_equal(got[1], -1);
	assert_int_equal(packet_receive(ends[1], 100, false, &back, got + 1, 1, &err), 1);
	assert_int_equal(back.len, 0);
	(void)close(ends[0]);
	assert_int_equal(packet_receive(ends[1], 100, true, &back, got + 1, 1, &err), 0);
	assert_int_equal(packet_send(ends[1], &there, NULL, 0, &err), 0);
	(void)close(ends[1]);
	(void)close(pipe_fds[0]);
	(void)close(pipe_fds[1]);
	(void)close(got[0]);
}

static void what_is_too_much_is_refused_and_nothing_leaks(void **state)
{
	cleanup(buf_release) struct buf there = BUF_INIT;
	cleanup(buf_release) struct buf back = BUF_INIT;
	struct error err = ERROR_INIT;
	int ends[2], got[1];

	(void)state;
	assert_int_equal(packet_pair(ends, &err), 0);
	size_t before = count_fds();
	buf_add_text(&there, "0123456789");
	int three[] = { ends[0], ends[0], ends[0] };
	assert_int_equal(packet_send(ends[0], &there, three, 3, &err), 1);
	assert_int_equal(packet_receive(ends[1], 100, true, &back, got, 1, &err), -1);
	assert_int_equal(packet_send(ends[0], &there, three, 1, &err), 1);
	assert_int_equal(packet_receive(ends[1], 9, true, &back, got, 1, &err), -1);
	assert_int_equal(count_fds(), before);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_and_descriptors_arrive),
		cmocka_unit_test(what_is_too_much_is_refused_and_nothing_leaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
