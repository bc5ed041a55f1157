/* SPDX-License-Identifier: Apache-2.0 */
#include "decode_child.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/*
 * Layers made here are many small gzip members, each of which libdeflate undoes at once, in a third
 * of zlib's time. What is not like that is left to zlib, which needs neither the whole member in
 * memory nor to know its size.
 */
enum {
	INPUT_SIZE = 2 * 1024 * 1024,
	INPUT_LEAST = 1200 * 1024, /* a whole member of those, or the end */
	OUTPUT_SIZE = 1100 * 1024,
	ZLIB_MEMORY = 64 * 1024,
	GZIP_MAGIC_0 = 0x1f,
	GZIP_MAGIC_1 = 0x8b
};

struct gunzip {
	unsigned char *input, *output;
	size_t at, len;
	bool is_at_end;
	z_stream zlib;
	struct libdeflate_decompressor *deflate; /* NULL once a member was too much for it */
	/* zlib asks for memory late, when there is none to be had any more */
	unsigned char *memory;
	size_t memory_used;
};

static void *give_memory(void *context, unsigned items, unsigned size)
{
	struct gunzip *gunzip = context;
	size_t need = ((size_t)items * size + 15) / 16 * 16;

	if (need > ZLIB_MEMORY - gunzip->memory_used)
		return NULL;
	gunzip->memory_used += need;
	return gunzip->memory + gunzip->memory_used - need;
}

static void keep_memory(void *context, void *memory)
{
	(void)context;
	(void)memory;
}

static bool prepare(struct gunzip *gunzip)
{
	gunzip->input = malloc(INPUT_SIZE);
	gunzip->output = malloc(OUTPUT_SIZE);
	gunzip->memory = malloc(ZLIB_MEMORY);
	gunzip->deflate = libdeflate_alloc_decompressor();
	if (!gunzip->input || !gunzip->output || !gunzip->memory || !gunzip->deflate)
		return false;
	gunzip->zlib.zalloc = give_memory;
	gunzip->zlib.zfree = keep_memory;
	gunzip->zlib.opaque = gunzip;
	return inflateInit2(&gunzip->zlib, 15 + 16) == Z_OK;
}

/* At least `least` bytes of input, or all that is left. */
static bool fill(struct gunzip *gunzip, size_t least)
{
	if (gunzip->len - gunzip->at >= least || gunzip->is_at_end)
		return true;
	gunzip->len -= gunzip->at;
	memmove(gunzip->input, gunzip->input + gunzip->at, gunzip->len);
	gunzip->at = 0;
	while (gunzip->len < least && !gunzip->is_at_end) {
		ssize_t n = decode_read(gunzip->input + gunzip->len, INPUT_SIZE - gunzip->len);
		if (n < 0)
			return false;
		gunzip->len += (size_t)n;
		gunzip->is_at_end = n == 0;
	}
	return true;
}

/* One member at once, if it is one of those. */
static bool inflate_small(struct gunzip *gunzip, size_t *ret_len)
{
	size_t used = 0;

	if (!gunzip->deflate)
		return false;
	if (libdeflate_gzip_decompress_ex(gunzip->deflate, gunzip->input + gunzip->at,
					  gunzip->len - gunzip->at, gunzip->output, OUTPUT_SIZE,
					  &used, ret_len) != LIBDEFLATE_SUCCESS) {
		gunzip->deflate = NULL;
		return false;
	}
	gunzip->at += used;
	return true;
}

static enum decode_status inflate_member(struct gunzip *gunzip)
{
	z_stream *zlib = &gunzip->zlib;
	int answer = Z_OK;

	while (answer != Z_STREAM_END) {
		if (!fill(gunzip, 1))
			return DECODE_READ_FAILED;
		bool had_input = gunzip->at < gunzip->len;
		zlib->next_in = gunzip->input + gunzip->at;
		zlib->avail_in = (unsigned)(gunzip->len - gunzip->at);
		zlib->next_out = gunzip->output;
		zlib->avail_out = OUTPUT_SIZE;
		answer = inflate(zlib, Z_NO_FLUSH);
		gunzip->at = gunzip->len - zlib->avail_in;
		if (answer != Z_OK && answer != Z_STREAM_END && answer != Z_BUF_ERROR)
			return DECODE_CORRUPT;
		if (!decode_write(gunzip->output, OUTPUT_SIZE - zlib->avail_out))
			return DECODE_WRITE_FAILED;
		if (!had_input && zlib->avail_out && answer != Z_STREAM_END)
			return DECODE_TRUNCATED;
	}
	return inflateReset(zlib) == Z_OK ? DECODE_DONE : DECODE_CORRUPT;
}

/* Zeros that fill up a last block are common and harmless; anything else is not. */
static enum decode_status skip_zeros(struct gunzip *gunzip)
{
	for (;;) {
		if (!fill(gunzip, 1))
			return DECODE_READ_FAILED;
		if (gunzip->at == gunzip->len)
			return DECODE_DONE;
		while (gunzip->at < gunzip->len)
			if (gunzip->input[gunzip->at++])
				return DECODE_GARBAGE;
	}
}

static bool is_at_member(const struct gunzip *gunzip)
{
	const unsigned char *at = gunzip->input + gunzip->at;

	return gunzip->len - gunzip->at >= 2 && at[0] == GZIP_MAGIC_0 && at[1] == GZIP_MAGIC_1;
}

enum decode_status decode_gzip(void)
{
	struct gunzip gunzip = { 0 };
	enum decode_status status = DECODE_DONE;
	size_t len = 0;

	if (!prepare(&gunzip))
		return DECODE_NO_MEMORY;
	if (!decode_confine(false))
		return DECODE_NOT_CONFINED;
	if (!fill(&gunzip, INPUT_LEAST))
		return DECODE_READ_FAILED;
	if (!is_at_member(&gunzip))
		return DECODE_CORRUPT;
	while (is_at_member(&gunzip)) {
		if (inflate_small(&gunzip, &len)) {
			if (!decode_write(gunzip.output, len))
				return DECODE_WRITE_FAILED;
		} else {
			status = inflate_member(&gunzip);
			if (status != DECODE_DONE)
				return status;
		}
		if (!fill(&gunzip, gunzip.deflate ? INPUT_LEAST : 2))
			return DECODE_READ_FAILED;
	}
	return skip_zeros(&gunzip);
}
