/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pattern.h"

#include "pattern_regex.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/text.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdint.h>
#include <string.h>

enum { WORKSPACE_FIRST = 2048, WORKSPACE_MAX = 1 << 22 };

struct pattern {
	char *text;
	struct pattern_regex regex;
	pcre2_code *code; /* made at the first use */
	pcre2_match_data *data;
};

void pattern_free(struct pattern *pattern)
{
	if (!pattern)
		return;
	free(pattern->text);
	pattern_regex_release(&pattern->regex);
	pcre2_code_free(pattern->code);
	pcre2_match_data_free(pattern->data);
	free(pattern);
}

static int syntax_error(const char *text, struct error *err)
{
	cleanup(buf_release) struct buf shown = BUF_INIT;

	text_add_printable(&shown, text, strnlen(text, 200));
	return error_set(err, ERROR_SYNTAX, "syntax error in pattern '%s'", shown.data);
}

/* False where PCRE2 refuses it. */
static bool complete(struct pattern *pattern)
{
	int code = 0;
	PCRE2_SIZE at = 0;

	if (pattern->code)
		return true;
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	if (!context)
		return false;
	(void)pcre2_set_newline(context, PCRE2_NEWLINE_LF);
	pattern->code = pcre2_compile(
		(PCRE2_SPTR)pattern->regex.regex.data, pattern->regex.regex.len,
		PCRE2_UTF | PCRE2_NO_AUTO_CAPTURE | PCRE2_NO_AUTO_POSSESS, &code, &at, context);
	pcre2_compile_context_free(context);
	pattern->data = pattern->code ? pcre2_match_data_create(1, NULL) : NULL;
	return pattern->data;
}

static int check_ceilings(const char *text, const struct pattern_regex *regex, struct error *err)
{
	cleanup(buf_release) struct buf shown = BUF_INIT;

	if (regex->n_wildcards <= PATTERN_WILDCARDS_MAX)
		return 0;
	text_add_printable(&shown, text, strnlen(text, 60));
	return error_set(err, ERROR_SYNTAX, "pattern '%s...' has more than %d wildcards",
			 shown.data, PATTERN_WILDCARDS_MAX);
}

int pattern_compile(const char *text, enum pattern_kind kind, struct pattern **ret_pattern,
		    struct error *err)
{
	cleanup(pattern_free) struct pattern *pattern = xcalloc(1, sizeof(*pattern));

	pattern->regex = (struct pattern_regex)PATTERN_REGEX_INIT;
	if (strnlen(text, PATTERN_LEN_MAX + 1) > PATTERN_LEN_MAX)
		return error_set(err, ERROR_SYNTAX, "pattern '%.60s...' is longer than %d bytes",
				 text, PATTERN_LEN_MAX);
	pattern->text = xstrdup(text);
	bool ok = kind == PATTERN_GLOB ? pattern_regex_of_glob(text, &pattern->regex)
				       : pattern_regex_of_deep(text, &pattern->regex);
	if (!ok)
		return syntax_error(text, err);
	if (check_ceilings(text, &pattern->regex, err) < 0)
		return -1;
	/* Only what came from brackets and backslashes can be refused; the rest may wait. */
	if (pattern->regex.form == PATTERN_REGEX && strpbrk(text, "[\\") && !complete(pattern))
		pattern->regex.is_broken = true;
	*ret_pattern = take_ptr(&pattern);
	return 0;
}

static int run_dfa(const struct pattern *pattern, const char *path, int *workspace, size_t n)
{
	return pcre2_dfa_match(pattern->code, (PCRE2_SPTR)path, strlen(path), 0,
			       PCRE2_ANCHORED | PCRE2_NO_UTF_CHECK | PCRE2_DFA_SHORTEST,
			       pattern->data, NULL, workspace, n);
}

/* The path is valid UTF-8. */
static int match_utf8(struct pattern *pattern, const char *path, struct error *err)
{
	int workspace[WORKSPACE_FIRST];

	int result = run_dfa(pattern, path, workspace, WORKSPACE_FIRST);
	for (size_t n = 4 * WORKSPACE_FIRST; result == PCRE2_ERROR_DFA_WSSIZE && n <= WORKSPACE_MAX;
	     n *= 4) {
		autofree int *larger = xcalloc(n, sizeof(*larger));
		result = run_dfa(pattern, path, larger, n);
	}
	if (result >= 0)
		return 1;
	if (result == PCRE2_ERROR_NOMATCH)
		return 0;
	return error_set(err, ERROR_SYSTEM, "pattern '%s' cannot be matched (PCRE2 error %d)",
			 pattern->text, result);
}

static bool is_ascii(const char *text)
{
	unsigned char all = 0;

	for (; *text; text++)
		all |= (unsigned char)*text;
	return all < 0x80;
}

static int match_regex(struct pattern *pattern, const char *path, struct error *err)
{
	const struct pattern_regex *regex = &pattern->regex;

	if (regex->is_broken)
		return syntax_error(pattern->text, err);
	if (strncmp(path, regex->anchor.data, regex->anchor.len) != 0 ||
	    !strstr(path, regex->literal.data))
		return 0;
	if (!complete(pattern))
		return error_set(err, ERROR_SYSTEM, "pattern '%s' cannot be compiled",
				 pattern->text);
	if (is_ascii(path))
		return match_utf8(pattern, path, err);
	cleanup(buf_release) struct buf utf8 = BUF_INIT;
	pattern_add_utf8(&utf8, path);
	return match_utf8(pattern, utf8.data, err);
}

int pattern_match(struct pattern *pattern, const char *path, struct error *err)
{
	const char *text = pattern->text;

	switch (pattern->regex.form) {
	case PATTERN_EXACT:
		return strcmp(path, text) == 0;
	case PATTERN_PREFIX:
		return strncmp(path, text, strlen(text) - 2) == 0;
	case PATTERN_SUFFIX:
		return text_has_suffix(path, text + 2) ||
		       (text[2] == '/' && strcmp(path, text + 3) == 0);
	case PATTERN_REGEX:
		break;
	}
	return match_regex(pattern, path, err);
}

const char *pattern_text(const struct pattern *pattern)
{
	return pattern->text;
}

const char *pattern_literal(const struct pattern *pattern)
{
	return pattern->regex.literal.data;
}

bool pattern_is_broken(const struct pattern *pattern)
{
	return pattern->regex.is_broken;
}

static size_t count_slashes(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '/';
	return n;
}

bool pattern_may_match_below(const struct pattern *pattern, const char *dir)
{
	const struct pattern_regex *regex = &pattern->regex;
	size_t dir_len = strlen(dir);

	if (!dir_len)
		return true;
	/* What a match starts with against "dir/", as far as both go. */
	size_t len = regex->anchor.len < dir_len ? regex->anchor.len : dir_len;
	if (memcmp(regex->anchor.data, dir, len) != 0)
		return false;
	if (regex->anchor.len > dir_len && regex->anchor.data[dir_len] != '/')
		return false;
	if (regex->form == PATTERN_EXACT)
		return regex->anchor.len > dir_len;
	return regex->crosses || regex->n_slashes > count_slashes(dir);
}

bool pattern_has_wildcards(const char *text)
{
	for (; *text; text++) {
		if (*text == '\\' && text[1])
			text++;
		else if (strchr("*?[", *text))
			return true;
	}
	return false;
}

size_t pattern_literal_dir_len(const char *text)
{
	size_t len = 0;

	while (text[len]) {
		size_t end = len + strcspn(text + len, "/");
		autofree char *component = xstrndup(text + len, end - len);
		if (pattern_has_wildcards(component))
			return len ? len - 1 : 0;
		len = text[end] ? end + 1 : end;
	}
	return len;
}
