/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a layer's directory says what a plain directory cannot. Overlay's marks are character devices
 * 0/0 and an attribute. Where those cannot be made (a store on overlayfs or without attributes) the
 * marks are files with names that no layer can have: ".wh.NAME", and ".wh..wh..opq" in a directory
 * that hides what is below it. Where owners cannot be set they are recorded (fs_record.h).
 */
#ifndef CBUILD_SNAPSHOT_FORMAT_H
#define CBUILD_SNAPSHOT_FORMAT_H

#include "base/error.h"
#include "snapshot/snapshot.h"

#include <stddef.h>
#include <sys/stat.h>

#define MARK_PREFIX ".wh."
#define MARK_OPAQUE ".wh..wh..opq"

/* 1 a mark hides the name (or cleaned path) below dir_fd, 0 not. Without named marks: 0. */
int format_is_marked(const struct snapshot_format *format, int dir_fd, const char *path,
		     struct error *err) must_check;
/* Does this directory hide what lies below it? 1/0/-1 */
int format_is_opaque(const struct snapshot_format *format, int dir_fd, struct error *err)
	must_check;
/* lstat of a name (NULL = dir_fd itself) as the layer has it; 1/0/-1. */
int format_stat(const struct snapshot_format *format, int dir_fd, const char *name,
		struct stat *ret_st, struct error *err) must_check;
/* As attribute_read_capability. */
int format_read_capability(const struct snapshot_format *format, int dir_fd, const char *name,
			   unsigned char *capability, struct error *err) must_check;

#endif
