/* SPDX-License-Identifier: Apache-2.0 */
/* What each rule's finding is rewritten to. */
#include "fix_edit.h"

#include "base/alloc.h"
#include "base/text.h"

#include <string.h>

static void add_cased(struct fix_line *line, size_t start, size_t end, bool lower)
{
	autofree char *word = xstrndup(line->line.text.data + start, end - start);
	bool has_changed = false;

	for (char *c = word; *c; c++) {
		char before = *c;
		if (lower)
			*c = text_lower(*c);
		else if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
		has_changed = has_changed || *c != before;
	}
	if (has_changed)
		fix_line_add(line, start, end, word);
}

/* --- FROM and the casing of names ---------------------------------------------------------------
 */

static bool is_written_lower(const char *name)
{
	return *name == text_lower(*name);
}

/* The AS of "FROM [--platform=...] base AS name": the last but one word. */
static void add_as(struct fix_line *line, bool lower)
{
	const struct buf *text = &line->line.text;
	size_t end = text->len;

	for (int n = 0; n < 2; n++) {
		while (end && text_is_space(text->data[end - 1]))
			end--;
		if (n)
			break;
		while (end && !text_is_space(text->data[end - 1]))
			end--;
	}
	size_t len = strlen(line->instruction->from.as_keyword);
	if (end >= len &&
	    memcmp(text->data + end - len, line->instruction->from.as_keyword, len) == 0)
		add_cased(line, end - len, end, lower);
}

static void rewrite_casing(struct fix_line *line)
{
	bool is_cased = line->is_found[RULE_CONSISTENT_INSTRUCTION_CASING];
	bool is_from = line->instruction->kind == INSTRUCTION_FROM;
	bool lower = is_cased ? line->prefers_lower : is_written_lower(line->instruction->name);

	if (is_cased)
		add_cased(line, line->name, line->name_end, lower);
	if (is_from && line->instruction->from.as_keyword &&
	    (is_cased || line->is_found[RULE_FROM_AS_CASING]))
		add_as(line, lower);
}

/* --- ENV k v, LABEL k v -------------------------------------------------------------------------
 */

static bool needs_no_quotes(const char *value)
{
	return !strpbrk(value, " \t\v\f\r\n");
}

/* Blanks outside of quotes are escaped one by one, so that all else stays as it is. */
static void escape_blanks(struct fix_line *line, size_t start)
{
	const char *text = line->line.text.data, escape[] = { line->escape, '\0' };
	char quote = '\0';

	for (size_t i = start; text[i]; i++) {
		if (text[i] == line->escape && quote != '\'' && text[i + 1])
			i++;
		else if (quote)
			quote = text[i] == quote ? '\0' : quote;
		else if (text[i] == '"' || text[i] == '\'')
			quote = text[i];
		else if (text_is_space(text[i]))
			fix_line_add(line, i, i, escape);
	}
}

static size_t trimmed_len(const struct buf *text)
{
	size_t len = text->len;

	while (len && text_is_space(text->data[len - 1]))
		len--;
	return len;
}

static void rewrite_pair(struct fix_line *line)
{
	const char *text = line->line.text.data, special[] = { '"', '\'', line->escape, '\0' };
	size_t key_end = line->rest, end = trimmed_len(&line->line.text);

	while (text[key_end] && !text_is_space(text[key_end]))
		key_end++;
	size_t value = key_end;
	while (text_is_space(text[value]))
		value++;
	buf_truncate(&line->line.text, end);
	fix_line_add(line, key_end, value, "=");
	if (needs_no_quotes(text + value))
		return;
	if (strpbrk(text + value, special)) {
		escape_blanks(line, value);
		return;
	}
	/* beside the sign, as one piece of text */
	free(line->edits.items[line->edits.len - 1].text);
	line->edits.items[line->edits.len - 1].text = xstrdup("=\"");
	fix_line_add(line, end, end, "\"");
}

/* --- MAINTAINER, CMD, ENTRYPOINT ----------------------------------------------------------------
 */

static void rewrite_maintainer(struct fix_line *line)
{
	const char *text = line->line.text.data;
	const char special[] = { '"', '$', line->escape, '\0' }, escape[] = { line->escape, '\0' };
	size_t end = trimmed_len(&line->line.text);
	bool lower = line->is_found[RULE_CONSISTENT_INSTRUCTION_CASING]
			     ? line->prefers_lower
			     : is_written_lower(line->instruction->name);

	while (line->edits.len) /* the name goes, whatever its casing */
		free(line->edits.items[--line->edits.len].text);
	fix_line_add(line, line->name, line->rest,
		     lower ? "label org.opencontainers.image.authors=\""
			   : "LABEL org.opencontainers.image.authors=\"");
	for (size_t i = line->rest; i < end; i++)
		if (strchr(special, text[i]))
			fix_line_add(line, i, i, escape);
	fix_line_add(line, end, end, "\"");
}

static void rewrite_command(struct fix_line *line)
{
	cleanup(buf_release) struct buf json = BUF_INIT;
	size_t end = trimmed_len(&line->line.text);
	autofree char *text = xstrndup(line->line.text.data + line->rest, end - line->rest);

	if (fix_json_form(text, &json))
		fix_line_add(line, line->rest, end, json.data);
}

bool fix_line_rewrite(struct fix_line *line)
{
	enum instruction_kind kind = line->instruction->kind;
	bool is_command = kind == INSTRUCTION_CMD || kind == INSTRUCTION_ENTRYPOINT;
	bool has_pairs = kind == INSTRUCTION_ENV || kind == INSTRUCTION_LABEL;

	rewrite_casing(line);
	if (has_pairs && line->is_found[RULE_LEGACY_KEY_VALUE_FORMAT])
		rewrite_pair(line);
	if (kind == INSTRUCTION_MAINTAINER && line->is_found[RULE_MAINTAINER_DEPRECATED])
		rewrite_maintainer(line);
	if (is_command && line->is_found[RULE_JSON_ARGS_RECOMMENDED])
		rewrite_command(line);
	return line->edits.len > 0;
}
