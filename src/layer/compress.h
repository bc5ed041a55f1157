/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One compressor per format on every machine, so that the bytes are the same everywhere: gzip by
 * libdeflate, zstd by libzstd. Each call makes one whole gzip member or zstd frame.
 */
#ifndef CBUILD_LAYER_COMPRESS_H
#define CBUILD_LAYER_COMPRESS_H

#include "base/buf.h"
#include "base/error.h"
#include "oci/manifest.h"

enum { GZIP_LEVEL_DEFAULT = 5, GZIP_LEVEL_MAX = 12, ZSTD_LEVEL_DEFAULT = 3, ZSTD_LEVEL_MAX = 22 };

struct compressor; /* for one thread */

/* The level that 0 stands for; ERROR_USAGE for one that the compression does not have. */
int compress_level(enum layer_compression compression, int level, int *ret_level, struct error *err)
	must_check;
/* What made the bytes: name, version and level ("libdeflate 1.14 level 5"). */
void compress_describe(enum layer_compression compression, int level, struct buf *text);

struct compressor *compressor_new(enum layer_compression compression, int level);
void compressor_free(struct compressor *compressor);
DEFINE_CLEANUP(struct compressor *, compressor_free);
/* Replaces what is in out. */
int compressor_run(struct compressor *compressor, const void *data, size_t len, struct buf *out,
		   struct error *err) must_check;

#endif
