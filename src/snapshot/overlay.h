/* SPDX-License-Identifier: Apache-2.0 */
/* What both ways of mounting an overlay have in common. */
#ifndef CBUILD_SNAPSHOT_OVERLAY_H
#define CBUILD_SNAPSHOT_OVERLAY_H

#include "driver.h"

/* The kernel's own limit (OVL_MAX_STACK). */
enum { OVERLAY_LOWERS_MAX = 500 };

struct overlay_lower {
	int dir_fd;
	char name[DIGEST_TEXT_SIZE];
};

struct overlay {
	const struct driver_mount *mount;
	const struct overlay_lower *lowers; /* topmost first */
	size_t n_lowers;
	bool has_user_attributes;
};

/*
 * By mount(2), for kernels without the calls that take descriptors, and those whose fsconfig cannot
 * take layers one by one (before 6.5): all names must fit one page, so they are short links in a
 * folder that the process stands in meanwhile.
 */
int overlay_mount_classic(const struct overlay *overlay, int *ret_mount_fd, struct error *err)
	must_check;

/* The freeze, of a mount that stands in this namespace. */
int overlay_freeze_classic(int mount_fd, struct error *err) must_check;

/* Can a directory of the upper be marked as hiding what is below it? */
bool overlay_can_mark(int dir_fd, const char *attribute_prefix);

#endif
