/* SPDX-License-Identifier: Apache-2.0 */
#include "parser/git_reference.h"

#include "git_query.h"

#include "base/alloc.h"
#include "base/path.h"
#include "base/text.h"

#include <string.h>

static const char GITHUB[] = "github.com/";

static const struct {
	const char *prefix;
	enum git_transport transport;
	unsigned port;
} schemes[] = {
	{ "http://", GIT_HTTP, 80 },
	{ "https://", GIT_HTTPS, 443 },
	{ "git://", GIT_DAEMON, 9418 },
	{ "ssh://", GIT_SSH, 22 },
};

void git_reference_release(struct git_reference *reference)
{
	if (reference->password)
		explicit_bzero(reference->password, strlen(reference->password));
	free(reference->url);
	free(reference->host);
	free(reference->path);
	free(reference->user);
	free(reference->password);
	free(reference->ref);
	free(reference->sub_dir);
	free(reference->checksum);
	*reference = (struct git_reference)GIT_REFERENCE_INIT;
}

/* --- what is what ----------------------------------------------------------------------------- */

static bool is_name_char(char c)
{
	return text_is_alpha(c) || text_is_digit(c) || c == '-' || c == '_';
}

/* user@host:path, as ssh and scp take it; the length of "user@host", or 0 */
static size_t scp_host_end(const char *text)
{
	const char *c = text;

	while (is_name_char(*c))
		c++;
	if (c == text || *c != '@')
		return 0;
	const char *host = ++c;
	while (is_name_char(*c) || *c == '.')
		c++;
	return c > host && *c == ':' ? (size_t)(c - text) : 0;
}

bool source_is_http(const char *text)
{
	return text_has_prefix(text, "http://") || text_has_prefix(text, "https://");
}

bool source_is_git(const char *text)
{
	if (text_has_prefix(text, "git://") || text_has_prefix(text, "ssh://"))
		return true;
	if (!source_is_http(text))
		return scp_host_end(text) > 0;
	const char *host = strstr(text, "://") + 3;
	const char *path = strchr(host, '/');
	size_t len = path ? strcspn(path, "?#") : 0;
	return len >= 4 && memcmp(path + len - 4, ".git", 4) == 0;
}

bool source_is_github(const char *text)
{
	return text_has_prefix(text, GITHUB);
}

bool git_is_object_name(const char *text)
{
	size_t len = strspn(text, "0123456789abcdefABCDEF");

	return !text[len] && (len == 40 || len == 64);
}

/* --- parts ------------------------------------------------------------------------------------ */

static bool has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	return false;
}

static int read_user(const char *text, size_t len, struct git_reference *reference,
		     struct error *err)
{
	const char *colon = memchr(text, ':', len);
	size_t user_len = colon ? (size_t)(colon - text) : len;
	bool is_http = reference->transport == GIT_HTTP || reference->transport == GIT_HTTPS;

	if (colon && !is_http)
		return error_set(err, ERROR_SYNTAX, "a git URL over ssh cannot hold a password");
	if (git_unescape(text, user_len, false, &reference->user, err) < 0 ||
	    (colon &&
	     git_unescape(colon + 1, len - user_len - 1, false, &reference->password, err) < 0))
		return error_wrap(err, "user of a git URL");
	if (*reference->user == '-' || has_control(reference->user) ||
	    (!is_http && strspn(reference->user, "abcdefghijklmnopqrstuvwxyz"
						 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
						 "0123456789._-+") != strlen(reference->user)))
		return error_set(err, ERROR_SYNTAX, "invalid user in a git URL");
	return 0;
}

static int read_host(const char *text, size_t len, struct git_reference *reference,
		     struct error *err)
{
	bool is_v6 = len > 2 && text[0] == '[';
	const char *end = is_v6 ? memchr(text, ']', len) : memchr(text, ':', len);
	size_t host_len = end ? (size_t)(end - text) : len;
	uint64_t port = 0;

	if (is_v6 && !end)
		return error_set(err, ERROR_SYNTAX, "git URL: no end of the address after '['");
	reference->host = is_v6 ? xstrndup(text + 1, host_len - 1) : xstrndup(text, host_len);
	text_make_lower(reference->host);
	const char *allowed =
		is_v6 ? "0123456789abcdef:." : "abcdefghijklmnopqrstuvwxyz0123456789.-_";
	if (!*reference->host || *reference->host == '-' ||
	    reference->host[strspn(reference->host, allowed)])
		return error_set(err, ERROR_SYNTAX, "invalid host name in a git URL");
	size_t used = host_len + is_v6;
	if (used == len)
		return 0;
	autofree char *digits = xstrndup(text + used + 1, len - used - 1);
	if (text[used] != ':' || text_parse_unsigned(digits, 65535, &port, err) < 0 || !port)
		return error_set(err, ERROR_SYNTAX, "invalid port in a git URL");
	reference->port = (unsigned)port;
	return 0;
}

static int check_path(const char *path, struct error *err)
{
	if (!path[strspn(path, "/")])
		return error_set(err, ERROR_SYNTAX, "a git URL without the path of a repository");
	if (has_control(path) || *path == '-' || strncmp(path, "/-", 2) == 0)
		return error_set(err, ERROR_SYNTAX, "invalid path in a git URL");
	return 0;
}

/* As git check-ref-format has it, and never an option. */
static bool is_ref(const char *ref)
{
	static const char *const never[] = { "..", "@{", "//", ".lock/", "/." };
	size_t len = strlen(ref);

	if (!len || *ref == '-' || *ref == '/' || *ref == '.' || ref[strcspn(ref, " ~^:?*[\\")] ||
	    has_control(ref) || strcmp(ref, "@") == 0)
		return false;
	for (size_t i = 0; i < countof(never); i++)
		if (strstr(ref, never[i]))
			return false;
	return ref[len - 1] != '/' && ref[len - 1] != '.' && !text_has_suffix(ref, ".lock");
}

/* #REF:SUBDIR */
static int read_fragment(const char *fragment, struct git_reference *reference, struct error *err)
{
	const char *colon = strchr(fragment, ':');
	size_t len = colon ? (size_t)(colon - fragment) : strlen(fragment);

	if (len)
		reference->ref = xstrndup(fragment, len);
	if (colon && colon[1])
		reference->sub_dir = xstrdup(colon + 1);
	(void)err;
	return 0;
}

static int check_parts(struct git_reference *reference, struct error *err)
{
	if (reference->ref && !is_ref(reference->ref))
		return error_set(err, ERROR_SYNTAX, "'%.200s' cannot be a git ref", reference->ref);
	const char *sub_dir = reference->sub_dir ? reference->sub_dir : "";
	if (has_control(sub_dir))
		return error_set(err, ERROR_SYNTAX, "invalid subdirectory of a git repository");
	char *cleaned = path_clean(sub_dir);
	free(reference->sub_dir);
	reference->sub_dir = cleaned;
	return 0;
}

/* --- the whole -------------------------------------------------------------------------------- */

/* scheme://[user[:password]@]host[:port]/path */
static int read_address(const char *text, size_t len, struct git_reference *reference,
			struct error *err)
{
	const char *authority = strstr(text, "://") + 3;
	size_t rest = len - (size_t)(authority - text);
	const char *slash = memchr(authority, '/', rest);
	size_t authority_len = slash ? (size_t)(slash - authority) : rest;
	const char *at = memrchr(authority, '@', authority_len);

	if (at && read_user(authority, (size_t)(at - authority), reference, err) < 0)
		return -1;
	const char *host = at ? at + 1 : authority;
	size_t host_len = authority_len - (size_t)(host - authority);
	if (read_host(host, host_len, reference, err) < 0)
		return -1;
	reference->path = xstrndup(slash ? slash : "", slash ? rest - authority_len : 0);
	bool keeps_user = reference->transport == GIT_SSH && reference->user;
	reference->url = xasprintf("%.*s%s%s%.*s%s", (int)(authority - text), text,
				   keeps_user ? reference->user : "", keeps_user ? "@" : "",
				   (int)host_len, host, reference->path);
	return check_path(reference->path, err);
}

static int read_scp(const char *text, size_t len, struct git_reference *reference,
		    struct error *err)
{
	size_t end = scp_host_end(text);
	const char *at = strchr(text, '@');

	reference->transport = GIT_SSH;
	reference->port = 22;
	if (read_user(text, (size_t)(at - text), reference, err) < 0 ||
	    read_host(at + 1, end - (size_t)(at + 1 - text), reference, err) < 0)
		return -1;
	reference->path = xstrndup(text + end + 1, len - end - 1);
	reference->url = xstrndup(text, len);
	return check_path(reference->path, err);
}

static int read_place(const char *text, size_t len, struct git_reference *reference,
		      struct error *err)
{
	for (size_t i = 0; i < countof(schemes); i++) {
		if (!text_has_prefix(text, schemes[i].prefix))
			continue;
		reference->transport = schemes[i].transport;
		reference->port = schemes[i].port;
		return read_address(text, len, reference, err);
	}
	if (scp_host_end(text))
		return read_scp(text, len, reference, err);
	return error_set(err, ERROR_SYNTAX,
			 "not the URL of a git repository that can be fetched (https, http, ssh, "
			 "git, user@host:path)");
}

static int parse(const char *text, struct git_reference *reference, struct error *err)
{
	size_t len = strcspn(text, "?#");
	const char *fragment = strchr(text, '#');
	size_t query_len = text[len] == '?' ? strcspn(text + len + 1, "#") : 0;
	autofree char *unescaped = NULL;

	if (strlen(text) > GIT_REFERENCE_MAX)
		return error_set(err, ERROR_SYNTAX, "a git URL of more than %d bytes",
				 GIT_REFERENCE_MAX);
	if (read_place(text, len, reference, err) < 0)
		return -1;
	if (fragment &&
	    (git_unescape(fragment + 1, strlen(fragment + 1), false, &unescaped, err) < 0 ||
	     read_fragment(unescaped, reference, err) < 0))
		return -1;
	if (query_len && git_query_read(text + len + 1, query_len, reference, err) < 0)
		return -1;
	return check_parts(reference, err);
}

int git_reference_parse(const char *text, struct git_reference *ret_reference, struct error *err)
{
	cleanup(git_reference_release) struct git_reference reference = GIT_REFERENCE_INIT;
	autofree char *full = source_is_github(text) ? xasprintf("https://%s", text) : NULL;

	if (parse(full ? full : text, &reference, err) < 0)
		return -1;
	*ret_reference = reference;
	reference = (struct git_reference)GIT_REFERENCE_INIT;
	return 0;
}

/*
 * "../x" against a URL's path, as git has it: one name of the parent goes for each "../". The last
 * one of "user@host:path" leaves "user@host:", which is the user's home there.
 */
static int join_relative(const struct git_reference *parent, const char *text, struct buf *joined,
			 struct error *err)
{
	buf_add_text(joined, parent->url);
	size_t floor = joined->len - strlen(parent->path);
	bool is_home = false;
	while (joined->len > floor && joined->data[joined->len - 1] == '/')
		buf_truncate(joined, joined->len - 1);
	for (;;) {
		if (text_has_prefix(text, "./")) {
			text += 2;
			continue;
		}
		if (!text_has_prefix(text, "../"))
			break;
		char *slash = memrchr(joined->data + floor, '/', joined->len - floor);
		if (!slash && joined->len == floor)
			return error_set(err, ERROR_SYNTAX,
					 "submodule URL leads above the repository's host");
		is_home = !slash;
		buf_truncate(joined, slash ? (size_t)(slash - joined->data) : floor);
		text += 3;
	}
	buf_printf(joined, "%s%s", is_home ? "" : "/", text);
	while (joined->len > floor + 1 && joined->data[joined->len - 1] == '/')
		buf_truncate(joined, joined->len - 1);
	return 0;
}

int git_reference_resolve(const struct git_reference *parent, const char *text,
			  struct git_reference *ret_reference, struct error *err)
{
	cleanup(git_reference_release) struct git_reference reference = GIT_REFERENCE_INIT;
	cleanup(buf_release) struct buf joined = BUF_INIT;

	if (text_has_prefix(text, "./") || text_has_prefix(text, "../")) {
		if (join_relative(parent, text, &joined, err) < 0)
			return -1;
	} else {
		buf_add_text(&joined, text);
	}
	if (joined.len > GIT_REFERENCE_MAX)
		return error_set(err, ERROR_SYNTAX, "a git URL of more than %d bytes",
				 GIT_REFERENCE_MAX);
	/* a query or fragment means nothing in .gitmodules, and could be anything to a server */
	if (strpbrk(joined.data, "?#"))
		return error_set(err, ERROR_SYNTAX, "submodule URL with a query or fragment");
	if (read_place(joined.data, joined.len, &reference, err) < 0 ||
	    check_parts(&reference, err) < 0)
		return -1;
	*ret_reference = reference;
	reference = (struct git_reference)GIT_REFERENCE_INIT;
	return 0;
}

/* --- shown ------------------------------------------------------------------------------------ */

void git_reference_add_printable(const struct git_reference *reference, struct buf *buf)
{
	text_add_printable(buf, reference->url, strlen(reference->url));
	if (!reference->ref && !*reference->sub_dir)
		return;
	buf_add_char(buf, '#');
	if (reference->ref)
		text_add_printable(buf, reference->ref, strlen(reference->ref));
	if (!*reference->sub_dir)
		return;
	buf_add_char(buf, ':');
	text_add_printable(buf, reference->sub_dir, strlen(reference->sub_dir));
}

int source_split_user(const char *text, char **ret_address, char **ret_user, struct error *err)
{
	const char *scheme = strstr(text, "://");
	const char *user = scheme ? scheme + 3 : text;
	const char *at = scheme ? memrchr(user, '@', strcspn(user, "/?#")) : NULL;

	*ret_user = NULL;
	if (at && git_unescape(user, (size_t)(at - user), false, ret_user, err) < 0)
		return error_wrap(err, "user of a URL");
	*ret_address = at ? xasprintf("%.*s%s", (int)(user - text), text, at + 1) : xstrdup(text);
	return 0;
}

void source_add_printable(const char *text, struct buf *buf)
{
	const char *scheme = strstr(text, "://");
	const char *authority = scheme ? scheme + 3 : text;
	size_t authority_len = scheme ? strcspn(authority, "/?#") : 0;
	const char *at = memrchr(authority, '@', authority_len);
	const char *host = at ? at + 1 : authority;
	size_t shown = strcspn(host, "?");
	const char *fragment = strchr(host + shown, '#');

	text_add_printable(buf, text, (size_t)(authority - text));
	text_add_printable(buf, host, shown);
	if (fragment)
		text_add_printable(buf, fragment, strlen(fragment));
}
