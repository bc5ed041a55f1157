/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/challenge.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/text.h"

#include <string.h>
#include <strings.h>

void challenge_release(struct challenge *challenge)
{
	free(challenge->realm);
	free(challenge->service);
	free(challenge->scope);
	*challenge = (struct challenge)CHALLENGE_INIT;
}

static bool is_token_char(char c)
{
	return text_is_alpha(c) || text_is_digit(c) || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static const char *skip_blanks(const char *at)
{
	while (*at == ' ' || *at == '\t')
		at++;
	return at;
}

static size_t token_len(const char *at)
{
	size_t len = 0;

	while (is_token_char(at[len]))
		len++;
	return len;
}

/* "..." with \-escapes, or a token; NULL when neither stands there. */
static const char *read_value(const char *at, struct buf *value)
{
	if (*at != '"') {
		/* unquoted realms with ':' and '/' are against the grammar, and are seen */
		size_t len = strcspn(at, " \t,\"");
		buf_add(value, at, len);
		return len ? at + len : NULL;
	}
	for (at++; *at && *at != '"'; at++) {
		if (*at == '\\' && at[1])
			at++;
		if ((unsigned char)*at < ' ')
			return NULL;
		buf_add_char(value, *at);
	}
	return *at == '"' ? at + 1 : NULL;
}

static void keep_parameter(struct challenge *challenge, const char *name, size_t len,
			   const struct buf *value)
{
	struct {
		const char *name;
		char **field;
	} fields[] = { { "realm", &challenge->realm },
		       { "service", &challenge->service },
		       { "scope", &challenge->scope } };

	for (size_t i = 0; i < countof(fields); i++)
		if (strlen(fields[i].name) == len && strncasecmp(fields[i].name, name, len) == 0 &&
		    !*fields[i].field)
			*fields[i].field = xstrdup(value->data);
}

/* name=value, ... up to the next scheme; NULL when what follows makes no sense. */
static const char *read_parameters(const char *at, struct challenge *challenge)
{
	for (unsigned i = 0; i < CHALLENGE_PARAMETERS_MAX; i++) {
		cleanup(buf_release) struct buf value = BUF_INIT;
		while (*at == ',' || *at == ' ' || *at == '\t')
			at++;
		const char *name = at;
		size_t len = token_len(at);
		const char *equals = skip_blanks(at + len);
		if (!len || *equals != '=')
			return at; /* the end, or the next scheme */
		at = read_value(skip_blanks(equals + 1), &value);
		if (!at)
			return NULL;
		keep_parameter(challenge, name, len, &value);
	}
	return NULL;
}

static enum challenge_scheme scheme_of(const char *name, size_t len)
{
	if (len == 5 && strncasecmp(name, "Basic", len) == 0)
		return CHALLENGE_BASIC;
	if (len == 6 && strncasecmp(name, "Bearer", len) == 0)
		return CHALLENGE_BEARER;
	return CHALLENGE_NONE;
}

static void keep_better(struct challenge *best, struct challenge *other)
{
	bool is_usable = other->scheme != CHALLENGE_BEARER || other->realm;

	if (is_usable && other->scheme > best->scheme) {
		challenge_release(best);
		*best = *other;
		*other = (struct challenge)CHALLENGE_INIT;
	}
}

struct challenge challenge_parse(const char *value)
{
	struct challenge best = CHALLENGE_INIT;

	if (strlen(value) > CHALLENGE_LEN_MAX)
		return best;
	for (const char *at = skip_blanks(value); at && *at;) {
		cleanup(challenge_release) struct challenge one = CHALLENGE_INIT;
		size_t len = token_len(at);
		if (!len)
			break;
		one.scheme = scheme_of(at, len);
		at = read_parameters(at + len, &one);
		if (at)
			keep_better(&best, &one);
	}
	return best;
}

struct challenge challenge_of(const struct header_list *headers)
{
	struct challenge best = CHALLENGE_INIT;

	for (size_t i = 0; i < headers->all.len; i++) {
		if (strcmp(headers->all.items[i].name, "www-authenticate") != 0)
			continue;
		cleanup(challenge_release) struct challenge one =
			challenge_parse(headers->all.items[i].value);
		keep_better(&best, &one);
	}
	return best;
}
