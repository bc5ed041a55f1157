/* SPDX-License-Identifier: Apache-2.0 */
/* Names in an archive, read as paths beneath a root, and what they mean in a layer. */
#ifndef CBUILD_LAYER_ENTRY_NAME_H
#define CBUILD_LAYER_ENTRY_NAME_H

#include "base/buf.h"
#include "base/error.h"

/*
 * Without slashes in front, "." and doubled slashes, and "x/.." taken out; "" is the root. Refused:
 * a ".." that leads out of it, and what is longer than the kernel takes. `what` names the thing in
 * errors ("name", "hard link target").
 */
int entry_name_clean(const char *raw, const char *what, struct buf *ret_path, struct error *err)
	must_check;

enum entry_meaning {
	ENTRY_ORDINARY,
	ENTRY_WHITEOUT, /* *ret_name is what is deleted */
	ENTRY_OPAQUE,	/* the directory it is in hides what is below */
	ENTRY_IGNORED	/* left over from aufs */
};

/* What a cleaned path means in a layer; an impossible whiteout is ERROR_CORRUPT. */
int entry_name_read(const char *path, enum entry_meaning *ret_meaning, const char **ret_name,
		    struct error *err) must_check;

#endif
