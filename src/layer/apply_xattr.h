/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CBUILD_LAYER_APPLY_XATTR_H
#define CBUILD_LAYER_APPLY_XATTR_H

#include "tar_read.h"

/*
 * The extended attributes of the entry at hand. Kept are security.capability of files, and user.*
 * of files and directories; the rest says nothing in a layer. Refused: what overlayfs or cbuild
 * itself would act upon. fd -1: only checked.
 * With has_records a capability goes into the record that is there.
 */
int apply_xattrs(struct tar_reader *reader, int fd, bool is_file, bool has_records,
		 struct error *err) must_check;

#endif
