/* SPDX-License-Identifier: Apache-2.0 */
#include "wire.h"

#include "base/alloc.h"
#include "base/fs.h"

#include <string.h>

enum { CONNECT_TIMEOUT_MS = 20000, BUFFER_SIZE = 256 * 1024, BUNDLE_SIZE_MAX = 8 * 1024 * 1024 };

static void set_method(CURL *easy, const struct http_exchange *exchange)
{
	if (exchange->body.is_there) {
		(void)curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
		(void)curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE,
				       (curl_off_t)exchange->body.size);
		(void)curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, exchange->method);
	} else if (strcmp(exchange->method, "HEAD") == 0) {
		(void)curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	} else if (strcmp(exchange->method, "GET") == 0) {
		(void)curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
	} else {
		(void)curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, exchange->method);
	}
}

static void set_headers(struct wire *wire)
{
	const struct http_exchange *exchange = wire->exchange;
	cleanup(buf_release) struct buf line = BUF_INIT;

	for (size_t i = 0; i < exchange->headers->len; i++)
		wire->headers = curl_slist_append(wire->headers, exchange->headers->items[i]);
	if (exchange->authorization) {
		buf_printf(&line, "Authorization: %s", exchange->authorization);
		wire->headers = curl_slist_append(wire->headers, line.data);
		explicit_bzero(line.data, line.len);
	}
	/* registries answer early when they refuse; waiting for 100-continue costs a second else */
	wire->headers = curl_slist_append(wire->headers, "Expect:");
	(void)curl_easy_setopt(wire->easy, CURLOPT_HTTPHEADER, wire->headers);
}

static void set_trust(CURL *easy, const struct wire_trust *trust, bool skips_verification)
{
	(void)curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	(void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, skips_verification ? 0L : 1L);
	(void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, skips_verification ? 0L : 2L);
	/* what libcurl was built with may not exist on this machine: its default is never used */
	(void)curl_easy_setopt(easy, CURLOPT_CAINFO, trust->trust.file);
	(void)curl_easy_setopt(easy, CURLOPT_CAPATH, trust->trust.directory);
	(void)curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, trust->trust.file);
	(void)curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, trust->trust.directory);
}

/* No redirects, cookies, netrc, HSTS, alt-svc, other protocols, or proxies of libcurl's choice. */
static void set_rules(CURL *easy, const struct http_exchange *exchange)
{
	(void)curl_easy_setopt(easy, CURLOPT_URL, exchange->url->text);
	(void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	(void)curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	(void)curl_easy_setopt(easy, CURLOPT_UNRESTRICTED_AUTH, 0L);
	(void)curl_easy_setopt(easy, CURLOPT_PROXY, exchange->proxy ? exchange->proxy : "");
	(void)curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
	(void)curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	(void)curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
	(void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
	(void)curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)BUFFER_SIZE);
	(void)curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)BUFFER_SIZE);
	(void)curl_easy_setopt(easy, CURLOPT_USERAGENT, "cbuild/" CBUILD_VERSION);
}

/* The usual authorities and the host's own; and the certificate that it wants to see. */
static int add_host_trust(CURL *easy, struct wire_trust *trust, const struct host_trust *host,
			  struct error *err)
{
	cleanup(buf_release) struct buf all = BUF_INIT;

	if (host->certificate) {
		(void)curl_easy_setopt(easy, CURLOPT_SSLCERT, host->certificate);
		(void)curl_easy_setopt(easy, CURLOPT_SSLKEY, host->key);
	}
	if (!host->authorities.len)
		return 0;
	if (trust->trust.file && !trust->bundle.len &&
	    fs_read_whole(AT_FDCWD, trust->trust.file, BUNDLE_SIZE_MAX, "certificates",
			  &trust->bundle, err) < 0)
		return -1;
	buf_add(&all, trust->bundle.data, trust->bundle.len);
	buf_add_char(&all, '\n');
	buf_add(&all, host->authorities.data, host->authorities.len);
	struct curl_blob blob = { all.data, all.len, CURL_BLOB_COPY };
	(void)curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
	return 0;
}

void wire_free(struct wire *wire)
{
	if (wire->easy)
		curl_easy_cleanup(wire->easy);
	curl_slist_free_all(wire->headers);
	free(wire);
}

int wire_new(struct http_exchange *exchange, struct wire_trust *trust, struct wire **ret_wire,
	     struct error *err)
{
	cleanup(wire_free) struct wire *wire = xcalloc(1, sizeof(*wire));

	wire->exchange = exchange;
	wire->easy = curl_easy_init();
	if (!wire->easy)
		return error_set(err, ERROR_SYSTEM, "libcurl gives no handle");
	set_rules(wire->easy, exchange);
	set_trust(wire->easy, trust, exchange->skips_tls_verification);
	wire->has_authorities = trust->trust.file || trust->trust.directory;
	if (exchange->host_trust &&
	    add_host_trust(wire->easy, trust, exchange->host_trust, err) < 0)
		return -1;
	wire_set_callbacks(wire);
	if (exchange->connects_only)
		(void)curl_easy_setopt(wire->easy, CURLOPT_CONNECT_ONLY, 1L);
	set_method(wire->easy, exchange);
	set_headers(wire);
	*ret_wire = take_ptr(&wire);
	return 0;
}
