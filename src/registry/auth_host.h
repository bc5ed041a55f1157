/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of one registry host: what it asks for, and the tokens got for it so far. */
#ifndef CBUILD_REGISTRY_AUTH_HOST_H
#define CBUILD_REGISTRY_AUTH_HOST_H

#include "base/vec.h"
#include "http/address.h"
#include "registry/challenge.h"

#include <stdint.h>

enum { TOKEN_REFRESHES_A_MINUTE = 2 };

struct token {
	char *scope;
	char *value; /* "Bearer ..." */
	char *who;
	uint64_t expires;
};

struct auth_host {
	char *origin; /* with the scheme: a token of https must not leave over http */
	struct challenge challenge;
	enum address_kind peer_kind;
	VEC(struct token) tokens;
	uint64_t refreshes[TOKEN_REFRESHES_A_MINUTE];
};

struct auth_host *auth_host_new(const char *origin);
void auth_host_free(struct auth_host *host);

/* Borrowed; NULL where there is none, also of one that is too old. */
const struct token *auth_host_find_token(struct auth_host *host, const char *scope, uint64_t now);
/* In place of the one there was; seconds as the server said. */
const struct token *auth_host_keep_token(struct auth_host *host, const char *scope,
					 const char *value, const char *who, uint64_t now,
					 int64_t seconds);
/* The value was refused: false when tokens are refused too often to be worth another. */
bool auth_host_forget_token(struct auth_host *host, const char *scope, const char *value,
			    uint64_t now);

#endif
