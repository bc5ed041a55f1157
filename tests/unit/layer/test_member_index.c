/* SPDX-License-Identifier: Apache-2.0 */
#include "memory_source.h"

#include "../cmocka_head.h"
#include "base/alloc.h"
#include "layer/member_index.h"

#include <string.h>

enum { N_FILES = 1500, FILE_SIZE = 4000 };

/* A blob, its index, and both as files. */
struct packed {
	struct buf blob, index_bytes;
	struct pack_result result;
	struct member_index *index;
	int blob_fd;
};

/* Some blobs as the packer asks for them. */
struct earlier_blobs {
	const struct packed *const *items;
	const struct member_index *indexes[4];
	size_t n;
	unsigned n_listed, n_opened;
};

static size_t list_earlier(void *context, const struct member_index *const **ret_indexes)
{
	struct earlier_blobs *blobs = context;

	for (size_t i = 0; i < blobs->n; i++)
		blobs->indexes[i] = blobs->items[i]->index;
	blobs->n_listed++;
	*ret_indexes = blobs->indexes;
	return blobs->n;
}

static int open_earlier(void *context, const struct digest *blob)
{
	struct earlier_blobs *blobs = context;

	blobs->n_opened++;
	for (size_t i = 0; i < blobs->n; i++)
		if (digest_equal(&blobs->items[i]->result.digest, blob))
			return dup(blobs->items[i]->blob_fd);
	return -1;
}

static void fill(struct memory_source *source)
{
	static char *names[N_FILES], *contents[N_FILES];

	for (unsigned i = 0; i < N_FILES; i++) {
		if (!names[i]) {
			names[i] = xasprintf("file-%04u", i);
			contents[i] = some_bytes(i, FILE_SIZE);
		}
		memory_add(source, (struct fs_entry){ .path = names[i], .type = FS_FILE },
			   contents[i], FILE_SIZE);
	}
}

static struct member_index *read_index(const struct buf *bytes)
{
	struct member_index *index = NULL;
	struct error err = ERROR_INIT;
	int fd = file_of(bytes->data, bytes->len);

	if (member_index_read(fd, "index", &index, &err) < 0)
		fail_msg("%s", err.text);
	close(fd);
	return index;
}

static void pack(struct memory_source *source, struct pack_options options, struct packed *packed)
{
	struct error err = ERROR_INIT;
	struct pack_source from = memory_pack_source(source);

	*packed = (struct packed){ .blob = BUF_INIT, .index_bytes = BUF_INIT };
	struct pack_sink sink = keeping_sink(&packed->blob);
	options.index = &packed->index_bytes;
	if (layer_pack(&from, &sink, &options, NULL, &packed->result, &err) < 0)
		fail_msg("%s", err.text);
	packed->index = read_index(&packed->index_bytes);
	packed->blob_fd = file_of(packed->blob.data, packed->blob.len);
}

static void packed_release(struct packed *packed)
{
	buf_release(&packed->blob);
	buf_release(&packed->index_bytes);
	member_index_free(packed->index);
	close(packed->blob_fd);
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

static const enum layer_compression compressions[] = { LAYER_UNCOMPRESSED, LAYER_GZIP, LAYER_ZSTD };

static void describes_the_blob(void **state)
{
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < countof(compressions); i++) {
		struct packed packed;
		pack(*state, (struct pack_options){ .compression = compressions[i] }, &packed);
		assert_true(digest_equal(member_index_blob(packed.index), &packed.result.digest));
		assert_int_equal(member_index_len(packed.index), packed.result.n_members);
		assert_in_range(packed.result.n_members, 6, 50);
		assert_int_equal(member_index_verify(packed.index, packed.blob_fd, &err), 1);
		/* one bit anywhere */
		char byte = (char)(packed.blob.data[packed.blob.len / 2] ^ 1);
		assert_int_equal(pwrite(packed.blob_fd, &byte, 1, (off_t)packed.blob.len / 2), 1);
		assert_int_equal(member_index_verify(packed.index, packed.blob_fd, &err), 0);
		assert_return_code(ftruncate(packed.blob_fd, 100), errno);
		assert_int_equal(member_index_verify(packed.index, packed.blob_fd, &err), 0);
		packed_release(&packed);
	}
}

static void takes_over_what_did_not_change(void **state)
{
	struct memory_source *source = *state;

	for (size_t i = 1; i < countof(compressions); i++) {
		struct pack_options options = { .compression = compressions[i], .n_threads = 3 };
		struct packed first, again, fresh;
		pack(source, options, &first);
		assert_int_equal(first.result.n_reused, 0);

		struct memory_entry was = source->entries.items[700];
		source->entries.items[700].content = some_bytes(4711, FILE_SIZE);
		pack(source, options, &fresh);
		const struct packed *items[] = { &first };
		struct earlier_blobs blobs = { .items = items, .n = 1 };
		struct pack_earlier earlier = { list_earlier, open_earlier, &blobs };
		options.earlier = &earlier;
		pack(source, options, &again);
		free((char *)(uintptr_t)source->entries.items[700].content);
		source->entries.items[700] = was;

		/* the same bytes and the same index, but hardly anything was compressed */
		assert_true(digest_equal(&again.result.digest, &fresh.result.digest));
		assert_int_equal(again.index_bytes.len, fresh.index_bytes.len);
		assert_memory_equal(again.index_bytes.data, fresh.index_bytes.data,
				    fresh.index_bytes.len);
		assert_in_range(again.result.n_members - again.result.n_reused, 1, 2);
		assert_int_equal(blobs.n_listed, 1);
		assert_int_equal(blobs.n_opened, 1);
		packed_release(&first);
		packed_release(&again);
		packed_release(&fresh);
	}
}

static void packs_with(struct memory_source *source, struct pack_options options,
		       const struct packed *from, uint64_t n_reused)
{
	const struct packed *items[] = { from };
	struct earlier_blobs blobs = { .items = items, .n = 1 };
	struct pack_earlier earlier = { list_earlier, open_earlier, &blobs };
	struct packed fresh, again;

	pack(source, options, &fresh);
	options.earlier = &earlier;
	pack(source, options, &again);
	assert_true(digest_equal(&again.result.digest, &fresh.result.digest));
	assert_int_equal(again.result.n_reused, n_reused);
	packed_release(&fresh);
	packed_release(&again);
}

/* Whatever became of the blob that should help: the new one is right. */
static void does_not_trust_the_earlier_blob(void **state)
{
	struct pack_options options = { .compression = LAYER_GZIP };
	struct packed first;

	pack(*state, options, &first);
	uint64_t all = first.result.n_members;
	packs_with(*state, options, &first, all);
	char byte = (char)~first.blob.data[100];
	assert_int_equal(pwrite(first.blob_fd, &byte, 1, 100), 1);
	packs_with(*state, options, &first, all - 1);
	assert_return_code(ftruncate(first.blob_fd, (off_t)first.blob.len - 1), errno);
	packs_with(*state, options, &first, all - 2);
	assert_return_code(ftruncate(first.blob_fd, 0), errno);
	packs_with(*state, options, &first, 0);
	packed_release(&first);
}

/* Another compressor makes other bytes; its members are of no use. */
static void takes_nothing_from_another_compressor(void **state)
{
	struct packed gzip;

	pack(*state, (struct pack_options){ .compression = LAYER_GZIP }, &gzip);
	packs_with(*state, (struct pack_options){ .compression = LAYER_ZSTD }, &gzip, 0);
	packs_with(*state, (struct pack_options){ .compression = LAYER_GZIP, .level = 6 }, &gzip,
		   0);
	packs_with(*state, (struct pack_options){ .compression = LAYER_UNCOMPRESSED }, &gzip, 0);
	packed_release(&gzip);
}

static void takes_from_several_blobs(void **state)
{
	struct memory_source *source = *state;
	struct memory_source half = { 0 }, other = { 0 };
	struct pack_options options = { .compression = LAYER_ZSTD };
	struct packed a, b, both;

	for (size_t i = 0; i < source->entries.len; i++)
		vec_push(i < 700 ? &half.entries : &other.entries, source->entries.items[i]);
	pack(&half, options, &a);
	pack(&other, options, &b);
	const struct packed *items[] = { &a, &b };
	struct earlier_blobs blobs = { .items = items, .n = 2 };
	struct pack_earlier earlier = { list_earlier, open_earlier, &blobs };
	options.earlier = &earlier;
	pack(source, options, &both);
	/* but for the end of the first, where the second begins */
	assert_in_range(both.result.n_members - both.result.n_reused, 1, 3);
	assert_true(both.result.n_reused > a.result.n_members);
	packed_release(&a);
	packed_release(&b);
	packed_release(&both);
	vec_release(&half.entries);
	vec_release(&other.entries);
}

/* A layer of one member is compressed at once: nobody is asked. */
static void asks_nothing_for_a_small_layer(void **state)
{
	struct memory_source *source = *state;
	struct memory_source few = { 0 };
	struct earlier_blobs blobs = { 0 };
	struct pack_earlier earlier = { list_earlier, open_earlier, &blobs };
	struct packed packed;

	for (size_t i = 0; i < 10; i++)
		vec_push(&few.entries, source->entries.items[i]);
	pack(&few, (struct pack_options){ .compression = LAYER_GZIP, .earlier = &earlier },
	     &packed);
	assert_int_equal(packed.result.n_members, 1);
	assert_int_equal(blobs.n_listed, 0);
	packed_release(&packed);
	vec_release(&few.entries);
}

static void refuses_damaged_indexes(void **state)
{
	struct packed packed;
	struct error err = ERROR_INIT;

	pack(*state, (struct pack_options){ .compression = LAYER_GZIP }, &packed);
	for (size_t at = 0; at <= packed.index_bytes.len; at += 37) {
		cleanup(buf_release) struct buf bytes = BUF_INIT;
		struct member_index *index = NULL;
		/* a bit turned; and at the same place, torn off */
		for (int torn = 0; torn < 2; torn++) {
			buf_clear(&bytes);
			buf_add(&bytes, packed.index_bytes.data,
				torn ? at : packed.index_bytes.len);
			if (!torn && at < bytes.len)
				bytes.data[at] ^= 4;
			else if (!torn)
				buf_add_char(&bytes, 'x');
			if (torn && at == packed.index_bytes.len)
				continue;
			int fd = file_of(bytes.data, bytes.len);
			assert_int_equal(member_index_read(fd, "index", &index, &err), -1);
			assert_int_equal(err.code, ERROR_CORRUPT);
			assert_null(index);
			close(fd);
		}
	}
	packed_release(&packed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(describes_the_blob, set_up, tear_down),
		cmocka_unit_test_setup_teardown(takes_over_what_did_not_change, set_up, tear_down),
		cmocka_unit_test_setup_teardown(does_not_trust_the_earlier_blob, set_up, tear_down),
		cmocka_unit_test_setup_teardown(takes_nothing_from_another_compressor, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(takes_from_several_blobs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(asks_nothing_for_a_small_layer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refuses_damaged_indexes, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
