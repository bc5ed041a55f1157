/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks through what a step leaves for the values of its secrets, in the very pass in which the
 * files are packed: contents, names, targets of links. A find ends the packing, and so the build,
 * or is a warning where leaks are allowed.
 */
#ifndef CBUILD_EXEC_LEAK_SCAN_H
#define CBUILD_EXEC_LEAK_SCAN_H

#include "secret_watch.h"

#include "base/error.h"
#include "base/fs_entry.h"
#include "job/job.h"

struct leak_scan {
	const struct secret_watch *watch; /* all borrowed */
	struct job_channel *channel;
	bool is_allowed;
	/* the entry at hand */
	const char *path;
	uint32_t state;
	bool is_told;
	unsigned n_told; /* entries */
};

/* A new entry, and its content piece by piece. */
int leak_scan_entry(struct leak_scan *scan, const struct fs_entry *entry, struct error *err)
	must_check;
int leak_scan_content(struct leak_scan *scan, const void *data, size_t len, struct error *err)
	must_check;

#endif
