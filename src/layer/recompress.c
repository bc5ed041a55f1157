/* SPDX-License-Identifier: Apache-2.0 */
#include "members.h"
#include "packing.h"
#include "tar_scan.h"
#include "tar_write.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "layer/pack.h"

#include <string.h>

enum { INPUT_SIZE = 64 * 1024 };

struct input {
	int fd;
	unsigned char data[INPUT_SIZE];
	size_t at, len;
};

/* Something to read, unless the end is reached; *ret_len 0 then. */
static int input_fill(struct input *input, size_t *ret_len, struct error *err)
{
	if (input->at == input->len) {
		input->at = 0;
		if (fs_read_full(input->fd, input->data, sizeof(input->data), &input->len, err) < 0)
			return error_wrap(err, "layer tar");
	}
	*ret_len = input->len - input->at;
	return 0;
}

/* The next len bytes, which must be there. */
static int input_take(struct input *input, void *to, size_t len, struct error *err)
{
	size_t there = 0;

	while (len) {
		if (input_fill(input, &there, err) < 0)
			return -1;
		if (!there)
			return error_set(err, ERROR_CORRUPT,
					 "layer tar ends in the middle of an entry");
		size_t part = there < len ? there : len;
		memcpy(to, input->data + input->at, part);
		input->at += part;
		len -= part;
		to = (unsigned char *)to + part;
	}
	return 0;
}

static int add_content(struct members *members, struct input *input, uint64_t size,
		       struct error *err)
{
	while (size) {
		size_t room = 0;
		unsigned char *to = members_room(members, &room);
		if (input_take(input, to, room, err) < 0 || members_added(members, room, err) < 0)
			return -1;
		size -= room;
	}
	return 0;
}

/* Reads the headers of one entry; false when what comes is none (it is in scan->blocks). */
static int read_headers(struct input *input, struct tar_scan *scan, struct error *err)
{
	enum tar_scan_answer answer = TAR_SCAN_MORE;
	size_t there = 0;

	tar_scan_start(scan);
	while (answer == TAR_SCAN_MORE) {
		if (input_fill(input, &there, err) < 0)
			return -1;
		if (there < TAR_BLOCK_SIZE)
			return 0;
		answer = tar_scan_block(scan, input->data + input->at);
		input->at += TAR_BLOCK_SIZE;
	}
	return answer == TAR_SCAN_ENTRY;
}

static int add_entries(struct members *members, struct input *input, struct tar_scan *scan,
		       uint64_t *n_entries, struct error *err)
{
	unsigned char padding[TAR_BLOCK_SIZE];

	for (;;) {
		int found = read_headers(input, scan, err);
		if (found <= 0)
			return found;
		if (members_begin(members, &scan->path, &scan->blocks, scan->size, false, err) <
			    0 ||
		    add_content(members, input, scan->size, err) < 0 ||
		    input_take(input, padding, tar_padding(scan->size), err) < 0)
			return -1;
		(void)members_end(members, padding);
		++*n_entries;
	}
}

static int add_bytes(struct members *members, const void *data, size_t len, struct error *err)
{
	const unsigned char *from = data;

	while (len) {
		size_t part = len < TAR_BLOCK_SIZE ? len : TAR_BLOCK_SIZE;
		if (members_add_block(members, from, part, err) < 0)
			return -1;
		from += part;
		len -= part;
	}
	return 0;
}

/* What comes behind the last entry: the end of the archive, or what is no tar. */
static int add_rest(struct members *members, struct input *input, const struct tar_scan *scan,
		    struct error *err)
{
	size_t there = 0;

	if (add_bytes(members, scan->blocks.data, scan->blocks.len, err) < 0)
		return -1;
	for (;;) {
		if (input_fill(input, &there, err) < 0)
			return -1;
		if (!there)
			return 0;
		if (add_bytes(members, input->data + input->at, there, err) < 0)
			return -1;
		input->at += there;
	}
}

int layer_recompress(int tar_fd, const struct pack_sink *sink, const struct pack_options *options,
		     const struct progress *progress, struct pack_result *ret_result,
		     struct error *err)
{
	cleanup(tar_scan_release) struct tar_scan scan = TAR_SCAN_INIT;
	struct pack_options resolved;
	struct pack_result result = { 0 };

	if (pack_options_resolve(options, &resolved, err) < 0)
		return -1;
	cleanup(member_pool_free) struct member_pool *pool = member_pool_new(&resolved, sink);
	cleanup(members_release) struct members members;
	members_init(&members, pool, progress);
	autofree struct input *input = xcalloc(1, sizeof(*input));
	input->fd = tar_fd;
	if (add_entries(&members, input, &scan, &result.n_entries, err) < 0 ||
	    add_rest(&members, input, &scan, err) < 0 || members_finish(&members, &result, err) < 0)
		return -1;
	*ret_result = result;
	return 0;
}
