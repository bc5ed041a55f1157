/* SPDX-License-Identifier: Apache-2.0 */
/* A job's messages, cut where the first byte says: the same frames come out as from one piece. */
#include "channel.h"
#include "fuzz_target.h"

#include "base/digest.h"

#include <assert.h>

/* Frames that come out before the end, or before what is none. */
static void read_all(struct channel_reader *reader, struct hasher *hasher, bool *is_broken)
{
	struct error err = ERROR_INIT;
	struct frame frame;
	int found = 0;

	while (!*is_broken && (found = channel_next(reader, &frame, &err)) > 0) {
		assert(frame.len <= JOB_RECORD_SIZE_MAX);
		if (frame.kind == FRAME_NOTE)
			assert(frame.len && frame.data[frame.len - 1] == '\0');
		hasher_add(hasher, &frame.kind, sizeof(frame.kind));
		hasher_add(hasher, frame.data, frame.len);
	}
	*is_broken |= found < 0;
	assert(found == 0 || err.code == ERROR_CORRUPT);
}

static struct digest read_in_two(const uint8_t *data, size_t size, size_t cut)
{
	cleanup(channel_reader_release) struct channel_reader reader = CHANNEL_READER_INIT;
	cleanup(hasher_release) struct hasher hasher = HASHER_INIT;
	bool is_broken = false;

	hasher_start(&hasher);
	buf_add(&reader.in, data, cut);
	read_all(&reader, &hasher, &is_broken);
	buf_add(&reader.in, data + cut, size - cut);
	read_all(&reader, &hasher, &is_broken);
	return hasher_finish(&hasher);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	size_t cut = *data % size;
	struct digest whole = read_in_two(data + 1, size - 1, 0);
	struct digest parts = read_in_two(data + 1, size - 1, cut < size - 1 ? cut : size - 1);

	assert(digest_equal(&whole, &parts));
	return 0;
}
