/* SPDX-License-Identifier: Apache-2.0 */
/* The few extended attributes that matter here. */
#ifndef CBUILD_SNAPSHOT_ATTRIBUTE_H
#define CBUILD_SNAPSHOT_ATTRIBUTE_H

#include "base/error.h"

#include <stddef.h>

/* A capability has 12, 20 or 24 bytes. */
enum { CAPABILITY_SIZE_MAX = 64 };

/* security.capability of an entry below dir_fd, not followed: its length, 0 = none, or -1. */
int attribute_read_capability(int dir_fd, const char *name, unsigned char *capability,
			      struct error *err) must_check;
/* Does this directory hide what lies below it? 1/0/-1. prefix: "trusted.overlay." */
int attribute_is_opaque(int dir_fd, const char *prefix, struct error *err) must_check;

#endif
