/* SPDX-License-Identifier: Apache-2.0 */
#include "decode_child.h"

/* all memory is taken before the filter is loaded, which needs a context in memory of our own */
#define ZSTD_STATIC_LINKING_ONLY

#include <stdlib.h>
#include <sys/mman.h>
#include <zstd.h>
#include <zstd_errors.h>

enum { BUFFER_SIZE = 256 * 1024 };

struct unzstd {
	unsigned char *input, *output;
	ZSTD_DStream *zstd;
};

/* Only the pages that a window really needs are ever touched. */
static bool prepare(struct unzstd *unzstd)
{
	size_t size = ZSTD_estimateDStreamSize((size_t)1 << DECODE_ZSTD_WINDOW_LOG);
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		return false;
	unzstd->input = malloc(BUFFER_SIZE);
	unzstd->output = malloc(BUFFER_SIZE);
	unzstd->zstd = ZSTD_initStaticDStream(memory, size);
	return unzstd->input && unzstd->output && unzstd->zstd &&
	       !ZSTD_isError(ZSTD_DCtx_setParameter(unzstd->zstd, ZSTD_d_windowLogMax,
						    DECODE_ZSTD_WINDOW_LOG));
}

static enum decode_status status_of(size_t answer, bool is_behind_frame)
{
	ZSTD_ErrorCode code = ZSTD_getErrorCode(answer);

	if (code == ZSTD_error_frameParameter_windowTooLarge ||
	    code == ZSTD_error_memory_allocation)
		return DECODE_TOO_LARGE;
	return code == ZSTD_error_prefix_unknown && is_behind_frame ? DECODE_GARBAGE
								    : DECODE_CORRUPT;
}

/* Everything that this input gives. *answer is 0 when a frame has just ended. */
static enum decode_status decode_input(struct unzstd *unzstd, size_t len, size_t *answer)
{
	ZSTD_inBuffer in = { .src = unzstd->input, .size = len };
	size_t produced = BUFFER_SIZE;

	while (in.pos < in.size || produced == BUFFER_SIZE) {
		ZSTD_outBuffer out = { .dst = unzstd->output, .size = BUFFER_SIZE };
		bool is_behind_frame = *answer == 0;
		if (is_behind_frame && in.pos == in.size)
			break;
		*answer = ZSTD_decompressStream(unzstd->zstd, &out, &in);
		if (ZSTD_isError(*answer))
			return status_of(*answer, is_behind_frame);
		if (!decode_write(unzstd->output, out.pos))
			return DECODE_WRITE_FAILED;
		produced = out.pos;
	}
	return DECODE_DONE;
}

enum decode_status decode_zstd(void)
{
	struct unzstd unzstd = { 0 };
	enum decode_status status = DECODE_DONE;
	size_t answer = 1;

	if (!prepare(&unzstd))
		return DECODE_NO_MEMORY;
	if (!decode_confine(false))
		return DECODE_NOT_CONFINED;
	while (status == DECODE_DONE) {
		ssize_t n = decode_read(unzstd.input, BUFFER_SIZE);
		if (n < 0)
			return DECODE_READ_FAILED;
		if (!n)
			return answer == 0 ? DECODE_DONE : DECODE_TRUNCATED;
		status = decode_input(&unzstd, (size_t)n, &answer);
	}
	return status;
}
