/* SPDX-License-Identifier: Apache-2.0 */
#include "tar_write.h"

#include "../cmocka_head.h"

#include <stdio.h>
#include <string.h>

struct made {
	struct buf path, header;
	struct error err;
};

static int make(struct made *made, const struct fs_entry *entry)
{
	made->err = (struct error)ERROR_INIT;
	return tar_write_header(entry, &made->path, &made->header, &made->err);
}

static int set_up(void **state)
{
	static struct made made;

	made = (struct made){ .path = BUF_INIT, .header = BUF_INIT };
	*state = &made;
	return 0;
}

static int tear_down(void **state)
{
	struct made *made = *state;

	buf_release(&made->path);
	buf_release(&made->header);
	return 0;
}

/* The whole block, field by field, as POSIX has it. */
static void writes_a_ustar_header(void **state)
{
	struct made *made = *state;
	struct fs_entry entry = { .path = "dir/file",
				  .type = FS_FILE,
				  .mode = 04755,
				  .uid = 1000,
				  .gid = 100,
				  .size = 300,
				  .mtime = 1700000000,
				  .mtime_nsec = 999 };
	char expected[512] = { 0 };

	memcpy(expected, "dir/file", 8);
	memcpy(expected + 100, "0004755", 7);
	memcpy(expected + 108, "0001750", 7);
	memcpy(expected + 116, "0000144", 7);
	memcpy(expected + 124, "00000000454", 11);
	memcpy(expected + 136, "14524770400", 11);
	memcpy(expected + 148, "011126\0 ", 8);
	expected[156] = '0';
	memcpy(expected + 257,
	       "ustar\0"
	       "00",
	       8);
	memcpy(expected + 329, "0000000", 7);
	memcpy(expected + 337, "0000000", 7);
	assert_int_equal(make(made, &entry), 0);
	assert_int_equal(made->header.len, 512);
	unsigned sum = 0;
	for (size_t i = 0; i < 512; i++)
		sum += i >= 148 && i < 156 ? ' ' : (unsigned char)expected[i];
	char text[8];
	(void)snprintf(text, sizeof(text), "%06o", sum);
	memcpy(expected + 148, text, 6);
	assert_memory_equal(made->header.data, expected, 512);
}

static void gives_directories_a_slash_and_the_root_a_dot(void **state)
{
	struct made *made = *state;

	assert_int_equal(make(made, &(struct fs_entry){ .path = "a/b", .type = FS_DIR }), 0);
	assert_string_equal(made->header.data, "a/b/");
	assert_int_equal(made->header.data[156], '5');
	assert_int_equal(make(made, &(struct fs_entry){ .path = "", .type = FS_DIR }), 0);
	assert_string_equal(made->header.data, "./");
}

static void writes_whiteouts_as_empty_files_of_1970(void **state)
{
	struct made *made = *state;
	struct fs_entry entry = {
		.path = "a/b", .type = FS_WHITEOUT, .mode = 0755, .uid = 5, .size = 3, .mtime = 7
	};

	assert_int_equal(make(made, &entry), 0);
	assert_string_equal(made->path.data, "a/.wh.b");
	assert_string_equal(made->header.data, "a/.wh.b");
	assert_string_equal(made->header.data + 100, "0000000");
	assert_string_equal(made->header.data + 108, "0000000");
	assert_string_equal(made->header.data + 124, "00000000000");
	assert_string_equal(made->header.data + 136, "00000000000");
	assert_int_equal(made->header.data[156], '0');
}

static void splits_long_ascii_names(void **state)
{
	struct made *made = *state;
	char path[240] = "";

	for (int i = 0; i < 14; i++)
		strcat(path, "sixteen_letters/");
	strcat(path, "name");
	assert_int_equal(make(made, &(struct fs_entry){ .path = path, .type = FS_FILE }), 0);
	assert_int_equal(made->header.len, 512);
	/* 155 bytes at most before the slash: nine directories of sixteen */
	assert_memory_equal(made->header.data + 345, path, 9 * 16 - 1);
	assert_int_equal(made->header.data[345 + 9 * 16 - 1], 0);
	assert_string_equal(made->header.data, path + 9 * 16);
}

static void assert_record(const struct made *made, const char *record)
{
	assert_true(made->header.len >= 1536);
	assert_string_equal(made->header.data, "././@PaxHeader");
	assert_int_equal(made->header.data[156], 'x');
	assert_memory_equal(made->header.data + 512, record, strlen(record));
}

static void writes_pax_for_what_does_not_fit(void **state)
{
	struct made *made = *state;
	char name[160], record[200];

	memset(name, 'n', 120);
	name[120] = '\0';
	assert_int_equal(make(made, &(struct fs_entry){ .path = name, .type = FS_FILE }), 0);
	(void)snprintf(record, sizeof(record), "130 path=%s\n", name);
	assert_record(made, record);

	assert_int_equal(make(made, &(struct fs_entry){ .path = "\xc3\xbc", .type = FS_FILE }), 0);
	assert_record(made, "11 path=\xc3\xbc\n");
	assert_string_equal(made->header.data + 1024, "__");

	struct fs_entry link = { .path = "l", .type = FS_SYMLINK, .target = "\xff" };
	assert_int_equal(make(made, &link), 0);
	assert_record(made, "14 linkpath=\xff\n");

	struct fs_entry old = { .path = "f", .type = FS_FILE, .mtime = -5 };
	assert_int_equal(make(made, &old), 0);
	assert_record(made, "12 mtime=-5\n");

	struct fs_entry huge = {
		.path = "f", .type = FS_FILE, .size = 8ULL << 30, .uid = 2097152, .gid = 4294967294
	};
	assert_int_equal(make(made, &huge), 0);
	assert_record(made, "18 gid=4294967294\n19 size=8589934592\n15 uid=2097152\n");
	assert_string_equal(made->header.data + 1024 + 124, "00000000000");
}

static void keeps_at_the_limits_of_ustar(void **state)
{
	struct made *made = *state;
	char name[101];
	struct fs_entry entry = { .path = name,
				  .type = FS_FILE,
				  .size = (8ULL << 30) - 1,
				  .uid = 2097151,
				  .gid = 2097151,
				  .mtime = 0 };

	memset(name, 'n', 100);
	name[100] = '\0';
	assert_int_equal(make(made, &entry), 0);
	assert_int_equal(made->header.len, 512);
	assert_memory_equal(made->header.data, name, 100);
	assert_string_equal(made->header.data + 124, "77777777777");
	assert_string_equal(made->header.data + 108, "7777777");
}

static void writes_capabilities_and_refuses_those_of_a_namespace(void **state)
{
	struct made *made = *state;
	unsigned char v2[20] = { 1, 0, 0, 2, 0x0a, 0x20 }, v3[24] = { 1, 0, 0, 3 };
	struct fs_entry entry = {
		.path = "f", .type = FS_FILE, .capability = v2, .capability_len = sizeof(v2)
	};
	const char *start = "57 SCHILY.xattr.security.capability=";

	assert_int_equal(make(made, &entry), 0);
	assert_record(made, start);
	assert_memory_equal(made->header.data + 512 + strlen(start), v2, sizeof(v2));
	entry.capability = v3;
	entry.capability_len = sizeof(v3);
	assert_int_equal(make(made, &entry), -1);
	assert_int_equal(made->err.code, ERROR_UNSUPPORTED);
}

static void refuses_names_that_read_as_whiteouts(void **state)
{
	static const char *const names[] = { ".wh.x", "a/.wh.x", "a/.wh.x/b", ".wh..wh..opq" };
	struct made *made = *state;

	for (size_t i = 0; i < countof(names); i++) {
		struct fs_entry entry = { .path = names[i], .type = FS_FILE };
		assert_int_equal(make(made, &entry), -1);
		assert_int_equal(made->err.code, ERROR_UNSUPPORTED);
		assert_non_null(strstr(made->err.text, names[i]));
	}
	/* near misses are ordinary names */
	assert_int_equal(make(made, &(struct fs_entry){ .path = "a.wh.x", .type = FS_FILE }), 0);
	assert_int_equal(make(made, &(struct fs_entry){ .path = ".whx", .type = FS_WHITEOUT }), 0);
	assert_string_equal(made->header.data, ".wh..whx");
}

static void writes_devices(void **state)
{
	struct made *made = *state;
	struct fs_entry entry = { .path = "d",
				  .type = FS_CHAR_DEVICE,
				  .mode = 0666,
				  .dev_major = 1,
				  .dev_minor = 1048575 };

	assert_int_equal(make(made, &entry), 0);
	assert_int_equal(made->header.data[156], '3');
	assert_string_equal(made->header.data + 329, "0000001");
	assert_string_equal(made->header.data + 337, "3777777");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(writes_a_ustar_header, set_up, tear_down),
		cmocka_unit_test_setup_teardown(gives_directories_a_slash_and_the_root_a_dot,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(writes_whiteouts_as_empty_files_of_1970, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(splits_long_ascii_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(writes_pax_for_what_does_not_fit, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(keeps_at_the_limits_of_ustar, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			writes_capabilities_and_refuses_those_of_a_namespace, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refuses_names_that_read_as_whiteouts, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(writes_devices, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
