/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a registry asks for in WWW-Authenticate (RFC 9110 section 11.6.1): Basic, or Bearer with the
 * realm that gives tokens. The text is hostile: bounded, quoted-string aware, and what is not
 * understood is skipped.
 */
#ifndef CBUILD_REGISTRY_CHALLENGE_H
#define CBUILD_REGISTRY_CHALLENGE_H

#include "http/header.h"

#include <stdbool.h>

enum { CHALLENGE_LEN_MAX = 8192, CHALLENGE_PARAMETERS_MAX = 32 };

enum challenge_scheme { CHALLENGE_NONE = 0, CHALLENGE_BASIC, CHALLENGE_BEARER };

struct challenge {
	enum challenge_scheme scheme;
	char *realm, *service, *scope; /* or NULL */
};

#define CHALLENGE_INIT \
	{              \
		0      \
	}

void challenge_release(struct challenge *challenge);
DEFINE_RELEASE(struct challenge, challenge_release);

/* One header's value, which may hold several challenges: the best of them, Bearer before Basic. */
struct challenge challenge_parse(const char *value);
/* Of all WWW-Authenticate headers. */
struct challenge challenge_of(const struct header_list *headers);

#endif
