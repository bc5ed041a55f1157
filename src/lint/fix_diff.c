/* SPDX-License-Identifier: Apache-2.0 */
#include "base/vec.h"
#include "lint/fix.h"
#include "parser/source.h"

#include <string.h>

enum { CONTEXT_LINES = 3 };

struct lines {
	struct span *items;
	size_t len, size;
};

static void split(const struct buf *text, struct lines *lines)
{
	struct source source = { .text = text->data, .len = text->len };
	struct span line;

	while (source_next(&source, &line))
		vec_push(lines, line);
}

static bool is_same(const struct lines *before, const struct lines *after, size_t i)
{
	const struct span *one = &before->items[i], *other = &after->items[i];

	return one->len == other->len && memcmp(one->data, other->data, one->len) == 0;
}

static void add_line(struct buf *diff, char sign, struct span line)
{
	bool has_end = line.len && line.data[line.len - 1] == '\n';

	buf_add_char(diff, sign);
	buf_add(diff, line.data, line.len);
	if (!has_end)
		buf_add_text(diff, "\n\\ No newline at end of file\n");
}

/* Lines [start, end) of both; what changed, all removed ones before all added ones of a run. */
static void add_hunk(const struct lines *before, const struct lines *after, size_t start,
		     size_t end, struct buf *diff)
{
	buf_printf(diff, "@@ -%zu,%zu +%zu,%zu @@\n", start + 1, end - start, start + 1,
		   end - start);
	for (size_t i = start; i < end;) {
		size_t run = i;
		while (run < end && !is_same(before, after, run))
			run++;
		for (size_t k = i; k < run; k++)
			add_line(diff, '-', before->items[k]);
		for (size_t k = i; k < run; k++)
			add_line(diff, '+', after->items[k]);
		if (run < end)
			add_line(diff, ' ', before->items[run]);
		i = run < end ? run + 1 : run;
	}
}

void fix_add_diff(const char *name, const struct buf *before, const struct buf *after,
		  struct buf *diff)
{
	struct lines old = VEC_INIT, new = VEC_INIT;
	size_t shown = 0;

	split(before, &old);
	split(after, &new);
	size_t n = old.len < new.len ? old.len : new.len;
	for (size_t i = 0; i < n; i++) {
		if (is_same(&old, &new, i))
			continue;
		if (!shown)
			buf_printf(diff, "--- %s\n+++ %s\n", name, name);
		size_t start = i > CONTEXT_LINES ? i - CONTEXT_LINES : 0, last = i;
		for (size_t k = i + 1; k < n && k <= last + 2 * CONTEXT_LINES + 1; k++)
			if (!is_same(&old, &new, k))
				last = k;
		size_t end = last + 1 + CONTEXT_LINES < n ? last + 1 + CONTEXT_LINES : n;
		add_hunk(&old, &new, start < shown ? shown : start, end, diff);
		shown = end;
		i = end - 1;
	}
	vec_release(&old);
	vec_release(&new);
}
