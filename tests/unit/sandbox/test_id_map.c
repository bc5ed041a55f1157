/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges of sub-ids as subuid(5) has them, and lines that are none. */
#include "id_map.h"

#include "../cmocka_head.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *write_file(const char *text)
{
	static char path[] = "id-map.XXXXXX";
	(void)snprintf(path, sizeof(path), "id-map.XXXXXX");
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
	return path;
}

static void expect(const char *text, const char *name, uid_t uid, const char *expected)
{
	cleanup(buf_release) struct buf found = BUF_INIT;
	struct id_map map = id_map_single(1000);
	const char *path = write_file(text);

	(void)id_map_add_sub_ids(&map, path, name, uid);
	(void)unlink(path);
	id_map_format(&map, &found);
	assert_string_equal(found.data, expected);
}

static void ranges_follow_one_another(void **state)
{
	(void)state;
	expect("ann:100000:65536\nbob:200000:10\nbob:300000:20\n", "bob", 1000,
	       "0 1000 1, 1 200000 10, 11 300000 20");
}

static void a_number_stands_for_a_name(void **state)
{
	(void)state;
	expect("1000:5000:7\n10:1:1\n", "", 1000, "0 1000 1, 1 5000 7");
	expect("1000:5000:7", "bob", 1000, "0 1000 1, 1 5000 7");
}

static void other_lines_are_none(void **state)
{
	(void)state;
	expect("bobby:1:1\nbo:1:1\nbob\nbob:\nbob:1\nbob:x:1\nbob:1:-1\nbob:1:2x\nbob:5:0\n"
	       "bob:99999999999:1\n#bob:1:1\n\n:1:1\n",
	       "bob", 1000, "0 1000 1");
	expect("", "bob", 1000, "0 1000 1");
}

static void more_than_all_ids_are_left_out(void **state)
{
	(void)state;
	expect("bob:2000:4294967295\nbob:2000:4294967294\n", "bob", 1000,
	       "0 1000 1, 1 2000 4294967294");
}

static void a_range_that_is_there_twice_counts_once(void **state)
{
	(void)state;
	expect("bob:100000:65536\n1000:100000:65536\nbob:165535:5\nbob:165536:5\n", "bob", 1000,
	       "0 1000 1, 1 100000 65536, 65537 165536 5");
}

static void so_many_ranges_and_no_more(void **state)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct id_map map = id_map_single(1);

	(void)state;
	for (int i = 0; i < 2 * ID_RANGES_MAX; i++)
		buf_printf(&text, "bob:%d:1\n", 2 + i);
	const char *path = write_file(text.data);
	(void)id_map_add_sub_ids(&map, path, "bob", 1000);
	(void)unlink(path);
	assert_int_equal(map.n, ID_RANGES_MAX);
}

static void a_file_that_is_not_there_gives_none(void **state)
{
	struct id_map map = id_map_single(1);

	(void)state;
	assert_int_equal(id_map_add_sub_ids(&map, "no/such/file", "bob", 1000), 0);
	assert_int_equal(id_map_own("no/such/file").n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_follow_one_another),
		cmocka_unit_test(a_number_stands_for_a_name),
		cmocka_unit_test(other_lines_are_none),
		cmocka_unit_test(more_than_all_ids_are_left_out),
		cmocka_unit_test(a_range_that_is_there_twice_counts_once),
		cmocka_unit_test(so_many_ranges_and_no_more),
		cmocka_unit_test(a_file_that_is_not_there_gives_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
