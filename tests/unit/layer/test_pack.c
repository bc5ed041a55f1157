/* SPDX-License-Identifier: Apache-2.0 */
#include "memory_source.h"

#include "../cmocka_head.h"
#include "base/alloc.h"
#include "layer/unpack.h"

#include <fcntl.h>
#include <string.h>

enum { N_SMALL = 600, BIG_SIZE = 3 * 1024 * 1024 + 77, TAR_BLOCK = 512 };

/* A layer with everything in it: some 6 MB, a dozen members. */
static void fill(struct memory_source *source)
{
	static char *names[N_SMALL], *contents[N_SMALL], *big;
	static unsigned char capability[20] = { 1, 0, 0, 2, 0, 4 };

	memory_add(source, (struct fs_entry){ .path = "dir", .type = FS_DIR, .mode = 0755 }, NULL,
		   0);
	for (unsigned i = 0; i < N_SMALL; i++) {
		size_t len = i * 37 % 9000;
		if (!names[i]) {
			names[i] = xasprintf("dir/file-%04u", i);
			contents[i] = some_bytes(i, len);
		}
		struct fs_entry entry = { .path = names[i],
					  .type = FS_FILE,
					  .mode = 0644,
					  .uid = i % 3,
					  .mtime = 1600000000 + i };
		memory_add(source, entry, contents[i], len);
	}
	if (!big)
		big = some_bytes(99, BIG_SIZE);
	memory_add(source, (struct fs_entry){ .path = "dir/big", .type = FS_FILE, .mode = 0600 },
		   big, BIG_SIZE);
	memory_add(source,
		   (struct fs_entry){ .path = "dir/caps",
				      .type = FS_FILE,
				      .mode = 0755,
				      .capability = capability,
				      .capability_len = sizeof(capability) },
		   "x", 1);
	memory_add(source,
		   (struct fs_entry){ .path = "dir/link", .type = FS_SYMLINK, .target = "../etc" },
		   NULL, 0);
	memory_add(source,
		   (struct fs_entry){
			   .path = "dir/name\xc3\xa4", .type = FS_HARDLINK, .target = "dir/caps" },
		   NULL, 0);
	memory_add(source, (struct fs_entry){ .path = "dir/old", .type = FS_WHITEOUT }, NULL, 0);
	memory_add(source, (struct fs_entry){ .path = "fifo", .type = FS_FIFO, .mode = 0600 }, NULL,
		   0);
	memory_add(source, (struct fs_entry){ .path = "socket", .type = FS_SOCKET }, NULL, 0);
}

static int set_up(void **state)
{
	struct memory_source *source = xcalloc(1, sizeof(*source));

	fill(source);
	*state = source;
	return 0;
}

static int tear_down(void **state)
{
	struct memory_source *source = *state;

	vec_release(&source->entries);
	free(source);
	return 0;
}

static struct pack_result pack(struct memory_source *source, const struct pack_options *options,
			       struct buf *blob)
{
	struct error err = ERROR_INIT;
	struct pack_result result = { 0 };
	struct pack_source from = memory_pack_source(source);
	struct pack_sink sink = keeping_sink(blob);

	if (layer_pack(&from, &sink, options, NULL, &result, &err) < 0)
		fail_msg("%s", err.text);
	struct digest digest = digest_of(blob->data, blob->len);
	assert_true(digest_equal(&digest, &result.digest));
	assert_int_equal(result.size, blob->len);
	return result;
}

/*
 * These bytes are a promise: an image that is built again somewhere else must get the same digest.
 * libdeflate 1.14 and libzstd 1.5.4 made them; another version may have other digests of the
 * compressed forms, and then a cache filled by the old one is not shared with the new.
 */
static void makes_the_same_bytes_for_ever(void **state)
{
	static const struct {
		enum layer_compression compression;
		const char *digest;
	} cases[] = {
		{ LAYER_UNCOMPRESSED,
		  "sha256:46cd1ea7f065dfd9144274184759775da57575b8ea6741b6b37bfb71f0b1a333" },
		{ LAYER_GZIP,
		  "sha256:b3a0ac2a0f813d6deb95ebf700e84f088cf885bcce937a5308ca1f735f775cfb" },
		{ LAYER_ZSTD,
		  "sha256:2153c9d159df57462dbfde68034b14dce356d4acddbbda0d8f6cc668f84e89e8" },
	};
	static const unsigned threads[] = { 1, 2, 7 };
	cleanup(buf_release) struct buf blob = BUF_INIT;

	for (size_t i = 0; i < countof(cases); i++) {
		for (size_t j = 0; j < countof(threads); j++) {
			struct pack_options options = { .compression = cases[i].compression,
							.n_threads = threads[j] };
			struct pack_result result = pack(*state, &options, &blob);
			struct digest_text text = digest_format(&result.digest);
			struct digest_text diff_id = digest_format(&result.diff_id);
			assert_string_equal(text.text, cases[i].digest);
			assert_string_equal(diff_id.text, cases[0].digest);
			assert_int_equal(result.n_entries, N_SMALL + 7);
		}
	}
}

static void packs_nothing_as_two_zero_blocks(void **state)
{
	cleanup(buf_release) struct buf blob = BUF_INIT;
	struct memory_source nothing = { 0 };
	struct pack_options options = { .compression = LAYER_UNCOMPRESSED };
	static const char zeros[2 * TAR_BLOCK];

	(void)state;
	struct pack_result result = pack(&nothing, &options, &blob);
	assert_int_equal(blob.len, sizeof(zeros));
	assert_memory_equal(blob.data, zeros, sizeof(zeros));
	assert_int_equal(result.n_entries, 0);
}

/* Starts of gzip members: libdeflate's fixed header. */
static size_t member_starts(const struct buf *blob, size_t *starts, size_t max)
{
	static const char header[] = { 0x1f, (char)0x8b, 8, 0, 0, 0, 0, 0, 0, (char)0xff };
	size_t n = 0;

	for (size_t i = 0; i + sizeof(header) <= blob->len; i++) {
		if (memcmp(blob->data + i, header, sizeof(header)) == 0) {
			assert_true(n < max);
			starts[n++] = i;
		}
	}
	return n;
}

static void cuts_members_between_128_kib_and_1_mib(void **state)
{
	cleanup(buf_release) struct buf blob = BUF_INIT;
	struct pack_options options = { .compression = LAYER_GZIP };
	size_t starts[64];

	pack(*state, &options, &blob);
	size_t n = member_starts(&blob, starts, countof(starts));
	assert_in_range(n, 8, 30);
	for (size_t i = 0; i < n; i++) {
		size_t end = i + 1 < n ? starts[i + 1] : blob.len;
		unsigned char tail[4];
		memcpy(tail, blob.data + end - 4, 4);
		size_t plain = tail[0] | (size_t)tail[1] << 8 | (size_t)tail[2] << 16;
		assert_in_range(plain, i + 1 < n ? 128 * 1024 : 1, 1024 * 1024);
	}
}

/* How many members of a are not in b. */
static size_t changed_members(const struct buf *a, const struct buf *b)
{
	size_t starts_a[64], starts_b[64], n = 0;
	size_t n_a = member_starts(a, starts_a, 64), n_b = member_starts(b, starts_b, 64);

	starts_a[n_a] = a->len;
	starts_b[n_b] = b->len;
	for (size_t i = 0; i < n_a; i++) {
		for (size_t j = 0; j < n_b; j++) {
			size_t len = starts_a[i + 1] - starts_a[i];
			if (starts_b[j + 1] - starts_b[j] == len &&
			    memcmp(a->data + starts_a[i], b->data + starts_b[j], len) == 0) {
				n++;
				break;
			}
		}
	}
	return n_a - n;
}

static void changes_one_or_two_members_for_one_file(void **state)
{
	struct memory_source *source = *state;
	cleanup(buf_release) struct buf before = BUF_INIT, after = BUF_INIT;
	struct pack_options options = { .compression = LAYER_GZIP };

	pack(source, &options, &before);
	for (size_t i = 20; i < N_SMALL; i += 100) {
		struct memory_entry *entry = &source->entries.items[i];
		struct memory_entry was = *entry;
		entry->content = "new content";
		entry->content_len = entry->entry.size = strlen(entry->content);
		pack(source, &options, &after);
		assert_in_range(changed_members(&before, &after), 1, 2);
		*entry = was;
	}
	/* one entry more before all of them moves everything, and yet */
	memory_add(source, (struct fs_entry){ .path = "a", .type = FS_DIR }, NULL, 0);
	struct memory_entry last = source->entries.items[source->entries.len - 1];
	memmove(source->entries.items + 1, source->entries.items,
		(source->entries.len - 1) * sizeof(last));
	source->entries.items[0] = last;
	pack(source, &options, &after);
	assert_in_range(changed_members(&before, &after), 1, 2);
}

static void clamps_times_to_the_epoch(void **state)
{
	cleanup(buf_release) struct buf blob = BUF_INIT;
	struct memory_source source = { 0 };
	struct pack_options options = { .has_epoch = true, .epoch = 01000 };

	(void)state;
	memory_add(&source, (struct fs_entry){ .path = "old", .type = FS_DIR, .mtime = 0777 }, NULL,
		   0);
	memory_add(&source, (struct fs_entry){ .path = "new", .type = FS_DIR, .mtime = 01001 },
		   NULL, 0);
	pack(&source, &options, &blob);
	assert_string_equal(blob.data + 136, "00000000777");
	assert_string_equal(blob.data + TAR_BLOCK + 136, "00000001000");
	vec_release(&source.entries);
}

static void pack_fails(struct memory_source *source, enum error_code code, const char *name)
{
	cleanup(buf_release) struct buf blob = BUF_INIT;
	struct pack_source from = memory_pack_source(source);
	struct pack_sink sink = keeping_sink(&blob);
	struct pack_options options = { .compression = LAYER_GZIP, .n_threads = 2 };
	struct pack_result result;
	struct error err = ERROR_INIT;

	assert_int_equal(layer_pack(&from, &sink, &options, NULL, &result, &err), -1);
	assert_int_equal(err.code, code);
	assert_non_null(strstr(err.text, name));
}

static void notices_files_that_change(void **state)
{
	struct memory_source *source = *state;
	struct memory_entry *entry = &source->entries.items[500];
	struct memory_entry was = *entry;

	entry->content_len--;
	pack_fails(source, ERROR_CHANGED, was.entry.path);
	entry->content_len += 2;
	pack_fails(source, ERROR_CHANGED, was.entry.path);
	*entry = was;
	entry->entry.has_digest = true;
	entry->entry.digest = digest_of("something else", 14);
	pack_fails(source, ERROR_CHANGED, was.entry.path);
	*entry = was;

	/* and the same digest with what it says is fine, for a big file too */
	cleanup(buf_release) struct buf blob = BUF_INIT;
	for (size_t i = 500; i <= N_SMALL + 1; i++) {
		struct memory_entry *item = &source->entries.items[i];
		item->entry.has_digest = true;
		item->entry.digest = digest_of(item->content, item->content_len);
	}
	pack(source, &(struct pack_options){ .compression = LAYER_ZSTD }, &blob);
	source->entries.items[N_SMALL + 1].entry.digest.bytes[0] ^= 1;
	pack_fails(source, ERROR_CHANGED, "dir/big");
}

static int refuse_bytes(void *context, const void *data, size_t len, struct error *err)
{
	int *left = context;

	(void)data;
	(void)len;
	return (*left)-- ? 0 : error_set(err, ERROR_NO_SPACE, "no room in the test");
}

static void hands_on_what_the_sink_says(void **state)
{
	for (int n = 0; n < 8; n += 3) {
		int left = n;
		struct pack_source from = memory_pack_source(*state);
		struct pack_sink sink = { refuse_bytes, &left };
		struct pack_options options = { .compression = LAYER_GZIP, .n_threads = 3 };
		struct pack_result result;
		struct error err = ERROR_INIT;
		assert_int_equal(layer_pack(&from, &sink, &options, NULL, &result, &err), -1);
		assert_int_equal(err.code, ERROR_NO_SPACE);
	}
}

static void refuses_levels_that_do_not_exist(void **state)
{
	struct memory_source nothing = { 0 };
	struct pack_source from = memory_pack_source(&nothing);
	cleanup(buf_release) struct buf blob = BUF_INIT;
	struct pack_sink sink = keeping_sink(&blob);
	struct pack_options options = { .compression = LAYER_GZIP, .level = 13 };
	struct pack_result result;
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(layer_pack(&from, &sink, &options, NULL, &result, &err), -1);
	assert_int_equal(err.code, ERROR_USAGE);
	options.level = 12;
	assert_int_equal(layer_pack(&from, &sink, &options, NULL, &result, &err), 0);
}

static struct pack_result recompress(const struct buf *tar, const struct pack_options *options,
				     struct buf *blob)
{
	struct error err = ERROR_INIT;
	struct pack_result result = { 0 };
	struct pack_sink sink = keeping_sink(blob);
	int fd = file_of(tar->data, tar->len);

	if (layer_recompress(fd, &sink, options, NULL, &result, &err) < 0)
		fail_msg("%s", err.text);
	close(fd);
	return result;
}

static void recompresses_to_what_packing_makes(void **state)
{
	cleanup(buf_release) struct buf tar = BUF_INIT, packed = BUF_INIT, again = BUF_INIT;

	struct pack_result plain = pack(*state, &(struct pack_options){ 0 }, &tar);
	for (int compression = LAYER_UNCOMPRESSED; compression <= LAYER_ZSTD; compression++) {
		struct pack_options options = { .compression =
							(enum layer_compression)compression };
		struct pack_result result = pack(*state, &options, &packed);
		struct pack_result same = recompress(&tar, &options, &again);
		assert_true(digest_equal(&result.digest, &same.digest));
		assert_true(digest_equal(&plain.diff_id, &same.diff_id));
		assert_int_equal(same.n_entries, plain.n_entries);
		assert_int_equal(same.plain_size, tar.len);
	}
}

/* Whatever it is, not a byte of it may be lost. */
static void recompresses_what_is_no_tar(void **state)
{
	cleanup(buf_release) struct buf data = BUF_INIT, again = BUF_INIT;

	(void)state;
	for (size_t len = 0; len < 3000000; len = len * 3 + 511) {
		autofree char *bytes = some_bytes((uint32_t)len, len);
		buf_clear(&data);
		tar_add(&data, (struct tar_spec){ .name = "first", .content = "content" });
		data.data[data.len - 1] = 'p'; /* a padding that is not zero */
		buf_add(&data, bytes, len);
		recompress(&data, &(struct pack_options){ .compression = LAYER_UNCOMPRESSED },
			   &again);
		assert_int_equal(again.len, data.len);
		assert_memory_equal(again.data, data.data, data.len);
	}
}

static void refuses_to_recompress_half_a_tar(void **state)
{
	cleanup(buf_release) struct buf tar = BUF_INIT, blob = BUF_INIT;
	struct pack_options options = { .compression = LAYER_GZIP };
	struct pack_sink sink = keeping_sink(&blob);
	struct pack_result result;
	struct error err = ERROR_INIT;

	(void)state;
	tar_add(&tar, (struct tar_spec){ .name = "huge", .size = "77777777777" });
	buf_add_text(&tar, "not so much");
	int fd = file_of(tar.data, tar.len);
	assert_int_equal(layer_recompress(fd, &sink, &options, NULL, &result, &err), -1);
	assert_int_equal(err.code, ERROR_CORRUPT);
	close(fd);
}

/* What it packs it can undo, and nothing else comes out. */
static void decompresses_what_it_packs(void **state)
{
	cleanup(buf_release) struct buf tar = BUF_INIT, blob = BUF_INIT;
	struct error err = ERROR_INIT;

	pack(*state, &(struct pack_options){ 0 }, &tar);
	for (int compression = LAYER_UNCOMPRESSED; compression <= LAYER_ZSTD; compression++) {
		struct pack_options options = { .compression =
							(enum layer_compression)compression };
		struct pack_result result = pack(*state, &options, &blob);
		int in = file_of(blob.data, blob.len), out = file_of(NULL, 0);
		struct digest diff_id;
		if (layer_decompress(in, out, &diff_id, &err) < 0)
			fail_msg("%s", err.text);
		assert_true(digest_equal(&diff_id, &result.diff_id));
		char *plain = mmap(NULL, tar.len, PROT_READ, MAP_PRIVATE, out, 0);
		assert_memory_equal(plain, tar.data, tar.len);
		munmap(plain, tar.len);
		close(in);
		close(out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(makes_the_same_bytes_for_ever, set_up, tear_down),
		cmocka_unit_test(packs_nothing_as_two_zero_blocks),
		cmocka_unit_test_setup_teardown(cuts_members_between_128_kib_and_1_mib, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(changes_one_or_two_members_for_one_file, set_up,
						tear_down),
		cmocka_unit_test(clamps_times_to_the_epoch),
		cmocka_unit_test_setup_teardown(notices_files_that_change, set_up, tear_down),
		cmocka_unit_test_setup_teardown(hands_on_what_the_sink_says, set_up, tear_down),
		cmocka_unit_test(refuses_levels_that_do_not_exist),
		cmocka_unit_test_setup_teardown(recompresses_to_what_packing_makes, set_up,
						tear_down),
		cmocka_unit_test(recompresses_what_is_no_tar),
		cmocka_unit_test(refuses_to_recompress_half_a_tar),
		cmocka_unit_test_setup_teardown(decompresses_what_it_packs, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
