/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a tar: whatever is understood of it, not a byte may change on the way. */
#include "fuzz_target.h"

#include "base/buf.h"
#include "base/fs.h"
#include "layer/pack.h"

#include <assert.h>
#include <string.h>
#include <sys/mman.h>

static int keep(void *context, const void *data, size_t len, struct error *err)
{
	(void)err;
	buf_add(context, data, len);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(buf_release) struct buf out = BUF_INIT;
	autoclose int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct pack_options options = { .compression = LAYER_UNCOMPRESSED };
	struct pack_sink sink = { keep, &out };
	struct error err = ERROR_INIT;
	struct pack_result result;

	if (fs_write_all(fd, data, size, &err) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return 0;
	if (layer_recompress(fd, &sink, &options, NULL, &result, &err) < 0) {
		assert(err.code == ERROR_CORRUPT && err.text[0]);
		return 0;
	}
	assert(out.len == size && memcmp(out.data, data, size) == 0);
	assert(result.plain_size == size);
	return 0;
}
