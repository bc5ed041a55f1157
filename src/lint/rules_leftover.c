/* SPDX-License-Identifier: Apache-2.0 */
/* DeletedFilesKeepTheirSize: said once for each pair of instructions. */
#include "linter.h"

#include "base/text.h"

#include <inttypes.h>
#include <string.h>

/* Of an instruction's text; a heredoc has more. A path below a hundredth of the whole explains
 * nothing. */
enum { MAKER_SHOWN = 60, PATH_SHARE = 100 };

static void add_maker(const struct lint_leftover *leftover, const char *name, struct buf *buf)
{
	size_t len = strlen(leftover->maker);

	buf_add_text(buf, "from \"");
	text_add_printable(buf, leftover->maker, len > MAKER_SHOWN ? MAKER_SHOWN : len);
	buf_printf(buf, "%s\" %s:%u", len > MAKER_SHOWN ? "..." : "", name, leftover->from.line);
}

static size_t count_shown(const struct lint_leftover *leftover)
{
	size_t n = 0;

	while (n < leftover->n_named &&
	       (!n || leftover->paths[n].size >= leftover->size / PATH_SHARE))
		n++;
	return n;
}

static void add_paths(const struct lint_leftover *leftover, const char *name, struct buf *buf)
{
	bool is_one = leftover->n_paths == 1;
	size_t n_shown = count_shown(leftover);

	for (size_t i = 0; i < n_shown; i++) {
		buf_add_text(buf, i ? ", " : "");
		text_add_printable(buf, leftover->paths[i].path, strlen(leftover->paths[i].path));
		buf_add_text(buf, " (");
		text_add_size(buf, leftover->paths[i].size);
		buf_add_text(buf, is_one ? ", " : ")");
	}
	if (leftover->n_paths > n_shown)
		buf_printf(buf, " and %" PRIu64 " more", leftover->n_paths - n_shown);
	if (!is_one) {
		buf_add_text(buf, " (");
		text_add_size(buf, leftover->size);
		buf_add_text(buf, " in all, ");
	}
	add_maker(leftover, name, buf);
	buf_add_char(buf, ')');
}

static void add_verdict(const struct lint_leftover *leftover, const char *name, struct buf *buf)
{
	bool is_one = leftover->n_paths == 1;
	const char *it = is_one ? "it" : "them";

	buf_add_text(buf, is_one ? " is " : " are ");
	if (leftover->is_rewritten)
		buf_printf(buf,
			   "written again by %s:%u and in the image twice: set owner and mode "
			   "where the files are made (COPY --chown, --chmod), or change %s in the "
			   "same RUN",
			   name, leftover->at.line, it);
	else
		buf_printf(buf,
			   "deleted by %s:%u but %s in the image: delete %s in the RUN that makes "
			   "%s, or keep %s out of the image (RUN --mount=type=cache, or a stage "
			   "that COPY --from reads)",
			   name, leftover->at.line, is_one ? "stays" : "stay", it, it, it);
}

void rules_of_leftovers(struct linter *linter, const char *name,
			const struct lint_leftover *leftovers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		cleanup(buf_release) struct buf text = BUF_INIT;
		add_paths(&leftovers[i], name, &text);
		add_verdict(&leftovers[i], name, &text);
		linter_add(linter, RULE_DELETED_FILES_KEEP_THEIR_SIZE, leftovers[i].at, "%s",
			   text.data);
	}
}
