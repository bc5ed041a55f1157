/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http or https? Only asked of loopback registries, where both are spoken (docker's rule): plain
 * http is tried first, TLS where that is not understood, and the answer is remembered; and of those
 * that somebody called insecure, the other way round. Credentials are sent by neither before one of
 * them has answered.
 */
#ifndef CBUILD_REGISTRY_SCHEME_H
#define CBUILD_REGISTRY_SCHEME_H

#include "call.h"

/* At the start of a call. */
int scheme_use_known(struct registry_call *call, struct error *err) must_check;
/* The next request finds it out: it must come back soon, whatever happens to it. */
bool scheme_is_open(const struct registry_call *call);
/* Looks at how a request ended: true when the same must be done once more, the other way. */
bool scheme_learn(struct registry_call *call, const struct http_response *response,
		  enum http_failure failure);

#endif
