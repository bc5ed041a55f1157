/* SPDX-License-Identifier: Apache-2.0 */
#include "compress.h"

#include "base/alloc.h"

#include <assert.h>
#include <libdeflate.h>
#include <zstd.h>

struct compressor {
	enum layer_compression compression;
	struct libdeflate_compressor *deflate;
	ZSTD_CCtx *zstd;
};

int compress_level(enum layer_compression compression, int level, int *ret_level, struct error *err)
{
	int max = compression == LAYER_GZIP ? GZIP_LEVEL_MAX : ZSTD_LEVEL_MAX;

	if (compression == LAYER_UNCOMPRESSED)
		max = 0;
	if (level < 0 || level > max)
		return error_set(err, ERROR_USAGE, "compression level %d is not between 0 and %d",
				 level, max);
	if (!level && compression == LAYER_GZIP)
		level = GZIP_LEVEL_DEFAULT;
	if (!level && compression == LAYER_ZSTD)
		level = ZSTD_LEVEL_DEFAULT;
	*ret_level = level;
	return 0;
}

void compress_describe(enum layer_compression compression, int level, struct buf *text)
{
	if (compression == LAYER_GZIP)
		buf_printf(text, "libdeflate %s level %d", LIBDEFLATE_VERSION_STRING, level);
	else if (compression == LAYER_ZSTD)
		buf_printf(text, "libzstd %s level %d", ZSTD_versionString(), level);
	else
		buf_add_text(text, "none");
}

struct compressor *compressor_new(enum layer_compression compression, int level)
{
	struct compressor *compressor = xcalloc(1, sizeof(*compressor));

	compressor->compression = compression;
	if (compression == LAYER_GZIP) {
		compressor->deflate = libdeflate_alloc_compressor(level);
		assert(compressor->deflate);
	} else if (compression == LAYER_ZSTD) {
		compressor->zstd = ZSTD_createCCtx();
		assert(compressor->zstd);
		(void)ZSTD_CCtx_setParameter(compressor->zstd, ZSTD_c_compressionLevel, level);
		(void)ZSTD_CCtx_setParameter(compressor->zstd, ZSTD_c_checksumFlag, 0);
		(void)ZSTD_CCtx_setParameter(compressor->zstd, ZSTD_c_contentSizeFlag, 1);
	}
	return compressor;
}

void compressor_free(struct compressor *compressor)
{
	if (!compressor)
		return;
	libdeflate_free_compressor(compressor->deflate);
	(void)ZSTD_freeCCtx(compressor->zstd);
	free(compressor);
}

static int run_gzip(struct compressor *compressor, const void *data, size_t len, struct buf *out,
		    struct error *err)
{
	size_t bound = libdeflate_gzip_compress_bound(compressor->deflate, len);

	buf_reserve(out, bound);
	/* the header is fixed: no name, time 0, OS 255 ("unknown") */
	out->len = libdeflate_gzip_compress(compressor->deflate, data, len, out->data, bound);
	if (!out->len)
		return error_set(err, ERROR_SYSTEM, "gzip: %zu bytes do not fit", len);
	return 0;
}

static int run_zstd(struct compressor *compressor, const void *data, size_t len, struct buf *out,
		    struct error *err)
{
	size_t bound = ZSTD_compressBound(len);

	buf_reserve(out, bound);
	size_t done = ZSTD_compress2(compressor->zstd, out->data, bound, data, len);
	if (ZSTD_isError(done))
		return error_set(err, ERROR_SYSTEM, "zstd: %s", ZSTD_getErrorName(done));
	out->len = done;
	return 0;
}

int compressor_run(struct compressor *compressor, const void *data, size_t len, struct buf *out,
		   struct error *err)
{
	buf_clear(out);
	if (compressor->compression == LAYER_GZIP)
		return run_gzip(compressor, data, len, out, err);
	if (compressor->compression == LAYER_ZSTD)
		return run_zstd(compressor, data, len, out, err);
	buf_add(out, data, len);
	return 0;
}
