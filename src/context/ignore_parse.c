/* SPDX-License-Identifier: Apache-2.0 */
#include "ignore_rules.h"

#include "base/alloc.h"
#include "base/path.h"
#include "base/text.h"

#include <string.h>

enum { LINE_LEN_MAX = 65535 };

/* Unicode's White_Space beyond ASCII, in UTF-8: what Go's strings.TrimSpace takes off. */
static const char *const WIDE_SPACES[] = {
	"\xc2\x85",	"\xc2\xa0",	"\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81",
	"\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86",
	"\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8",
	"\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80",
};

static size_t leading_space(const char *text)
{
	if (text_is_space(*text))
		return 1;
	for (size_t i = 0; (unsigned char)*text >= 0x80 && i < countof(WIDE_SPACES); i++)
		if (text_has_prefix(text, WIDE_SPACES[i]))
			return strlen(WIDE_SPACES[i]);
	return 0;
}

static size_t trailing_space(const char *text)
{
	size_t len = strlen(text);

	if (len && text_is_space(text[len - 1]))
		return 1;
	for (size_t i = 0; i < countof(WIDE_SPACES); i++)
		if (text_has_suffix(text, WIDE_SPACES[i]))
			return strlen(WIDE_SPACES[i]);
	return 0;
}

/* Cuts in place; the result points into text. */
static char *trimmed(char *text)
{
	size_t len;

	while ((len = leading_space(text)) != 0)
		text += len;
	while ((len = trailing_space(text)) != 0)
		text[strlen(text) - len] = '\0';
	return text;
}

/* patternmatcher's New, for one pattern. An empty one is left out. */
static int add_rule(struct ignore *ignore, const char *text, size_t line, struct error *err)
{
	autofree char *copy = xstrdup(text);
	const char *inner = trimmed(copy);

	if (!*inner)
		return 0;
	autofree char *clean = path_clean_go(inner);
	struct rule rule = { .line = line, .is_exception = *clean == '!' };
	if (rule.is_exception && !clean[1])
		return error_set(err, ERROR_SYNTAX, "illegal exclusion pattern: \"!\"");
	if (pattern_compile(clean + rule.is_exception, PATTERN_DEEP, &rule.pattern, err) < 0)
		return -1;
	vec_push(&ignore->rules, rule);
	return 0;
}

/* A path that starts at the root is one relative to the context. */
static char *without_root(const char *text)
{
	if (!*text)
		return xstrdup("");
	autofree char *clean = path_clean_go(text);
	return xstrdup(clean[0] == '/' && clean[1] ? clean + 1 : clean);
}

/* One line without its end; `line` is changed. */
static int add_line(struct ignore *ignore, char *line, size_t number, struct error *err)
{
	if (*line == '#')
		return 0;
	char *text = trimmed(line);
	if (!*text)
		return 0;
	bool is_exception = *text == '!';
	autofree char *path = without_root(is_exception ? trimmed(text + 1) : text);
	autofree char *rule = xasprintf("%s%s", is_exception ? "!" : "", path);
	return add_rule(ignore, rule, number, err);
}

static int add_lines(struct ignore *ignore, const char *text, size_t len, struct error *err)
{
	static const char BOM[] = "\xef\xbb\xbf";
	size_t number = 0;

	if (len >= 3 && memcmp(text, BOM, 3) == 0) {
		text += 3;
		len -= 3;
	}
	for (const char *end = text + len; text < end;) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t line_len = (size_t)((newline ? newline : end) - text);
		number++;
		if (memchr(text, '\0', line_len))
			return error_set(err, ERROR_SYNTAX,
					 "line %zu holds a NUL byte (not UTF-8?)", number);
		if (line_len > LINE_LEN_MAX)
			return error_set(err, ERROR_SYNTAX, "line %zu is longer than %d bytes",
					 number, LINE_LEN_MAX);
		autofree char *line = xstrndup(text, line_len);
		if (add_line(ignore, line, number, err) < 0)
			return error_wrap(err, "line %zu", number);
		text += line_len + 1;
	}
	return 0;
}

int ignore_parse(const char *text, size_t len, const char *name, struct ignore **ret_ignore,
		 struct error *err)
{
	cleanup(ignore_free) struct ignore *ignore = ignore_new(name);

	if (len > IGNORE_FILE_SIZE_MAX)
		return error_set(err, ERROR_SYNTAX, "'%s' is larger than %d bytes", name,
				 IGNORE_FILE_SIZE_MAX);
	if (add_lines(ignore, text, len, err) < 0)
		return error_wrap(err, "'%s'", name);
	ignore_index(ignore);
	*ret_ignore = take_ptr(&ignore);
	return 0;
}

int ignore_of_patterns(const char *const *patterns, size_t n, struct ignore **ret_ignore,
		       struct error *err)
{
	cleanup(ignore_free) struct ignore *ignore = ignore_new(NULL);

	for (size_t i = 0; i < n; i++)
		if (add_rule(ignore, patterns[i], 0, err) < 0)
			return -1;
	ignore_index(ignore);
	*ret_ignore = take_ptr(&ignore);
	return 0;
}
