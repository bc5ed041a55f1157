/* SPDX-License-Identifier: Apache-2.0 */
#include "http/url.h"

#include "base/alloc.h"
#include "base/text.h"

#include <curl/curl.h>
#include <string.h>

static inline void handle_free(CURLU *handle)
{
	curl_url_cleanup(handle);
}
DEFINE_CLEANUP(CURLU *, handle_free);

static inline void part_free(char *part)
{
	curl_free(part);
}
DEFINE_CLEANUP(char *, part_free);

void url_release(struct url *url)
{
	free(url->text);
	free(url->host);
	*url = (struct url)URL_INIT;
}

struct url url_dup(const struct url *url)
{
	return (struct url){ .text = xstrdup(url->text),
			     .host = xstrdup(url->host),
			     .port = url->port,
			     .is_https = url->is_https };
}

static int bad(const char *text, const char *why, struct error *err)
{
	cleanup(buf_release) struct buf shown = BUF_INIT;

	/* whatever follows a '?' may be a secret, and so may what stands before an '@' */
	size_t len = strcspn(text, "?#");
	const char *at = memrchr(text, '@', len);
	text_add_printable(&shown, at ? at : text, len - (size_t)(at ? at - text : 0));
	return error_set(err, ERROR_SYNTAX, "bad URL '%.300s': %s", shown.data, why);
}

static bool has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text <= ' ' || *text == 0x7f)
			return true;
	return false;
}

/* Takes the parts out of libcurl's parser. */
static int read_parts(CURLU *handle, const char *given, struct url *ret_url, struct error *err)
{
	cleanup(part_free) char *scheme = NULL;
	cleanup(part_free) char *host = NULL;
	cleanup(part_free) char *user = NULL;
	cleanup(part_free) char *port = NULL;
	cleanup(part_free) char *text = NULL;

	if (curl_url_get(handle, CURLUPART_USER, &user, 0) == CURLUE_OK)
		return bad(given, "user names and passwords do not belong in it", err);
	if (curl_url_get(handle, CURLUPART_SCHEME, &scheme, 0) ||
	    (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0))
		return bad(given, "only http and https are spoken", err);
	(void)curl_url_set(handle, CURLUPART_FRAGMENT, NULL, 0);
	if (curl_url_get(handle, CURLUPART_HOST, &host, 0) || !*host ||
	    curl_url_get(handle, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) ||
	    curl_url_get(handle, CURLUPART_URL, &text, 0))
		return bad(given, "no host in it", err);
	uint64_t number = 0;
	if (text_parse_unsigned(port, 65535, &number, err) < 0 || number == 0)
		return bad(given, "bad port", err);
	size_t len = strlen(host);
	bool has_brackets = *host == '[' && host[len - 1] == ']';
	*ret_url = (struct url){ .text = xstrdup(text),
				 .host = has_brackets ? xstrndup(host + 1, len - 2) : xstrdup(host),
				 .port = (unsigned)number,
				 .is_https = strcmp(scheme, "https") == 0 };
	text_make_lower(ret_url->host);
	return 0;
}

static int parse_from(CURLU *handle, const char *text, struct url *ret_url, struct error *err)
{
	if (strlen(text) > URL_LEN_MAX)
		return error_set(err, ERROR_SYNTAX, "URL longer than %d bytes", URL_LEN_MAX);
	if (has_control(text))
		return bad(text, "blank or control character in it", err);
	/* a relative one is resolved against what the handle holds already */
	CURLUcode code = curl_url_set(handle, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME);
	if (code != CURLUE_OK)
		return bad(text, curl_url_strerror(code), err);
	return read_parts(handle, text, ret_url, err);
}

int url_parse(const char *text, struct url *ret_url, struct error *err)
{
	cleanup(handle_free) CURLU *handle = curl_url();

	return parse_from(handle, text, ret_url, err);
}

int url_resolve(const struct url *base, const char *location, struct url *ret_url,
		struct error *err)
{
	cleanup(handle_free) CURLU *handle = curl_url();

	if (curl_url_set(handle, CURLUPART_URL, base->text, 0) != CURLUE_OK)
		return bad(base->text, "cannot be a base", err);
	return parse_from(handle, location, ret_url, err);
}

int url_add_query(struct url *url, const char *name, const char *value, struct error *err)
{
	cleanup(handle_free) CURLU *handle = curl_url();
	cleanup(buf_release) struct buf pair = BUF_INIT;
	struct url changed = URL_INIT;

	cleanup(part_free) char *escaped = curl_easy_escape(NULL, value, (int)strlen(value));
	buf_printf(&pair, "%s=%s", name, escaped ? escaped : "");
	if (curl_url_set(handle, CURLUPART_URL, url->text, 0) != CURLUE_OK ||
	    curl_url_set(handle, CURLUPART_QUERY, pair.data, CURLU_APPENDQUERY) != CURLUE_OK)
		return bad(url->text, "cannot take a query", err);
	if (read_parts(handle, url->text, &changed, err) < 0)
		return -1;
	url_release(url);
	*url = changed;
	return 0;
}

bool url_same_origin(const struct url *a, const struct url *b)
{
	return a->is_https == b->is_https && a->port == b->port && strcmp(a->host, b->host) == 0;
}

void url_add_authority(const struct url *url, struct buf *buf)
{
	bool is_v6 = strchr(url->host, ':') != NULL;

	buf_printf(buf, is_v6 ? "[%s]" : "%s", url->host);
	if (url->port != (url->is_https ? 443u : 80u))
		buf_printf(buf, ":%u", url->port);
}

void url_add_printable(const struct url *url, struct buf *buf)
{
	const char *path = strstr(url->text, "://");

	buf_add_text(buf, url->is_https ? "https://" : "http://");
	url_add_authority(url, buf);
	path = path ? strpbrk(path + 3, "/?") : NULL;
	if (path && *path == '/')
		text_add_printable(buf, path, strcspn(path, "?#"));
}
