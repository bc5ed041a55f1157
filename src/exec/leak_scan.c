/* SPDX-License-Identifier: Apache-2.0 */
#include "leak_scan.h"

#include "masker.h"

#include <string.h>

/* A log is not the place for a list of all files of a tree. */
enum { WARNINGS_MAX = 20 };

static int tell(struct leak_scan *scan, const char *where, uint32_t tag, struct error *err)
{
	const struct secret_form *form = &scan->watch->forms.items[tag];
	cleanup(buf_release) struct buf path = BUF_INIT;

	scan->is_told = true;
	/* it may be the path that holds the value */
	mask_text(scan->watch, scan->path, &path);
	if (!scan->is_allowed)
		return error_set(err, ERROR_SYSTEM,
				 "the layer would hold the value of secret '%s' (%s, in the %s of "
				 "'/%s'): remove it in the same RUN (--allow secret-leak lets it "
				 "pass)",
				 form->id, form->name, where, path.data);
	if (scan->n_told < WARNINGS_MAX)
		job_warn(scan->channel,
			 "the layer holds the value of secret '%s' (%s, in the %s of '/%s')",
			 form->id, form->name, where, path.data);
	else if (scan->n_told == WARNINGS_MAX)
		job_warn(scan->channel, "... and of more files");
	scan->n_told++;
	return 0;
}

static int search(struct leak_scan *scan, const char *where, const void *data, size_t len,
		  struct error *err)
{
	const char *bytes = data;
	struct needle_hit hit;
	size_t used;

	while (!scan->is_told && len &&
	       (used = needles_find(&scan->watch->needles, &scan->state, bytes, len, &hit)) > 0) {
		/* shorter ones are masked only: they stand in much that is no secret */
		if (hit.len >= SECRET_SCANNED_MIN && tell(scan, where, hit.tag, err) < 0)
			return -1;
		bytes += used;
		len -= used;
	}
	return 0;
}

static int search_text(struct leak_scan *scan, const char *where, const char *text,
		       struct error *err)
{
	scan->state = 0;
	return text ? search(scan, where, text, strlen(text), err) : 0;
}

int leak_scan_entry(struct leak_scan *scan, const struct fs_entry *entry, struct error *err)
{
	scan->path = entry->path;
	scan->is_told = false;
	if (search_text(scan, "name", entry->path, err) < 0 ||
	    search_text(scan, "target", entry->target, err) < 0)
		return -1;
	scan->state = 0;
	return 0;
}

int leak_scan_content(struct leak_scan *scan, const void *data, size_t len, struct error *err)
{
	return search(scan, "content", data, len, err);
}
