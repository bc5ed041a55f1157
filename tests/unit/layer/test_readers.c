/* SPDX-License-Identifier: Apache-2.0 */
/* What is packed here, as the tools of others read it. One that is not installed is said so. */
#include "memory_source.h"
#include "scratch.h"

#include "../cmocka_head.h"

#include <string.h>

static char long_name[260], very_long_name[900], long_target[300];

static void fill(struct memory_source *source)
{
	static const unsigned char capability[20] = { 1, 0, 0, 2, 0, 0x20 };
	static char *big;

	if (!big)
		big = some_bytes(1, 2000000);
	(void)snprintf(long_name, sizeof(long_name), "dir/%0100d/%0100d/%050d", 0, 0, 0);
	(void)snprintf(very_long_name, sizeof(very_long_name), "dir/%0200d/%0200d/%0200d", 0, 0, 0);
	(void)snprintf(long_target, sizeof(long_target), "../%0250d", 0);
	const struct {
		struct fs_entry entry;
		const char *content;
		size_t len;
	} all[] = {
		{ { .path = "dir", .type = FS_DIR, .mode = 01777, .mtime = 100000000 }, NULL, 0 },
		{ { .path = "dir/big",
		    .type = FS_FILE,
		    .mode = 0644,
		    .uid = 2097152,
		    .gid = 3000000000,
		    .mtime = 100000001 },
		  big,
		  2000000 },
		{ { .path = "dir/caps",
		    .type = FS_FILE,
		    .mode = 04755,
		    .uid = 5,
		    .mtime = 100000002,
		    .capability = capability,
		    .capability_len = sizeof(capability) },
		  "caps",
		  4 },
		{ { .path = "dir/hard",
		    .type = FS_HARDLINK,
		    .target = "dir/caps",
		    .mode = 04755,
		    .uid = 5,
		    .mtime = 100000002 },
		  NULL,
		  0 },
		{ { .path = "dir/n\xc3\xa4me", .type = FS_FILE, .mode = 0600, .mtime = 100000003 },
		  "",
		  0 },
		{ { .path = "dir/soft",
		    .type = FS_SYMLINK,
		    .target = long_target,
		    .mode = 0777,
		    .mtime = 100000004 },
		  NULL,
		  0 },
		{ { .path = "fifo", .type = FS_FIFO, .mode = 0620, .gid = 7, .mtime = 100000005 },
		  NULL,
		  0 },
		{ { .path = "gone", .type = FS_WHITEOUT }, NULL, 0 },
		{ { .path = "null",
		    .type = FS_CHAR_DEVICE,
		    .mode = 0666,
		    .dev_major = 1,
		    .dev_minor = 3,
		    .mtime = 100000006 },
		  NULL,
		  0 },
	};

	for (size_t i = 0; i < countof(all); i++)
		memory_add(source, all[i].entry, all[i].content, all[i].len);
	memory_add(source,
		   (struct fs_entry){ .path = long_name, .type = FS_FILE, .mtime = 100000007 },
		   "long", 4);
	memory_add(source,
		   (struct fs_entry){ .path = very_long_name, .type = FS_FILE, .mtime = -100 },
		   "longer", 6);
}

/* Packs into a file of the scratch folder. */
static void pack_to(struct scratch *scratch, enum layer_compression compression, const char *name)
{
	cleanup(buf_release) struct buf blob = BUF_INIT;
	struct memory_source source = { 0 };
	struct error err = ERROR_INIT;
	struct pack_result result;

	fill(&source);
	struct pack_source from = memory_pack_source(&source);
	struct pack_sink sink = keeping_sink(&blob);
	struct pack_options options = { .compression = compression };
	if (layer_pack(&from, &sink, &options, NULL, &result, &err) < 0)
		fail_msg("%s", err.text);
	vec_release(&source.entries);
	autofree char *path = xasprintf("%s/%s", scratch->path, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_int_equal(fs_write_all(fd, blob.data, blob.len, &err), 0);
	close(fd);
}

static bool is_there(const char *tool)
{
	autofree char *command = xasprintf("command -v %s >/dev/null", tool);

	if (system(command) == 0)
		return true;
	print_message("not run: '%s' is not installed\n", tool);
	return false;
}

/* The output of a shell command that must succeed. */
static char *output_of(const char *command)
{
	struct buf output = BUF_INIT;
	struct error err;
	FILE *pipe = popen(command, "r");

	assert_non_null(pipe);
	assert_int_equal(fs_read_fd(fileno(pipe), 1 << 20, "output", &output, &err), 0);
	if (pclose(pipe) != 0)
		fail_msg("'%s' failed: %s", command, output.data);
	return buf_take(&output);
}

static void gzip_and_zstd_accept_the_blobs(void **state)
{
	struct scratch *scratch = *state;

	pack_to(scratch, LAYER_GZIP, "layer.tar.gz");
	pack_to(scratch, LAYER_ZSTD, "layer.tar.zst");
	pack_to(scratch, LAYER_UNCOMPRESSED, "layer.tar");
	if (is_there("gzip")) {
		autofree char *command = xasprintf(
			"cd %s && gzip -t layer.tar.gz && gzip -dc layer.tar.gz | cmp - layer.tar",
			scratch->path);
		free(output_of(command));
	}
	if (is_there("zstd")) {
		autofree char *command = xasprintf("cd %s && zstd -q -t layer.tar.zst && zstd -dc "
						   "layer.tar.zst | cmp - layer.tar",
						   scratch->path);
		free(output_of(command));
	}
}

static void gnu_tar_lists_what_was_packed(void **state)
{
	struct scratch *scratch = *state;
	cleanup(buf_release) struct buf expected = BUF_INIT;

	if (!is_there("tar"))
		return;
	pack_to(scratch, LAYER_UNCOMPRESSED, "layer.tar");
	autofree char *command = xasprintf("TZ=UTC LC_ALL=C tar --numeric-owner --full-time "
					   "--quoting-style=literal -tvf %s/layer.tar 2>&1",
					   scratch->path);
	autofree char *listed = output_of(command);
	buf_printf(&expected,
		   "drwxrwxrwt 0/0               0 1973-03-03 09:46:40 dir/\n"
		   "-rw-r--r-- 2097152/3000000000 2000000 1973-03-03 09:46:41 dir/big\n"
		   "-rwsr-xr-x 5/0                      4 1973-03-03 09:46:42 dir/caps\n"
		   "hrwsr-xr-x 5/0                      0 1973-03-03 09:46:42 dir/hard link to "
		   "dir/caps\n"
		   "-rw------- 0/0                      0 1973-03-03 09:46:43 dir/n\xc3\xa4me\n"
		   "lrwxrwxrwx 0/0                      0 1973-03-03 09:46:44 dir/soft -> %s\n"
		   "prw--w---- 0/7                      0 1973-03-03 09:46:45 fifo\n"
		   "---------- 0/0                      0 1970-01-01 00:00:00 .wh.gone\n"
		   "crw-rw-rw- 0/0                    1,3 1973-03-03 09:46:46 null\n"
		   "---------- 0/0                      4 1973-03-03 09:46:47 %s\n"
		   "---------- 0/0                      6 1969-12-31 23:58:20 %s\n",
		   long_target, long_name, very_long_name);
	assert_string_equal(listed, expected.data);
}

static void gnu_tar_extracts_what_was_packed(void **state)
{
	struct scratch *scratch = *state;

	if (!is_there("tar"))
		return;
	pack_to(scratch, LAYER_GZIP, "layer.tar.gz");
	autofree char *extract = xasprintf("cd %s && tar -xpzf ../layer.tar.gz --numeric-owner "
					   "--xattrs --xattrs-include='*' 2>&1",
					   scratch->root);
	free(output_of(extract));
	autofree char *by_tar = describe_tree(scratch->root, false);
	scratch_empty_root(scratch);
	/* as names, not as deletions */
	scratch->options.mode = UNPACK_MERGE;
	autofree char *path = xasprintf("%s/layer.tar.gz", scratch->path);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (layer_unpack(fd, scratch->root_fd, &scratch->options, NULL, &scratch->result,
			 &scratch->err) < 0)
		fail_msg("%s", scratch->err.text);
	close(fd);
	autofree char *by_us = describe_tree(scratch->root, false);
	/* directories that are only named: there is no rule for their times */
	const char *some = strstr(by_us, "/dir/big");
	const char *same = strstr(by_tar, "/dir/big");
	/* the file has a second name, whose header set the owner anew: as in BuildKit */
	assert_non_null(strstr(by_tar, "security.capability[20]"));
	assert_null(strstr(by_us, "security.capability"));
	assert_non_null(some);
	assert_non_null(same);
	assert_memory_equal(some, same, strlen("/dir/big 100644 2097152:3000000000 100000001"));
	static const char *const names[] = { "/dir/caps", "/dir/hard", "/dir/soft", "/fifo",
					     "/null",	  "/.wh.gone", "/dir 41777" };
	for (size_t i = 0; i < countof(names); i++) {
		some = strstr(by_us, names[i]);
		same = strstr(by_tar, names[i]);
		assert_non_null(some);
		assert_non_null(same);
		assert_memory_equal(some, same, strcspn(some, "\n"));
	}
}

static void python_reads_what_was_packed(void **state)
{
	struct scratch *scratch = *state;
	cleanup(buf_release) struct buf expected = BUF_INIT;
	static const char script[] =
		"import sys, tarfile\n"
		"for m in tarfile.open(sys.argv[1]):\n"
		"    print(m.name, m.type.decode(), oct(m.mode), m.uid, m.gid, m.size, m.mtime,\n"
		"          m.linkname, m.uname + m.gname, sorted(m.pax_headers), sep='|')\n";

	if (!is_there("python3"))
		return;
	pack_to(scratch, LAYER_GZIP, "layer.tar.gz");
	write_text(scratch->path, "list.py", script);
	autofree char *command =
		xasprintf("cd %s && PYTHONUTF8=1 python3 list.py layer.tar.gz 2>&1", scratch->path);
	autofree char *listed = output_of(command);
	buf_printf(&expected,
		   "dir|5|0o1777|0|0|0|100000000|||[]\n"
		   "dir/big|0|0o644|2097152|3000000000|2000000|100000001|||['gid', 'uid']\n"
		   "dir/caps|0|0o4755|5|0|4|100000002|||['SCHILY.xattr.security.capability']\n"
		   "dir/hard|1|0o4755|5|0|0|100000002|dir/caps||[]\n"
		   "dir/n\xc3\xa4me|0|0o600|0|0|0|100000003|||['path']\n"
		   "dir/soft|2|0o777|0|0|0|100000004|%s||['linkpath']\n"
		   "fifo|6|0o620|0|7|0|100000005|||[]\n"
		   ".wh.gone|0|0o0|0|0|0|0|||[]\n"
		   "null|3|0o666|0|0|0|100000006|||[]\n"
		   "%s|0|0o0|0|0|4|100000007|||['path']\n"
		   "%s|0|0o0|0|0|6|-100.0|||['mtime', 'path']\n",
		   long_target, long_name, very_long_name);
	assert_string_equal(listed, expected.data);
}

#define SCRATCH_TEST(function) \
	cmocka_unit_test_setup_teardown(function, scratch_set_up, scratch_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(gzip_and_zstd_accept_the_blobs),
		SCRATCH_TEST(gnu_tar_lists_what_was_packed),
		SCRATCH_TEST(gnu_tar_extracts_what_was_packed),
		SCRATCH_TEST(python_reads_what_was_packed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
