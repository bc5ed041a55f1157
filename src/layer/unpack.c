/* SPDX-License-Identifier: Apache-2.0 */
#include "layer/unpack.h"

#include "apply.h"
#include "tar_read.h"

#include "base/fs.h"

#include <unistd.h>

static struct tar_options tar_options_of(const struct unpack_options *options)
{
	return (struct tar_options){
		.max_size = options->max_size ? options->max_size : UNPACK_SIZE_MAX,
		.max_entries = options->max_entries ? options->max_entries : UNPACK_ENTRIES_MAX,
		.knows_rare = options->mode == UNPACK_MERGE,
	};
}

static int apply_all(struct apply *apply, struct tar_reader *reader, uint64_t *n_entries,
		     struct error *err)
{
	struct tar_item item;

	for (;;) {
		int found = tar_reader_next(reader, &item, err);
		if (found < 0)
			return -1;
		if (!found)
			return apply_finish(apply, err);
		if (apply_item(apply, &item, err) < 0)
			return -1;
		++*n_entries;
	}
}

int layer_unpack(int blob_fd, int dir_fd, const struct unpack_options *options,
		 const struct progress *progress, struct unpack_result *ret_result,
		 struct error *err)
{
	const struct tar_options tar_options = tar_options_of(options);
	cleanup(tar_reader_free) struct tar_reader *reader = NULL;
	struct unpack_result result = { 0 };

	if (tar_reader_open(blob_fd, &tar_options, progress, &reader, err) < 0)
		return -1;
	cleanup(apply_release) struct apply apply;
	apply_init(&apply, dir_fd, reader, options);
	if (apply_all(&apply, reader, &result.n_entries, err) < 0 ||
	    tar_reader_finish(reader, &result.diff_id, &result.size, err) < 0)
		return -1;
	result.n_skipped_devices = apply.n_skipped_devices;
	result.is_root_opaque = apply.is_root_opaque;
	*ret_result = result;
	return 0;
}

/*
 * As moby's archive detection: what can be decoded, and begins with a header that can be read. An
 * archive of nothing is none.
 */
int layer_is_archive(int fd, struct error *err)
{
	static const struct tar_options tar_options = { .max_size = UNPACK_SIZE_MAX,
							.max_entries = 1,
							.knows_rare = true };
	cleanup(tar_reader_free) struct tar_reader *reader = NULL;
	struct tar_item item;

	if (tar_reader_open(fd, &tar_options, NULL, &reader, err) < 0)
		return -1;
	int found = tar_reader_next(reader, &item, err);
	if (found < 0 && err->code != ERROR_CORRUPT)
		return -1;
	tar_reader_free(take_ptr(&reader));
	if (lseek(fd, 0, SEEK_SET) < 0)
		return error_sys(err, "rewind");
	return found > 0;
}

int layer_decompress(int blob_fd, int out_fd, struct digest *ret_diff_id, struct error *err)
{
	static const struct tar_options tar_options = { .max_size = UNPACK_SIZE_MAX };
	cleanup(tar_reader_free) struct tar_reader *reader = NULL;
	const void *data = NULL;
	size_t len = 0;
	uint64_t size = 0;

	if (tar_reader_open(blob_fd, &tar_options, NULL, &reader, err) < 0)
		return -1;
	do {
		if (tar_reader_bytes(reader, &data, &len, err) < 0)
			return -1;
		if (fs_write_all(out_fd, data, len, err) < 0)
			return error_wrap(err, "plain layer");
	} while (len);
	return tar_reader_finish(reader, ret_diff_id, &size, err);
}
