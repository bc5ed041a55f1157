/* SPDX-License-Identifier: Apache-2.0 */
/* One exchange on libcurl: its easy handle, and what the callbacks found out. */
#ifndef CBUILD_HTTP_WIRE_H
#define CBUILD_HTTP_WIRE_H

#include "stall.h"

#include "http/transport.h"

#include <curl/curl.h>

struct wire {
	CURL *easy;
	struct http_exchange *exchange;
	struct curl_slist *headers;
	struct stall stall;
	uint64_t body_at; /* how much of the body was read */
	enum http_failure verdict;
	bool is_started, is_paused, has_authorities;
	char reason[CURL_ERROR_SIZE]; /* of the verdict */
	char detail[CURL_ERROR_SIZE]; /* libcurl's own, written whenever it likes */
};

/* Whom to believe; the bundle is what trust->file holds, read where a host's own is added to it. */
struct wire_trust {
	struct trust trust;
	struct buf bundle;
};

/* Ready to be added to the multi handle. */
int wire_new(struct http_exchange *exchange, struct wire_trust *trust, struct wire **ret_wire,
	     struct error *err) must_check;
void wire_free(struct wire *wire);
DEFINE_CLEANUP(struct wire *, wire_free);

/* Of wire_callbacks.c: what libcurl tells and asks while it runs. */
void wire_set_callbacks(struct wire *wire);
uint64_t wire_now(void);

/* Of wire_failure.c: what libcurl's result means; detail is one clause in plain words. */
enum http_failure wire_failure(const struct wire *wire, CURLcode code);
const char *wire_detail(const struct wire *wire, CURLcode code);

#endif
