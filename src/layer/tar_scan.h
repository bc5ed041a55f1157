/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Just enough of reading tar headers to know where entries begin and end and what they are called,
 * so that a tar that exists is cut as if its entries were packed. Nothing is extracted by it, and
 * what it does not understand is no error: the rest of the stream is then bytes.
 */
#ifndef CBUILD_LAYER_TAR_SCAN_H
#define CBUILD_LAYER_TAR_SCAN_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* Headers of one entry as they come, block after block. */
struct tar_scan {
	struct buf blocks; /* all header blocks so far */
	struct buf path;
	uint64_t size; /* of the content that follows */
	char type;
	/* the header that extends the next one */
	char extension;
	uint64_t extension_left;
	size_t extension_start;
	bool has_path, has_size, has_link, expects_sparse;
};

#define TAR_SCAN_INIT                                \
	{                                            \
		.blocks = BUF_INIT, .path = BUF_INIT \
	}

enum tar_scan_answer {
	TAR_SCAN_MORE,	/* give the next block */
	TAR_SCAN_ENTRY, /* blocks, path and size are complete */
	TAR_SCAN_OPAQUE /* no header: blocks holds what was given and not understood */
};

void tar_scan_start(struct tar_scan *scan);
enum tar_scan_answer tar_scan_block(struct tar_scan *scan, const unsigned char *block);
void tar_scan_release(struct tar_scan *scan);
DEFINE_RELEASE(struct tar_scan, tar_scan_release);

#endif
