/* SPDX-License-Identifier: Apache-2.0 */
#include "tar_mend.h"

#include "tar_write.h"

#include <stdio.h>
#include <string.h>

enum { AT_CHECKSUM = 148, CHECKSUM_SIZE = 8, AT_LINK = 157 };

void tar_mend_release(struct tar_mend *mend)
{
	tar_scan_release(&mend->scan);
}

static void put_checksum(unsigned char *block)
{
	char text[CHECKSUM_SIZE];
	unsigned sum = 0;

	memset(block + AT_CHECKSUM, ' ', CHECKSUM_SIZE);
	for (size_t i = 0; i < TAR_BLOCK_SIZE; i++)
		sum += block[i];
	(void)snprintf(text, sizeof(text), "%06o", sum);
	memcpy(block + AT_CHECKSUM, text, CHECKSUM_SIZE - 1);
}

static void mend_link(const struct tar_scan *scan, unsigned char *header)
{
	bool is_link = scan->type == '1' || scan->type == '2';

	if (!is_link || !scan->has_link || header[AT_LINK])
		return;
	header[AT_LINK] = '_';
	put_checksum(header);
}

static void mend_block(struct tar_mend *mend, unsigned char *block)
{
	switch (tar_scan_block(&mend->scan, block)) {
	case TAR_SCAN_MORE:
		break;
	case TAR_SCAN_ENTRY:
		mend_link(&mend->scan, block);
		mend->skip = mend->scan.size + tar_padding(mend->scan.size);
		mend->is_lost = mend->skip < mend->scan.size;
		tar_scan_start(&mend->scan);
		break;
	case TAR_SCAN_OPAQUE:
	default:
		mend->is_lost = true;
		break;
	}
}

void tar_mend_blocks(struct tar_mend *mend, unsigned char *blocks, size_t len)
{
	size_t at = 0;

	while (!mend->is_lost && at + TAR_BLOCK_SIZE <= len) {
		if (mend->skip) {
			size_t part = mend->skip < len - at ? (size_t)mend->skip : len - at;
			mend->skip -= part;
			at += part;
			continue;
		}
		mend_block(mend, blocks + at);
		at += TAR_BLOCK_SIZE;
	}
}
