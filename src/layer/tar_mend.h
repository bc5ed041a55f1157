/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Go's archive/tar leaves the link field of a ustar header empty where the target has no ASCII
 * character in it, and tells the target in the PAX header; libarchive 3.6 then knows of none. So
 * such a field gets a byte on its way to libarchive, which takes the target from the PAX header.
 */
#ifndef CBUILD_LAYER_TAR_MEND_H
#define CBUILD_LAYER_TAR_MEND_H

#include "tar_scan.h"

struct tar_mend {
	struct tar_scan scan;
	uint64_t skip; /* content still to come */
	bool is_lost;  /* what comes is no tar that we understand; nothing more is mended */
};

#define TAR_MEND_INIT                 \
	{                             \
		.scan = TAR_SCAN_INIT \
	}

void tar_mend_release(struct tar_mend *mend);
/* The next blocks of the stream; only the last call may have a part of one. */
void tar_mend_blocks(struct tar_mend *mend, unsigned char *blocks, size_t len);

#endif
