/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/reference.h"

#include "base/alloc.h"
#include "base/text.h"

#include <stdbool.h>
#include <string.h>

enum { DOMAIN_LEN_MAX = 255, PATH_LEN_MAX = 255, TAG_LEN_MAX = 128, REFERENCE_LEN_MAX = 1024 };

static const char DEFAULT_DOMAIN[] = "docker.io";
static const char LEGACY_DOMAIN[] = "index.docker.io";
static const char OFFICIAL_PREFIX[] = "library/";
static const char DEFAULT_TAG[] = "latest";

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_path_alnum(char c)
{
	return text_is_digit(c) || (c >= 'a' && c <= 'z');
}

static bool is_alnum(char c)
{
	return is_path_alnum(c) || is_upper(c);
}

static bool has_upper(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (is_upper(text[i]))
			return true;
	return false;
}

/* [0-9A-Za-z_][0-9A-Za-z_.-]{0,127} */
static bool is_tag(const char *text)
{
	size_t len = strlen(text);

	if (!len || len > TAG_LEN_MAX || *text == '.' || *text == '-')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_alnum(text[i]) && !strchr("_.-", text[i]))
			return false;
	return true;
}

/* Length of a separator between alphanumeric runs: "_", ".", "__" or any number of "-". */
static size_t separator_len(const char *text)
{
	size_t dashes = strspn(text, "-");

	if (dashes)
		return dashes;
	if (text[0] == '_')
		return text[1] == '_' ? 2 : 1;
	return text[0] == '.' ? 1 : 0;
}

/* alnum+ (separator alnum+)*, joined by "/" */
static bool is_path(const char *text)
{
	for (;;) {
		if (!is_path_alnum(*text))
			return false;
		while (is_path_alnum(*text))
			text++;
		if (!*text)
			return true;
		size_t len = *text == '/' ? 1 : separator_len(text);
		if (!len)
			return false;
		text += len;
	}
}

static bool is_port(const char *text)
{
	size_t len = strspn(text, "0123456789");

	return len && !text[len];
}

/* One label after the other: alphanumeric at both ends, dashes within; then maybe a port. */
static bool is_name_domain(const char *text)
{
	for (;;) {
		if (!is_alnum(*text))
			return false;
		while (is_alnum(*text) || *text == '-')
			text++;
		if (text[-1] == '-')
			return false;
		if (*text != '.')
			break;
		text++;
	}
	return !*text || (*text == ':' && is_port(text + 1));
}

static bool is_ipv6_domain(const char *text)
{
	size_t len = strspn(text + 1, "0123456789abcdefABCDEF:");
	const char *end = text + 1 + len;

	return len && *end == ']' && (!end[1] || (end[1] == ':' && is_port(end + 2)));
}

static bool is_domain(const char *text)
{
	return *text == '[' ? is_ipv6_domain(text) : is_name_domain(text);
}

/* Is what stands before the first slash a host, or the first part of a path on Docker Hub? */
static bool looks_like_domain(const char *text, size_t len)
{
	return (len == strlen("localhost") && memcmp(text, "localhost", len) == 0) ||
	       memchr(text, '.', len) || memchr(text, ':', len) || has_upper(text, len);
}

static bool is_identifier(const char *text)
{
	return strlen(text) == DIGEST_HEX_LEN && strspn(text, "0123456789abcdef") == DIGEST_HEX_LEN;
}

/* Fills domain and path from "name" without tag and digest. */
static void split_name(const char *name, struct reference *ref)
{
	const char *slash = strchr(name, '/');
	const char *path = name;

	if (slash && looks_like_domain(name, (size_t)(slash - name))) {
		ref->domain = xstrndup(name, (size_t)(slash - name));
		path = slash + 1;
	}
	if (!ref->domain || strcmp(ref->domain, LEGACY_DOMAIN) == 0) {
		free(ref->domain);
		ref->domain = xstrdup(DEFAULT_DOMAIN);
	}
	bool is_official = strcmp(ref->domain, DEFAULT_DOMAIN) == 0 && !strchr(path, '/');
	ref->path = xasprintf("%s%s", is_official ? OFFICIAL_PREFIX : "", path);
}

static int check_name(const char *text, const struct reference *ref, struct error *err)
{
	if (has_upper(ref->path, strlen(ref->path)))
		return error_set(err, ERROR_SYNTAX,
				 "image name '%s': repository name '%s' must be lower case", text,
				 ref->path);
	if (!is_domain(ref->domain) || !is_path(ref->path))
		return error_set(err, ERROR_SYNTAX, "image name '%s' is not a valid reference",
				 text);
	if (strlen(ref->path) > PATH_LEN_MAX)
		return error_set(err, ERROR_SYNTAX,
				 "image name '%s': repository name is longer than %d characters",
				 text, PATH_LEN_MAX);
	if (strlen(ref->domain) > DOMAIN_LEN_MAX)
		return error_set(err, ERROR_SYNTAX,
				 "image name '%s': host name is longer than %d characters", text,
				 DOMAIN_LEN_MAX);
	return 0;
}

static int read_digest(const char *text, const char *at, struct reference *ref, struct error *err)
{
	if (text_has_prefix(at, "sha512:") || text_has_prefix(at, "sha384:"))
		return error_set(err, ERROR_UNSUPPORTED,
				 "image name '%s': %.6s digests are not supported yet", text, at);
	if (digest_parse(at, &ref->digest, err) < 0)
		return error_wrap(err, "image name '%s'", text);
	ref->has_digest = true;
	return 0;
}

/* The first colon behind the part that may be a host with a port. */
static char *find_tag(char *name)
{
	char *slash = strchr(name, '/');

	if (slash && looks_like_domain(name, (size_t)(slash - name)))
		name = slash + 1;
	return strchr(name, ':');
}

static int read_tag(const char *text, char *colon, struct reference *ref, struct error *err)
{
	if (colon) {
		if (!is_tag(colon + 1))
			return error_set(err, ERROR_SYNTAX, "image name '%s': bad tag '%s'", text,
					 colon + 1);
		ref->tag = xstrdup(colon + 1);
		*colon = '\0';
	} else if (!ref->has_digest) {
		ref->tag = xstrdup(DEFAULT_TAG);
	}
	return 0;
}

static int check_shape(const char *text, struct error *err)
{
	cleanup(buf_release) struct buf shown = BUF_INIT;
	size_t len = strnlen(text, REFERENCE_LEN_MAX + 1);

	if (!len)
		return error_set(err, ERROR_SYNTAX, "image name is empty");
	if (len > REFERENCE_LEN_MAX)
		return error_set(err, ERROR_SYNTAX, "image name '%.60s...' is longer than %d bytes",
				 text, REFERENCE_LEN_MAX);
	/* From here on the text can stand in messages as it is. */
	text_add_printable(&shown, text, len);
	if (strcmp(shown.data, text) != 0 || strchr(text, ' '))
		return error_set(err, ERROR_SYNTAX, "image name '%s' is not a valid reference",
				 shown.data);
	if (is_identifier(text))
		return error_set(err, ERROR_SYNTAX,
				 "image name '%s' cannot be 64 hexadecimal digits", text);
	return 0;
}

int reference_parse(const char *text, struct reference *ret_reference, struct error *err)
{
	cleanup(reference_release) struct reference ref = REFERENCE_INIT;

	if (check_shape(text, err) < 0)
		return -1;
	autofree char *name = xstrdup(text);
	char *at = strchr(name, '@');
	if (at) {
		*at = '\0';
		if (read_digest(text, at + 1, &ref, err) < 0)
			return -1;
	}
	if (read_tag(text, find_tag(name), &ref, err) < 0)
		return -1;
	split_name(name, &ref);
	if (check_name(text, &ref, err) < 0)
		return -1;
	*ret_reference = ref;
	ref = (struct reference)REFERENCE_INIT;
	return 0;
}

void reference_release(struct reference *reference)
{
	free(reference->domain);
	free(reference->path);
	free(reference->tag);
	*reference = (struct reference)REFERENCE_INIT;
}

struct reference reference_dup(const struct reference *reference)
{
	struct reference copy = *reference;

	copy.domain = reference->domain ? xstrdup(reference->domain) : NULL;
	copy.path = reference->path ? xstrdup(reference->path) : NULL;
	copy.tag = reference->tag ? xstrdup(reference->tag) : NULL;
	return copy;
}

static void add_digest(const struct reference *reference, struct buf *buf)
{
	if (reference->has_digest)
		buf_printf(buf, "@%s", digest_format(&reference->digest).text);
}

void reference_format(const struct reference *reference, struct buf *buf)
{
	buf_printf(buf, "%s/%s", reference->domain, reference->path);
	if (reference->tag)
		buf_printf(buf, ":%s", reference->tag);
	add_digest(reference, buf);
}

void reference_format_familiar(const struct reference *reference, bool strip_latest,
			       struct buf *buf)
{
	const char *path = reference->path;

	if (strcmp(reference->domain, DEFAULT_DOMAIN) != 0) {
		buf_printf(buf, "%s/", reference->domain);
	} else if (text_has_prefix(path, OFFICIAL_PREFIX)) {
		const char *name = path + strlen(OFFICIAL_PREFIX);
		path = strchr(name, '/') ? path : name;
	}
	buf_add_text(buf, path);
	if (reference->tag && !(strip_latest && strcmp(reference->tag, DEFAULT_TAG) == 0))
		buf_printf(buf, ":%s", reference->tag);
	add_digest(reference, buf);
}
