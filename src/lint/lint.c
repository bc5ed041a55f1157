/* SPDX-License-Identifier: Apache-2.0 */
#include "linter.h"

#include "base/alloc.h"

#include <stdarg.h>
#include <string.h>

void lint_findings_release(struct lint_findings *findings)
{
	for (size_t i = 0; i < findings->len; i++)
		free(findings->items[i].detail);
	free(findings->items);
	*findings = (struct lint_findings)LINT_FINDINGS_INIT;
}

const char *linter_quoted(const char *text, struct buf *buf)
{
	buf_clear(buf);
	buf_add_char(buf, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			buf_add_char(buf, '\\');
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			buf_printf(buf, "\\x%02x", (unsigned)*text);
		else
			buf_add_char(buf, *text);
	}
	buf_add_char(buf, '"');
	return buf->data;
}

/* --- adding -------------------------------------------------------------------------------------
 */

/* The instruction that starts in this line, or NULL. */
static const struct instruction *find_instruction(const struct linter *linter, uint32_t line)
{
	size_t low = 0, high = linter->instructions.len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		uint32_t at = linter->instructions.items[middle]->at.line;
		if (at == line)
			return linter->instructions.items[middle];
		if (at < line)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* Read once for all that is found at an instruction. */
static const struct check_options *options_at(struct linter *linter, const char *comment)
{
	if (!comment)
		return &linter->options;
	if (linter->comment != comment) {
		linter->comment = comment;
		linter->commented = linter->options;
		check_options_add_comment(&linter->commented, comment);
	}
	return &linter->commented;
}

static void printf_like(5, 0) add(struct linter *linter, enum lint_rule rule, struct position at,
				  const char *comment, const char *format, va_list args)
{
	struct lint_findings *findings = linter->findings;
	const struct check_options *options = options_at(linter, comment);
	cleanup(buf_release) struct buf text = BUF_INIT;

	if (!check_options_ask(options, rule, linter->request->with_own_rules))
		return;
	findings->is_error = findings->is_error || check_options_end_build(options, rule);
	if (findings->len == LINT_FINDINGS_MAX) {
		findings->n_left_out++;
		return;
	}
	buf_vprintf(&text, format, args);
	at.column = 0;
	vec_push(findings,
		 (struct lint_finding){ .rule = rule, .at = at, .detail = buf_take(&text) });
}

void linter_add(struct linter *linter, enum lint_rule rule, struct position at, const char *format,
		...)
{
	const struct instruction *instruction = find_instruction(linter, at.line);
	va_list args;

	va_start(args, format);
	add(linter, rule, at, instruction ? instruction->comment : NULL, format, args);
	va_end(args);
}

void linter_add_fact(struct linter *linter, enum lint_rule rule, const struct plan_fact *fact,
		     const char *format, ...)
{
	const struct instruction *instruction =
		fact->is_trigger ? NULL : find_instruction(linter, fact->at.line);
	va_list args;

	va_start(args, format);
	add(linter, rule, fact->at, instruction ? instruction->comment : NULL, format, args);
	va_end(args);
}

/* --- the run ------------------------------------------------------------------------------------
 */

static void collect_instructions(struct linter *linter)
{
	const struct dockerfile *dockerfile = linter->request->dockerfile;

	for (size_t i = 0; i < dockerfile->n_global_args; i++)
		vec_push(&linter->instructions, &dockerfile->global_args[i]);
	for (size_t i = 0; i < dockerfile->n_stages; i++) {
		const struct stage *stage = &dockerfile->stages[i];
		vec_push(&linter->instructions, &stage->from);
		for (size_t k = 0; k < stage->n_instructions; k++)
			vec_push(&linter->instructions, &stage->instructions[k]);
	}
}

int lint_check_options(const struct dockerfile *dockerfile, const char *check,
		       struct check_options *ret_options, struct error *err)
{
	struct position at = dockerfile->check_at;
	size_t offset = 0;

	if (check && check_options_parse(check, ret_options, &offset, err) < 0)
		return error_wrap(err, "failed to parse build-arg:BUILDKIT_DOCKERFILE_CHECK");
	if (check || check_options_parse(dockerfile->check, ret_options, &offset, err) == 0)
		return 0;
	at.column += (uint32_t)offset;
	(void)error_place(err, at);
	return error_wrap(err, "failed to parse check options");
}

static int run_all_rules(struct linter *linter, struct error *err)
{
	rules_of_text(linter);
	if (linter->request->is_cut)
		return 0;
	linter->findings->is_cut = linter->request->facts->is_cut;
	rules_of_stages(linter);
	rules_of_casing(linter);
	int result = rules_of_facts(linter, err);
	rules_of_order(linter);
	return result;
}

int lint_run(const struct lint_request *request, struct lint_findings *ret_findings,
	     struct error *err)
{
	struct lint_findings findings = LINT_FINDINGS_INIT;
	struct linter linter = { .request = request, .findings = &findings };

	if (lint_check_options(request->dockerfile, request->check, &linter.options, err) < 0)
		return -1;
	collect_instructions(&linter);
	int result = run_all_rules(&linter, err);
	vec_release(&linter.instructions);
	if (result < 0) {
		lint_findings_release(&findings);
		return -1;
	}
	lint_findings_release(ret_findings);
	*ret_findings = findings;
	return 0;
}

int lint_run_leftovers(const struct lint_request *request, const char *name,
		       const struct lint_leftover *leftovers, size_t n,
		       struct lint_findings *findings, struct error *err)
{
	struct linter linter = { .request = request, .findings = findings };

	if (lint_check_options(request->dockerfile, request->check, &linter.options, err) < 0)
		return -1;
	collect_instructions(&linter);
	rules_of_leftovers(&linter, name, leftovers, n);
	vec_release(&linter.instructions);
	return 0;
}

int lint_findings_refuse(const struct lint_findings *findings, struct error *err)
{
	cleanup(buf_release) struct buf names = BUF_INIT;
	bool is_named[N_LINT_RULES] = { false };

	for (size_t i = 0; i < findings->len; i++) {
		enum lint_rule rule = findings->items[i].rule;
		if (is_named[rule])
			continue;
		is_named[rule] = true;
		buf_printf(&names, "%s%s", names.len ? ", " : "", lint_rule_row(rule)->name);
	}
	return error_set(err, ERROR_SYNTAX, "lint violation found for rules: %s", names.data);
}
