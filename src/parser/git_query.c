/* SPDX-License-Identifier: Apache-2.0 */
#include "git_query.h"

#include "base/alloc.h"
#include "base/strv.h"
#include "base/text.h"

#include <string.h>

static int hex_digit(char c)
{
	if (text_is_digit(c))
		return c - '0';
	c = text_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int git_unescape(const char *text, size_t len, bool is_query, char **ret_text, struct error *err)
{
	autofree char *out = xmalloc(len + 1);
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		int high, low;
		if (text[i] == '+' && is_query) {
			out[n++] = ' ';
			continue;
		}
		if (text[i] != '%') {
			out[n++] = text[i];
			continue;
		}
		if (i + 2 >= len || (high = hex_digit(text[i + 1])) < 0 ||
		    (low = hex_digit(text[i + 2])) < 0 || !(high | low))
			return error_set(err, ERROR_SYNTAX, "invalid '%%' escape in a URL");
		out[n++] = (char)(high << 4 | low);
		i += 2;
	}
	out[n] = '\0';
	*ret_text = take_ptr(&out);
	return 0;
}

struct query {
	struct strv names, values;
	const char *tag, *branch;
};

static void query_release(struct query *query)
{
	strv_release(&query->names);
	strv_release(&query->values);
}
DEFINE_RELEASE(struct query, query_release);

static int add_pair(struct query *query, const char *text, size_t len, struct error *err)
{
	const char *equals = memchr(text, '=', len);
	size_t name_len = equals ? (size_t)(equals - text) : len;
	autofree char *name = NULL, *value = NULL;

	if (git_unescape(text, name_len, true, &name, err) < 0 ||
	    git_unescape(equals ? equals + 1 : "", equals ? len - name_len - 1 : 0, true, &value,
			 err) < 0)
		return -1;
	for (size_t i = 0; i < query->names.len; i++)
		if (strcmp(query->names.items[i], name) == 0)
			return error_set(err, ERROR_SYNTAX, "query \"%.100s\" has multiple values",
					 name);
	if (!*value)
		return error_set(err, ERROR_SYNTAX, "query \"%.100s\" has no value", name);
	strv_add(&query->names, name);
	strv_add(&query->values, value);
	return 0;
}

/* Sets what the fragment may have set too: the same, or nothing. */
static int set_once(char **slot, const char *value, const char *what, struct error *err)
{
	if (*slot && strcmp(*slot, value) != 0)
		return error_set(err, ERROR_SYNTAX, "%s conflicts: \"%.200s\" vs \"%.200s\"", what,
				 *slot, value);
	if (!*slot)
		*slot = xstrdup(value);
	return 0;
}

static int set_choice(enum git_choice *choice, const char *name, const char *value,
		      struct error *err)
{
	bool is_yes = false;

	if (text_parse_bool(value, &is_yes, err) < 0)
		return error_set(err, ERROR_SYNTAX, "invalid value of query \"%s\": \"%.100s\"",
				 name, value);
	*choice = is_yes ? GIT_YES : GIT_NO;
	return 0;
}

static int set_checksum(struct git_reference *reference, const char *value, struct error *err)
{
	size_t len = strlen(value);

	if (len > 64 || strspn(value, "0123456789abcdefABCDEF") != len)
		return error_set(
			err, ERROR_SYNTAX,
			"invalid checksum \"%.100s\" (the digits that a commit begins with)",
			value);
	if (reference->checksum)
		return error_set(err, ERROR_SYNTAX, "checksum is given twice");
	reference->checksum = xstrdup(value);
	text_make_lower(reference->checksum);
	return 0;
}

static int set_times(struct git_reference *reference, const char *value, struct error *err)
{
	if (strcmp(value, "commit") == 0)
		reference->times = GIT_TIMES_COMMIT;
	else if (strcmp(value, "checkout") == 0)
		reference->times = GIT_TIMES_CHECKOUT;
	else
		return error_set(err, ERROR_SYNTAX, "invalid mtime value: %.100s", value);
	return 0;
}

static int apply(struct query *query, const char *name, const char *value,
		 struct git_reference *reference, struct error *err)
{
	if (strcmp(name, "ref") == 0)
		return set_once(&reference->ref, value, "ref", err);
	if (strcmp(name, "subdir") == 0)
		return set_once(&reference->sub_dir, value, "subdir", err);
	if (strcmp(name, "checksum") == 0 || strcmp(name, "commit") == 0)
		return set_checksum(reference, value, err);
	if (strcmp(name, "keep-git-dir") == 0)
		return set_choice(&reference->keep_git_dir, name, value, err);
	if (strcmp(name, "submodules") == 0)
		return set_choice(&reference->submodules, name, value, err);
	if (strcmp(name, "fetch-by-commit") == 0)
		return set_choice(&reference->fetch_by_commit, name, value, err);
	if (strcmp(name, "mtime") == 0)
		return set_times(reference, value, err);
	if (strcmp(name, "tag") == 0)
		query->tag = value;
	else if (strcmp(name, "branch") == 0)
		query->branch = value;
	else
		return error_set(err, ERROR_SYNTAX, "unexpected query \"%.100s\"", name);
	return 0;
}

/* tag= and branch= are refs with the folder said. */
static int set_ref_in(const char *folder, const char *name, struct git_reference *reference,
		      struct error *err)
{
	autofree char *full =
		text_has_prefix(name, folder) ? xstrdup(name) : xasprintf("%s%s", folder, name);

	return set_once(&reference->ref, full, "ref", err);
}

int git_query_read(const char *text, size_t len, struct git_reference *reference, struct error *err)
{
	cleanup(query_release) struct query query = { 0 };

	for (size_t at = 0; at < len;) {
		const char *end = memchr(text + at, '&', len - at);
		size_t pair_len = end ? (size_t)(end - text) - at : len - at;
		if (pair_len && add_pair(&query, text + at, pair_len, err) < 0)
			return -1;
		at += pair_len + 1;
	}
	for (size_t i = 0; i < query.names.len; i++)
		if (apply(&query, query.names.items[i], query.values.items[i], reference, err) < 0)
			return -1;
	if (query.tag && query.branch)
		return error_set(err, ERROR_SYNTAX, "branch conflicts with tag");
	if (query.tag)
		return set_ref_in("refs/tags/", query.tag, reference, err);
	if (query.branch)
		return set_ref_in("refs/heads/", query.branch, reference, err);
	return 0;
}
