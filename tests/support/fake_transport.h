/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An http_transport without a network: answers are canned and given in the order of the table, time
 * stands still but for what somebody waits. What was asked is written down, one line an exchange:
 * "GET https://h/x", then " auth=..." and " range=..." where there were such.
 */
#ifndef CBUILD_TESTS_FAKE_TRANSPORT_H
#define CBUILD_TESTS_FAKE_TRANSPORT_H

#include "http/transport.h"

#include <stdbool.h>

struct fake_answer {
	int status; /* 0: the failure comes before any answer */
	const char *headers[4];
	const char *body;
	enum http_failure failure; /* after the body */
	enum address_kind peer_kind;
};

struct fake_transport {
	const struct fake_answer *answers;
	size_t n_answers, at;
	uint64_t now;
	struct buf log;
	struct http_exchange *pending[16];
	size_t n_pending, most_pending;
	bool holds; /* answers nothing for now */
};

void fake_transport_init(struct fake_transport *fake, const struct fake_answer *answers,
			 size_t n_answers);
void fake_transport_release(struct fake_transport *fake);
struct http_transport fake_transport_of(struct fake_transport *fake);
struct loop_backend fake_backend_of(struct fake_transport *fake);

#endif
