/* SPDX-License-Identifier: Apache-2.0 */
/* Findings as BuildKit's "lint" request shows them: a document, or text with lines of the file. */
#include "base/alloc.h"
#include "base/base64.h"
#include "base/text.h"
#include "lint/lint.h"
#include "lint/outline.h"

#include <stdlib.h>
#include <string.h>

/* A heredoc may have any number of lines, each of which would be a range of its own. */
enum { RANGES_MAX = 1000 };

static json_t *dump_line(uint32_t line)
{
	return json_pack("{s:i}", "line", (int)line);
}

/* A range for each line, as BuildKit has it. */
json_t *location_dump(struct position at, size_t *left)
{
	json_t *ranges = json_array();
	size_t own = DOCUMENT_RANGES_MAX;
	uint32_t last = at.last_line > at.line ? at.last_line : at.line;

	for (uint32_t line = at.line; line && line <= last && line - at.line < RANGES_MAX; line++) {
		/* the first line always, so that there is a place */
		size_t *budget = left ? left : &own;
		if (line > at.line && !*budget)
			break;
		*budget -= *budget > 0;
		json_array_append_new(ranges, json_pack("{s:o,s:o}", "start", dump_line(line),
							"end", dump_line(line)));
	}
	return json_pack("{s:o}", "ranges", ranges);
}

static json_t *dump_finding(const struct lint_finding *finding, size_t *left)
{
	const struct lint_rule_row *row = lint_rule_row(finding->rule);
	cleanup(buf_release) struct buf url = BUF_INIT;
	json_t *object = json_object();

	lint_rule_add_url(finding->rule, &url);
	value_set_text(object, "ruleName", row->name);
	value_set_text(object, "description", row->description);
	value_set_text(object, "url", url.data);
	value_set_text(object, "detail", finding->detail);
	json_object_set_new(object, "location", location_dump(finding->at, left));
	return object;
}

static json_t *dump_source(const struct lint_source *source)
{
	json_t *object = json_object();
	cleanup(buf_release) struct buf data = BUF_INIT;

	base64_encode(source->text, source->len, &data);
	value_set_text(object, "filename", source->name);
	value_set_text(object, "data", data.data);
	value_set_text(object, "language", "Dockerfile");
	return object;
}

json_t *lint_dump(const struct lint_findings *findings, const struct lint_source *source,
		  const struct error *build_error)
{
	json_t *document = json_object();
	json_t *warnings = findings->len ? json_array() : json_null();
	json_t *sources = json_array();
	size_t left = DOCUMENT_RANGES_MAX;

	for (size_t i = 0; i < findings->len; i++)
		json_array_append_new(warnings, dump_finding(&findings->items[i], &left));
	json_array_append_new(sources, dump_source(source));
	json_object_set_new(document, "warnings", warnings);
	json_object_set_new(document, "sources", sources);
	if (findings->n_left_out)
		json_object_set_new(document, "leftOut",
				    json_integer((json_int_t)findings->n_left_out));
	if (findings->is_cut)
		json_object_set_new(document, "isCut", json_true());
	if (build_error) {
		json_t *object = json_object();
		value_set_text(object, "message", build_error->text);
		json_object_set_new(object, "location",
				    build_error->at.line ? location_dump(build_error->at, NULL)
							 : json_object());
		json_object_set_new(document, "buildError", object);
	}
	return document;
}

/* --- text ---------------------------------------------------------------------------------------
 */

static int compare_lines(const void *a, const void *b)
{
	const struct lint_finding *const *one = a, *const *other = b;

	if ((*one)->at.line != (*other)->at.line)
		return (*one)->at.line < (*other)->at.line ? -1 : 1;
	return *one < *other ? -1 : *one > *other; /* as they were found */
}

void lint_print(const struct lint_findings *findings, const struct lint_source *source,
		struct buf *buf)
{
	autofree const struct lint_finding **sorted = xcalloc(findings->len + 1, sizeof(*sorted));

	for (size_t i = 0; i < findings->len; i++)
		sorted[i] = &findings->items[i];
	qsort(sorted, findings->len, sizeof(*sorted), compare_lines);
	for (size_t i = 0; i < findings->len; i++) {
		const struct lint_finding *finding = sorted[i];
		bool has_page = lint_rule_row(finding->rule)->slug != NULL;
		buf_printf(buf, "\nWARNING: %s%s", lint_rule_row(finding->rule)->name,
			   has_page ? " - " : "");
		lint_rule_add_url(finding->rule, buf);
		buf_add_char(buf, '\n');
		text_add_printable(buf, finding->detail, strlen(finding->detail));
		buf_add_char(buf, '\n');
		dockerfile_excerpt(source->text, source->len, source->name, finding->at, buf);
	}
	if (findings->n_left_out)
		buf_printf(buf, "\n... and %zu more\n", findings->n_left_out);
	if (findings->is_cut)
		buf_printf(buf,
			   "\n... the check stopped at its ceiling: of more than %d things that "
			   "planning noted, the rest was not judged\n",
			   PLAN_FACTS_MAX);
}
