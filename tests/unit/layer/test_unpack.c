/* SPDX-License-Identifier: Apache-2.0 */
#include "scratch.h"

#include "../cmocka_head.h"

#include <errno.h>
#include <string.h>

static struct buf *tar_of(void **state)
{
	struct scratch *scratch = *state;

	return &scratch->tar;
}

/* T-14 */
static void makes_every_kind_of_file(void **state)
{
	struct buf *tar = tar_of(state);

	tar_add(tar, (struct tar_spec){ .name = "./", .type = '5', .mode = 0711, .mtime = 1 });
	tar_add(tar, (struct tar_spec){ .name = "d/", .type = '5', .mode = 01777, .mtime = 2 });
	tar_add(tar, (struct tar_spec){ .name = "d/f",
					.content = "hello",
					.mode = 04755,
					.uid = 5,
					.gid = 6,
					.mtime = 3 });
	tar_add(tar, (struct tar_spec){ .name = "d/s",
					.type = '2',
					.link = "../../x",
					.mode = 0777,
					.uid = 7,
					.mtime = 4 });
	tar_add(tar, (struct tar_spec){ .name = "d/h", .type = '1', .link = "d/f" });
	tar_add(tar, (struct tar_spec){ .name = "d/null",
					.type = '3',
					.mode = 0666,
					.major = 1,
					.minor = 3,
					.mtime = 5 });
	tar_add(tar, (struct tar_spec){ .name = "d/disk",
					.type = '4',
					.mode = 0660,
					.gid = 6,
					.major = 8,
					.mtime = 6 });
	tar_add(tar, (struct tar_spec){ .name = "d/pipe", .type = '6', .mode = 0622, .mtime = 7 });
	assert_unpacks(*state);
	assert_tree(*state, "/d 41777 0:0 2\n"
			    "/d/disk 60660 0:6 6 8/0\n"
			    "/d/f 104755 5:6 3 'hello'\n"
			    "/d/h 104755 5:6 3 'hello'\n"
			    "/d/null 20666 0:0 5 1/3\n"
			    "/d/pipe 10622 0:0 7\n"
			    "/d/s 120777 7:0 4 -> ../../x\n");
	struct scratch *scratch = *state;
	struct stat root, f, h;
	assert_int_equal(fstat(scratch->root_fd, &root), 0);
	assert_int_equal(root.st_mode & 07777, 0711);
	assert_int_equal(root.st_mtime, 1);
	assert_int_equal(fstatat(scratch->root_fd, "d/f", &f, 0), 0);
	assert_int_equal(fstatat(scratch->root_fd, "d/h", &h, 0), 0);
	assert_int_equal(f.st_ino, h.st_ino);
	assert_int_equal(scratch->result.n_entries, 8);
}

static void tells_the_digest_of_the_whole_stream(void **state)
{
	struct scratch *scratch = *state;

	tar_add(&scratch->tar, (struct tar_spec){ .name = "f", .content = "x" });
	tar_end(&scratch->tar);
	/* behind the end: hashed, not read */
	tar_add(&scratch->tar, (struct tar_spec){ .name = "not-there", .content = "y" });
	struct digest expected = digest_of(scratch->tar.data, scratch->tar.len);
	size_t size = scratch->tar.len;
	assert_return_code(scratch_unpack(scratch), 0);
	assert_true(digest_equal(&scratch->result.diff_id, &expected));
	assert_int_equal(scratch->result.size, size);
	assert_int_equal(scratch->result.n_entries, 1);
}

/* Whatever order entries come in, a directory ends up with what its own entry says. */
static void keeps_times_and_modes_of_directories(void **state)
{
	struct buf *tar = tar_of(state);

	tar_add(tar, (struct tar_spec){ .name = "a/", .type = '5', .mode = 0500, .mtime = 10 });
	tar_add(tar, (struct tar_spec){ .name = "a/b/", .type = '5', .mode = 01, .mtime = 20 });
	tar_add(tar, (struct tar_spec){ .name = "a/b/f", .mtime = 30 });
	tar_add(tar, (struct tar_spec){ .name = "c/f", .mtime = 40 });
	tar_add(tar, (struct tar_spec){ .name = "a/g", .mtime = 50 });
	tar_add(tar, (struct tar_spec){ .name = "c/", .type = '5', .mode = 0700, .mtime = 60 });
	tar_add(tar, (struct tar_spec){ .name = "a/b/h", .mtime = 70 });
	assert_unpacks(*state);
	assert_tree(*state, "/a 40500 0:0 10\n"
			    "/a/b 40001 0:0 20\n"
			    "/a/b/f 100644 0:0 30 ''\n"
			    "/a/b/h 100644 0:0 70 ''\n"
			    "/a/g 100644 0:0 50 ''\n"
			    "/c 40700 0:0 60\n"
			    "/c/f 100644 0:0 40 ''\n");
}

static void makes_directories_that_are_only_named(void **state)
{
	struct buf *tar = tar_of(state);

	tar_add(tar, (struct tar_spec){ .name = "x/y/z", .mtime = 9, .uid = 3 });
	assert_unpacks(*state);
	assert_tree(*state, "/x 40755 0:0 9\n"
			    "/x/y 40755 0:0 9\n"
			    "/x/y/z 100644 3:0 9 ''\n");
}

static int open_in(void *context, const char *root_path, int *ret_fd, struct error *err)
{
	return fs_open_in_root(*(int *)context, root_path, O_RDONLY, 0, ret_fd, err);
}

/* T-05, T-10 */
static void takes_from_the_layers_below_what_is_only_named(void **state)
{
	struct scratch *scratch = *state;
	struct timespec times[2] = { { .tv_sec = 44 }, { .tv_sec = 44 } };

	make_dir(scratch->path, "below");
	int below = openat(AT_FDCWD, scratch->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_return_code(fs_make_dirs(below, "below/tmp/in", 0700, &scratch->err), 0);
	int fd = openat(below, "below/tmp/file", O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
	assert_int_equal(write(fd, "old", 3), 3);
	assert_return_code(fchown(fd, 8, 9), errno);
	assert_return_code(fchmod(fd, 0640), errno);
	assert_return_code(futimens(fd, times), errno);
	close(fd);
	assert_return_code(fchmodat(below, "below/tmp", 01777, 0), errno);
	assert_return_code(utimensat(below, "below/tmp", times, 0), errno);
	int dir = openat(below, "below", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	scratch->options.open_below = open_in;
	scratch->options.open_below_context = &dir;

	tar_add(&scratch->tar, (struct tar_spec){ .name = "tmp/new", .mtime = 1 });
	tar_add(&scratch->tar,
		(struct tar_spec){ .name = "tmp/second", .type = '1', .link = "/tmp/file" });
	assert_unpacks(scratch);
	assert_tree(scratch, "/tmp 41777 0:0 44\n"
			     "/tmp/new 100644 0:0 1 ''\n"
			     "/tmp/second 100640 8:9 44 'old'\n");
	/* a directory of below is no target */
	tar_add(&scratch->tar, (struct tar_spec){ .name = "x", .type = '1', .link = "tmp/in" });
	tar_end(&scratch->tar);
	assert_int_equal(scratch_unpack(scratch), -1);
	assert_int_equal(scratch->err.code, ERROR_CORRUPT);
	close(dir);
	close(below);
}

/* T-06 */
static void marks_deletions_as_overlay_wants_them(void **state)
{
	struct buf *tar = tar_of(state);

	tar_add(tar, (struct tar_spec){ .name = "a/", .type = '5', .mode = 0755 });
	tar_add(tar, (struct tar_spec){ .name = "a/.wh.gone", .mode = 01 });
	tar_add(tar, (struct tar_spec){ .name = "a/.wh..wh..opq", .mode = 01 });
	tar_add(tar, (struct tar_spec){ .name = "a/stays" });
	tar_add(tar, (struct tar_spec){ .name = ".wh..whx" });
	tar_add(tar, (struct tar_spec){ .name = ".wh..wh.plnk/", .type = '5' });
	tar_add(tar, (struct tar_spec){ .name = ".wh..wh.plnk/12.34", .content = "aufs" });
	tar_add(tar, (struct tar_spec){ .name = ".wh..wh.aufs" });
	assert_unpacks(*state);
	assert_tree(*state, "/.whx 20000 0:0 0 0/0\n"
			    "/a 40755 0:0 0 trusted.overlay.opaque[1]\n"
			    "/a/gone 20000 0:0 0 0/0\n"
			    "/a/stays 100644 0:0 0 ''\n");
	assert_false(((struct scratch *)*state)->result.is_root_opaque);
}

/* T-06: a deletion and a new thing of the same name: the layer has the thing, in whatever order. */
static void deletes_only_below_the_layer(void **state)
{
	static const char expected[] = "/d 40755 0:0 0 trusted.overlay.opaque[1]\n"
				       "/d/f 100644 0:0 0 ''\n"
				       "/e 40755 0:0 0 trusted.overlay.opaque[1]\n"
				       "/e/f 100644 0:0 0 ''\n"
				       "/f 100644 0:0 0 ''\n"
				       "/s 120777 0:0 0 -> d\n";
	static const struct tar_spec marks[] = {
		{ .name = ".wh.d" }, { .name = ".wh.e" }, { .name = ".wh.f" }, { .name = ".wh.s" }
	};
	static const struct tar_spec things[] = {
		{ .name = "d/", .type = '5', .mode = 0755 },
		{ .name = "d/f" },
		{ .name = "e/f" },
		{ .name = "f" },
		{ .name = "s", .type = '2', .link = "d" },
	};
	struct scratch *scratch = *state;

	for (int marks_first = 0; marks_first < 2; marks_first++) {
		for (size_t i = 0; marks_first && i < countof(marks); i++)
			tar_add(&scratch->tar, marks[i]);
		for (size_t i = 0; i < countof(things); i++)
			tar_add(&scratch->tar, things[i]);
		for (size_t i = 0; !marks_first && i < countof(marks); i++)
			tar_add(&scratch->tar, marks[i]);
		assert_unpacks(scratch);
		assert_tree(scratch, expected);
		scratch_empty_root(scratch);
	}
}

/* T-06 */
static void reports_an_opaque_root(void **state)
{
	struct scratch *scratch = *state;

	tar_add(&scratch->tar, (struct tar_spec){ .name = "./.wh..wh..opq" });
	assert_unpacks(scratch);
	assert_true(scratch->result.is_root_opaque);
}

/* T-09 */
static void lets_later_entries_win(void **state)
{
	struct buf *tar = tar_of(state);

	tar_add(tar, (struct tar_spec){ .name = "was-dir/deep/er/", .type = '5' });
	tar_add(tar, (struct tar_spec){ .name = "was-dir", .content = "file" });
	tar_add(tar, (struct tar_spec){ .name = "was-file", .content = "file" });
	tar_add(tar, (struct tar_spec){ .name = "was-file/", .type = '5', .mode = 0755 });
	tar_add(tar, (struct tar_spec){ .name = "was-link", .type = '2', .link = "was-file" });
	tar_add(tar, (struct tar_spec){ .name = "was-link", .content = "file" });
	tar_add(tar, (struct tar_spec){ .name = "was-file/in", .content = "1" });
	tar_add(tar, (struct tar_spec){ .name = "was-file/in", .content = "22" });
	assert_unpacks(*state);
	assert_tree(*state, "/was-dir 100644 0:0 0 'file'\n"
			    "/was-file 40755 0:0 0 trusted.overlay.opaque[1]\n"
			    "/was-file/in 100644 0:0 0 '22'\n"
			    "/was-link 100644 0:0 0 'file'\n");
}

/* T-09 */
static void follows_symlinks_inside_the_root(void **state)
{
	struct buf *tar = tar_of(state);

	tar_add(tar, (struct tar_spec){ .name = "usr/bin/", .type = '5', .mode = 0755 });
	tar_add(tar, (struct tar_spec){ .name = "bin", .type = '2', .link = "usr/bin" });
	tar_add(tar, (struct tar_spec){ .name = "sbin", .type = '2', .link = "/usr/bin" });
	tar_add(tar, (struct tar_spec){ .name = "up", .type = '2', .link = "../../../../usr/bin" });
	tar_add(tar, (struct tar_spec){ .name = "bin/a" });
	tar_add(tar, (struct tar_spec){ .name = "sbin/b" });
	tar_add(tar, (struct tar_spec){ .name = "up/c" });
	/* to what is not there yet: it comes into being, inside */
	tar_add(tar, (struct tar_spec){ .name = "usr/run", .type = '2', .link = "../../var/x" });
	tar_add(tar, (struct tar_spec){ .name = "usr/run/d", .mtime = 5 });
	tar_add(tar, (struct tar_spec){ .name = "h", .type = '1', .link = "usr/run/d" });
	assert_unpacks(*state);
	assert_tree(*state, "/bin 120777 0:0 0 -> usr/bin\n"
			    "/h 100644 0:0 5 ''\n"
			    "/sbin 120777 0:0 0 -> /usr/bin\n"
			    "/up 120777 0:0 0 -> ../../../../usr/bin\n"
			    "/usr 40755 0:0 0\n"
			    "/usr/bin 40755 0:0 0\n"
			    "/usr/bin/a 100644 0:0 0 ''\n"
			    "/usr/bin/b 100644 0:0 0 ''\n"
			    "/usr/bin/c 100644 0:0 0 ''\n"
			    "/usr/run 120777 0:0 0 -> ../../var/x\n"
			    "/var 40755 0:0 5\n"
			    "/var/x 40755 0:0 5\n"
			    "/var/x/d 100644 0:0 5 ''\n");
}

/* T-14 */
static void keeps_capabilities_and_user_attributes(void **state)
{
	static const unsigned char v2[20] = { 1, 0, 0, 2, 0, 4 };
	struct buf *tar = tar_of(state);

	tar_pax(tar, "SCHILY.xattr.security.capability", v2, sizeof(v2));
	tar_add(tar, (struct tar_spec){ .name = "ping", .mode = 0755, .uid = 9 });
	tar_pax_text(tar, "SCHILY.xattr.user.kept", "v");
	tar_add(tar, (struct tar_spec){ .name = "user" });
	tar_pax_text(tar, "SCHILY.xattr.security.selinux", "label");
	tar_add(tar, (struct tar_spec){ .name = "label" });
	tar_pax_text(tar, "SCHILY.xattr.trusted.other", "v");
	tar_add(tar, (struct tar_spec){ .name = "other" });
	assert_unpacks(*state);
	assert_tree(*state, "/label 100644 0:0 0 ''\n"
			    "/other 100644 0:0 0 ''\n"
			    "/ping 100755 9:0 0 '' security.capability[20]\n"
			    "/user 100644 0:0 0 '' user.kept[1]\n");
	struct scratch *scratch = *state;
	char path[120], value[8];
	(void)snprintf(path, sizeof(path), "%s/other", scratch->root);
	assert_int_equal(lgetxattr(path, "trusted.other", value, sizeof(value)), -1);
	assert_int_equal(errno, ENODATA);
}

static void reads_names_that_no_locale_knows(void **state)
{
	struct buf *tar = tar_of(state);

	tar_pax_text(tar, "path", "\xc3\xbc/\xff\xfe");
	tar_add(tar, (struct tar_spec){ .name = "x" });
	/* no metadata of another system's files either */
	tar_add(tar, (struct tar_spec){ .name = "._x", .content = "apple" });
	tar_pax_text(tar, "linkpath", "\xc3\xa4");
	tar_add(tar, (struct tar_spec){ .name = "l", .type = '2', .link = "x" });
	assert_unpacks(*state);
	assert_tree(*state, "/._x 100644 0:0 0 'apple'\n"
			    "/l 120777 0:0 0 -> \xc3\xa4\n"
			    "/\xc3\xbc 40755 0:0 0\n"
			    "/\xc3\xbc/\xff\xfe 100644 0:0 0 ''\n");
}

/* As Go writes them: the field of the header cannot hold a character of the target. */
static void reads_link_targets_that_are_in_the_pax_header_only(void **state)
{
	struct buf *tar = tar_of(state);
	struct scratch *scratch = *state;

	tar_add(tar, (struct tar_spec){ .name = "before", .content = "x" });
	tar_pax_text(tar, "path", "\xe6\x97\xa5");
	tar_add(tar, (struct tar_spec){ .name = "", .content = "day" });
	tar_pax_text(tar, "linkpath", "\xe6\x97\xa5");
	tar_add(tar, (struct tar_spec){ .name = "soft", .type = '2', .mode = 0777 });
	tar_pax_text(tar, "linkpath", "\xe6\x97\xa5");
	tar_add(tar, (struct tar_spec){ .name = "hard", .type = '1' });
	tar_end(tar);
	struct digest expected = digest_of(tar->data, tar->len);
	if (scratch_unpack(scratch) < 0)
		fail_msg("%s", scratch->err.text);
	assert_true(digest_equal(&scratch->result.diff_id, &expected));
	assert_tree(*state, "/before 100644 0:0 0 'x'\n"
			    "/hard 100644 0:0 0 'day'\n"
			    "/soft 120777 0:0 0 -> \xe6\x97\xa5\n"
			    "/\xe6\x97\xa5 100644 0:0 0 'day'\n");
	/* with no target anywhere there is none */
	tar_add(tar, (struct tar_spec){ .name = "none", .type = '2' });
	tar_end(tar);
	assert_int_equal(scratch_unpack(scratch), -1);
	assert_int_equal(scratch->err.code, ERROR_CORRUPT);
}

static int note_owner(void *context, int fd, const char *name, uint32_t uid, uint32_t gid,
		      struct error *err)
{
	struct stat st;

	(void)err;
	assert_int_equal(fstatat(fd, name ? name : "", &st, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH),
			 0);
	buf_printf(context, "%o %u:%u\n", st.st_mode & S_IFMT, uid, gid);
	return 0;
}

static void lets_the_caller_note_owners(void **state)
{
	struct scratch *scratch = *state;
	cleanup(buf_release) struct buf noted = BUF_INIT;

	scratch->options.set_owner = note_owner;
	scratch->options.set_owner_context = &noted;
	tar_add(&scratch->tar, (struct tar_spec){ .name = "d/f", .uid = 1, .gid = 2 });
	tar_add(&scratch->tar,
		(struct tar_spec){ .name = "d/s", .type = '2', .link = "f", .uid = 3 });
	tar_add(&scratch->tar, (struct tar_spec){ .name = "d/", .type = '5', .gid = 4 });
	assert_unpacks(scratch);
	assert_string_equal(noted.data, "40000 0:0\n100000 1:2\n120000 3:0\n40000 0:4\n");
	autofree char *tree = describe_tree(scratch->root, false);
	assert_non_null(strstr(tree, "/d/f 100644 0:0"));
}

/* ADD of an archive. */
static void merges_an_archive_into_what_is_there(void **state)
{
	struct scratch *scratch = *state;
	struct buf *tar = &scratch->tar;

	scratch->options.mode = UNPACK_MERGE;
	make_dir(scratch->root, "dir");
	write_text(scratch->root, "dir/stays", "s");
	write_text(scratch->root, "dir/replaced", "s");
	make_dir(scratch->root, "tree");
	write_text(scratch->root, "tree/x", "s");
	assert_return_code(symlinkat("dir", scratch->root_fd, "link"), errno);
	struct timespec times[2] = { { .tv_sec = 77 }, { .tv_sec = 77 } };
	assert_return_code(utimensat(scratch->root_fd, "dir/stays", times, 0), errno);

	tar_add(tar, (struct tar_spec){ .name = "./", .type = '5', .mode = 0700, .uid = 5 });
	tar_add(tar, (struct tar_spec){ .name = "dir/", .type = '5', .mode = 0750, .uid = 4 });
	tar_add(tar, (struct tar_spec){ .name = "/dir/replaced", .content = "new" });
	tar_add(tar, (struct tar_spec){ .name = "tree", .content = "new" });
	tar_add(tar, (struct tar_spec){ .name = "link/", .type = '5', .mode = 0755 });
	tar_add(tar, (struct tar_spec){ .name = ".wh.dir", .content = "a name" });
	tar_add(tar, (struct tar_spec){ .name = ".wh..wh..opq" });
	/* the link's header counts for the file, and no name is the root */
	tar_add(tar, (struct tar_spec){ .name = "h",
					.type = '1',
					.link = "/dir/replaced",
					.mode = 0640,
					.uid = 7,
					.mtime = 9 });
	tar_add(tar, (struct tar_spec){ .name = "", .type = '5', .uid = 6 });
	assert_unpacks(scratch);
	assert_tree(scratch, "/.wh..wh..opq 100644 0:0 0 ''\n"
			     "/.wh.dir 100644 0:0 0 'a name'\n"
			     "/dir 40750 4:0 0\n"
			     "/dir/replaced 100640 7:0 9 'new'\n"
			     "/dir/stays 100600 0:0 77 's'\n"
			     "/h 100640 7:0 9 'new'\n"
			     "/link 40755 0:0 0\n"
			     "/tree 100644 0:0 0 'new'\n");
	struct stat st;
	assert_int_equal(fstat(scratch->root_fd, &st), 0);
	assert_int_equal(st.st_uid, 0);
}

static void gives_every_entry_one_owner(void **state)
{
	struct scratch *scratch = *state;

	scratch->options.mode = UNPACK_MERGE;
	scratch->options.has_owner = true;
	scratch->options.uid = 11;
	scratch->options.gid = 12;
	tar_add(&scratch->tar,
		(struct tar_spec){ .name = "p/f", .uid = 1, .gid = 1, .mode = 04755 });
	tar_add(&scratch->tar, (struct tar_spec){ .name = "p/l", .type = '2', .link = "f" });
	assert_unpacks(scratch);
	assert_tree(scratch, "/p 40755 0:0 0\n"
			     "/p/f 104755 11:12 0 ''\n"
			     "/p/l 120777 11:12 0 -> f\n");
}

/* T-14 */
static void skips_devices_where_they_cannot_be_made(void **state)
{
	struct scratch *scratch = *state;

	scratch->options.mode = UNPACK_MERGE;
	scratch->options.skips_devices = true;
	tar_add(&scratch->tar,
		(struct tar_spec){ .name = "null", .type = '3', .major = 1, .minor = 3 });
	tar_add(&scratch->tar, (struct tar_spec){ .name = "pipe", .type = '6' });
	assert_unpacks(scratch);
	assert_tree(scratch, "/pipe 10644 0:0 0\n");
	assert_int_equal(scratch->result.n_skipped_devices, 1);
}

/* T-12 */
static void knows_the_formats_that_add_unpacks(void **state)
{
	static const char *const names[] = { "tiny.tar", "tiny.tar.gz", "tiny.tar.bz2",
					     "tiny.tar.xz", "tiny.tar.zst" };
	struct scratch *scratch = *state;

	for (size_t i = 0; i < countof(names); i++) {
		autofree char *path = xasprintf("%s/layer/%s", TESTDATA, names[i]);
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		assert_return_code(fd, errno);
		assert_int_equal(layer_is_archive(fd, &scratch->err), 1);
		assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
		scratch->options.mode = UNPACK_MERGE;
		if (layer_unpack(fd, scratch->root_fd, &scratch->options, NULL, &scratch->result,
				 &scratch->err) < 0)
			fail_msg("%s: %s", names[i], scratch->err.text);
		assert_tree(scratch, "/hello 100644 0:0 1000000000 'hello world\n'\n");
		/* a layer is gzip, zstd or plain */
		scratch->options.mode = UNPACK_OVERLAY_LOWER;
		int result = layer_unpack(fd, scratch->root_fd, &scratch->options, NULL,
					  &scratch->result, &scratch->err);
		assert_int_equal(result, i == 2 || i == 3 ? -1 : 0);
		close(fd);
		scratch_empty_root(scratch);
	}
}

static void tells_archives_from_other_files(void **state)
{
	static const char zeros[10240];
	static const char gzip_of_text[] =
		"\x1f\x8b\x08\0\0\0\0\0\0\x03\xcb\x48\xcd\xc9\xc9\xe7\x02\0\x20\x30\x3a\x36\x06\0\0";
	struct scratch *scratch = *state;
	int fd = file_of(zeros, sizeof(zeros));

	assert_int_equal(layer_is_archive(fd, &scratch->err), 0);
	close(fd);
	fd = file_of("#!/bin/sh\n", 10);
	assert_int_equal(layer_is_archive(fd, &scratch->err), 0);
	close(fd);
	fd = file_of("", 0);
	assert_int_equal(layer_is_archive(fd, &scratch->err), 0);
	close(fd);
	fd = file_of(gzip_of_text, sizeof(gzip_of_text));
	assert_int_equal(layer_is_archive(fd, &scratch->err), 0);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
	close(fd);
}

static void keeps_holes(void **state)
{
	struct scratch *scratch = *state;
	autofree char *path = xasprintf("%s/layer/sparse-1m.tar", TESTDATA);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	assert_return_code(fd, errno);
	if (layer_unpack(fd, scratch->root_fd, &scratch->options, NULL, &scratch->result,
			 &scratch->err) < 0)
		fail_msg("%s", scratch->err.text);
	close(fd);
	assert_int_equal(fstatat(scratch->root_fd, "sparse", &st, 0), 0);
	assert_int_equal(st.st_size, 1 << 20);
	assert_in_range(st.st_blocks, 0, 64);
	char bytes[4];
	fd = openat(scratch->root_fd, "sparse", O_RDONLY | O_CLOEXEC);
	assert_int_equal(pread(fd, bytes, 4, 500000), 4);
	assert_memory_equal(bytes, "data", 4);
	close(fd);
}

#define SCRATCH_TEST(function) \
	cmocka_unit_test_setup_teardown(function, scratch_set_up, scratch_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(makes_every_kind_of_file),
		SCRATCH_TEST(tells_the_digest_of_the_whole_stream),
		SCRATCH_TEST(keeps_times_and_modes_of_directories),
		SCRATCH_TEST(makes_directories_that_are_only_named),
		SCRATCH_TEST(takes_from_the_layers_below_what_is_only_named),
		SCRATCH_TEST(marks_deletions_as_overlay_wants_them),
		SCRATCH_TEST(deletes_only_below_the_layer),
		SCRATCH_TEST(reports_an_opaque_root),
		SCRATCH_TEST(lets_later_entries_win),
		SCRATCH_TEST(follows_symlinks_inside_the_root),
		SCRATCH_TEST(keeps_capabilities_and_user_attributes),
		SCRATCH_TEST(reads_names_that_no_locale_knows),
		SCRATCH_TEST(reads_link_targets_that_are_in_the_pax_header_only),
		SCRATCH_TEST(lets_the_caller_note_owners),
		SCRATCH_TEST(merges_an_archive_into_what_is_there),
		SCRATCH_TEST(gives_every_entry_one_owner),
		SCRATCH_TEST(skips_devices_where_they_cannot_be_made),
		SCRATCH_TEST(knows_the_formats_that_add_unpacks),
		SCRATCH_TEST(tells_archives_from_other_files),
		SCRATCH_TEST(keeps_holes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
