/* SPDX-License-Identifier: Apache-2.0 */
/* A response's headers, where it redirects to, and the same text as a list of proxy exceptions. */
#include "fuzz_target.h"

#include "base/alloc.h"
#include "http/header.h"
#include "http/proxy.h"
#include "http/redirect.h"

#include <assert.h>
#include <string.h>

static void read_headers(const char *text, size_t len, struct header_list *list)
{
	while (len) {
		const char *end = memchr(text, '\n', len);
		size_t line = end ? (size_t)(end - text) + 1 : len;
		if (header_list_add(list, text, line) < 0)
			break;
		text += line;
		len -= line;
	}
}

static void follow(const char *location)
{
	cleanup(url_release) struct url from = URL_INIT;
	struct redirect redirect;
	struct error err = ERROR_INIT;

	if (url_parse("https://registry.example.com/v2/", &from, &err) < 0)
		return;
	if (redirect_decide(&from, ADDRESS_PUBLIC, ADDRESS_SAFE, location, 0, &redirect, &err) <
	    0) {
		assert(err.text[0]);
		return;
	}
	assert(redirect.url.is_https && redirect.allowed_kinds & ADDRESS_PUBLIC);
	assert(!redirect.keeps_authorization ||
	       strcmp(redirect.url.host, "registry.example.com") == 0);
	url_release(&redirect.url);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(header_list_release) struct header_list list = HEADER_LIST_INIT;
	autofree char *text = xstrndup((const char *)data, size);
	uint64_t start = 0, end = 0, total = 0, len = 0;

	read_headers((const char *)data, size, &list);
	assert(list.all.len <= HEADERS_MAX);
	if (header_read_range(&list, &start, &end, &total) == 1)
		assert(start <= end && (!total || end < total));
	(void)header_read_length(&list, &len);
	assert(header_read_retry_after(&list) <= RETRY_AFTER_MAX);
	const char *location = header_find(&list, "location");
	if (location)
		follow(location);
	(void)proxy_is_exempt(text, "10.1.2.3", 443);
	(void)proxy_is_exempt(text, "fd00::1", 5000);
	(void)proxy_is_exempt(text, "a.example.com", 443);
	return 0;
}
