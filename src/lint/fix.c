/* SPDX-License-Identifier: Apache-2.0 */
#include "lint/fix.h"

#include "fix_edit.h"

#include "base/alloc.h"
#include "parser/expand.h"

#include <string.h>

/* --- does it mean the same? ---------------------------------------------------------------------
 */

static const char *lookup_odd(void *context, const char *name)
{
	(void)context;
	(void)name;
	return "a b\"c";
}

/* Two ways to look at a word: with variables as they are written, and with a value of all sorts. */
static bool same_word(const char *one, const char *other, char escape)
{
	const struct expand_scope scopes[] = {
		{ .escape = escape, .keeps_unset = true },
		{ .escape = escape, .lookup = lookup_odd },
	};

	for (size_t i = 0; i < countof(scopes); i++) {
		cleanup(buf_release) struct buf a = BUF_INIT, b = BUF_INIT;
		struct error ignored = ERROR_INIT;
		if (expand_word(&scopes[i], one, &a, &ignored) < 0 ||
		    expand_word(&scopes[i], other, &b, &ignored) < 0 || strcmp(a.data, b.data) != 0)
			return false;
	}
	return true;
}

static bool same_pairs(const struct key_values *one, const struct key_values *other, char escape)
{
	if (one->len != other->len || other->is_legacy)
		return false;
	for (size_t i = 0; i < one->len; i++)
		if (!same_word(one->items[i].key, other->items[i].key, escape) ||
		    !same_word(one->items[i].value, other->items[i].value, escape))
			return false;
	return true;
}

/* The text of MAINTAINER is not expanded, that of a label is. */
static bool is_label_of(const struct instruction *maintainer, const struct instruction *label,
			char escape)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct expand_scope scope = { .escape = escape, .lookup = lookup_odd };
	struct error ignored = ERROR_INIT;

	return label->kind == INSTRUCTION_LABEL && label->pairs.len == 1 &&
	       expand_word(&scope, label->pairs.items[0].value, &text, &ignored) == 0 &&
	       strcmp(text.data, maintainer->text) == 0;
}

static bool same_meaning(const struct instruction *one, const struct instruction *other,
			 char escape)
{
	if (one->kind == INSTRUCTION_MAINTAINER && other->kind != INSTRUCTION_MAINTAINER)
		return is_label_of(one, other, escape);
	if (one->kind != other->kind)
		return false;
	switch ((int)one->kind) {
	case INSTRUCTION_ENV:
	case INSTRUCTION_LABEL:
		return one->pairs.is_legacy ? same_pairs(&one->pairs, &other->pairs, escape)
					    : one->pairs.len == other->pairs.len;
	case INSTRUCTION_CMD:
	case INSTRUCTION_ENTRYPOINT:
		return one->command.is_shell || !other->command.is_shell;
	default:
		return true;
	}
}

/* Parsed by itself, the line must be one instruction that means what the old one does. */
static bool is_sound(const struct fix_line *line)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	cleanup(dockerfile_free) struct dockerfile *parsed = NULL;
	struct error ignored = ERROR_INIT;
	bool is_from = line->instruction->kind == INSTRUCTION_FROM;

	buf_printf(&text, "# escape=%c\n%s", line->escape, is_from ? "" : "FROM scratch\n");
	fix_line_apply(line, &text);
	/* bodies of heredocs stand behind the line, which is not touched */
	bool has_bodies = line->instruction->at.last_line != line->instruction->last_own_line;
	if (has_bodies)
		return line->edits.len == 1 && line->edits.items[0].end <= line->name_end;
	if (dockerfile_parse(text.data, text.len, &parsed, &ignored) < 0 || parsed->n_stages != 1)
		return false;
	const struct stage *stage = &parsed->stages[0];
	if (is_from)
		return stage->n_instructions == 0 && stage->from.kind == INSTRUCTION_FROM;
	return stage->n_instructions == 1 &&
	       same_meaning(line->instruction, &stage->instructions[0], line->escape);
}

/* --- the file -----------------------------------------------------------------------------------
 */

struct fixer {
	const struct dockerfile *dockerfile;
	const struct lint_findings *findings;
	const char *text;
	size_t len;
	size_t at;     /* how far the old text is written */
	uint32_t line; /* the line that starts at `start` */
	size_t start;
	struct buf *out;
	size_t n_fixed;
};

/* Instructions come in the order of the file, so that lines are counted once. */
static void go_to_line(struct fixer *fixer, uint32_t line)
{
	while (fixer->line < line) {
		const char *newline =
			memchr(fixer->text + fixer->start, '\n', fixer->len - fixer->start);
		fixer->start = newline ? (size_t)(newline - fixer->text) + 1 : fixer->len;
		fixer->line++;
	}
}

static void write_edits(struct fixer *fixer, const struct fix_line *line)
{
	for (size_t i = 0; i < line->edits.len; i++) {
		const struct fix_edit *edit = &line->edits.items[i];
		bool is_insertion = edit->start == edit->end;
		/* an insertion stands behind the byte before it, a continuation may follow */
		size_t start = is_insertion && edit->start
				       ? logical_line_offset(&line->line, edit->start - 1) + 1
				       : logical_line_offset(&line->line, edit->start);
		buf_add(fixer->out, fixer->text + fixer->at, start - fixer->at);
		buf_add_text(fixer->out, edit->text);
		fixer->at = start + (edit->end - edit->start);
	}
	fixer->n_fixed++;
}

/* The JSON form of ENTRYPOINT takes what CMD says as arguments, the shell form leaves it out. */
static bool has_command_beside(const struct dockerfile *dockerfile,
			       const struct instruction *entrypoint)
{
	for (size_t i = 0; i < dockerfile->n_stages; i++) {
		const struct stage *stage = &dockerfile->stages[i];
		bool is_here = false, has_command = false;
		for (size_t k = 0; k < stage->n_instructions; k++) {
			is_here |= &stage->instructions[k] == entrypoint;
			has_command |= stage->instructions[k].kind == INSTRUCTION_CMD;
		}
		if (is_here)
			return has_command;
	}
	return false;
}

static void fix_instruction(struct fixer *fixer, const struct instruction *instruction,
			    const bool *is_found)
{
	cleanup(fix_line_release) struct fix_line line = {
		.instruction = instruction,
		.escape = fixer->dockerfile->escape,
		.prefers_lower = fixer->findings->prefers_lower,
		.line = LOGICAL_LINE_INIT,
	};

	memcpy(line.is_found, is_found, sizeof(line.is_found));
	if (instruction->kind == INSTRUCTION_ENTRYPOINT &&
	    has_command_beside(fixer->dockerfile, instruction))
		line.is_found[RULE_JSON_ARGS_RECOMMENDED] = false;
	go_to_line(fixer, instruction->at.line);
	fix_line_read(&line, fixer->text, fixer->len, fixer->start);
	if (fix_line_rewrite(&line) && fix_line_is_possible(&line) && is_sound(&line))
		write_edits(fixer, &line);
}

static int compare_findings(const void *a, const void *b)
{
	const struct lint_finding *const *one = a, *const *other = b;

	return (*one)->at.line < (*other)->at.line ? -1 : (*one)->at.line > (*other)->at.line;
}

/* Walks findings and instructions side by side; both are in the order of the file. */
struct cursor {
	struct fixer *fixer;
	const struct lint_finding **findings;
	size_t at, len;
};

static void visit(struct cursor *cursor, const struct instruction *instruction)
{
	bool is_found[N_LINT_RULES] = { false }, has_any = false;

	while (cursor->at < cursor->len &&
	       cursor->findings[cursor->at]->at.line < instruction->at.line)
		cursor->at++;
	for (; cursor->at < cursor->len &&
	       cursor->findings[cursor->at]->at.line == instruction->at.line;
	     cursor->at++) {
		enum lint_rule rule = cursor->findings[cursor->at]->rule;
		is_found[rule] = true;
		has_any = has_any || lint_rule_row(rule)->fix != FIX_NONE;
	}
	if (has_any)
		fix_instruction(cursor->fixer, instruction, is_found);
}

void fix_text(const struct dockerfile *dockerfile, const struct lint_findings *findings,
	      const char *text, size_t len, struct buf *ret_text, size_t *ret_n)
{
	autofree const struct lint_finding **sorted = xcalloc(findings->len + 1, sizeof(*sorted));
	struct fixer fixer = {
		.dockerfile = dockerfile,
		.findings = findings,
		.text = text,
		.len = len,
		.line = 1,
		.out = ret_text,
	};
	struct cursor cursor = { .fixer = &fixer, .findings = sorted, .len = findings->len };

	for (size_t i = 0; i < findings->len; i++)
		sorted[i] = &findings->items[i];
	qsort(sorted, findings->len, sizeof(*sorted), compare_findings);
	for (size_t i = 0; i < dockerfile->n_stages; i++) {
		const struct stage *stage = &dockerfile->stages[i];
		visit(&cursor, &stage->from);
		for (size_t k = 0; k < stage->n_instructions; k++)
			visit(&cursor, &stage->instructions[k]);
	}
	buf_add(ret_text, text + fixer.at, len - fixer.at);
	*ret_n = fixer.n_fixed;
}
