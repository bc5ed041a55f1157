/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of token.h, for the files that serve it. */
#ifndef CBUILD_REGISTRY_AUTH_H
#define CBUILD_REGISTRY_AUTH_H

#include "auth_host.h"
#include "credential_helper.h"
#include "token.h"
#include "trusts.h"

/* What a helper said, so that it is asked once. */
struct helper_answer {
	char *key; /* "NAME SERVER" */
	bool is_found;
	struct credentials credentials;
};

struct auth {
	struct http *http;
	const struct strv *environment, *trusted_realms;
	const struct registry_access *access;
	struct trusts *trusts;
	struct credential_files *files;
	VEC(struct auth_host *) hosts;
	VEC(struct helper_answer) helper_answers;
	VEC(struct auth_wait *) waits;
};

struct auth_wait {
	struct auth *auth;
	struct auth_host *host;
	char *domain, *repository, *scope, *extra_scope;
	auth_fn fn;
	void *context;
	struct auth_wait *leader; /* does the work for us */
	struct loop_timer *timer;
	struct credential_helper *helper;
	char *helper_key;
	struct http_call *call;
	bool has_credentials;
	struct credentials credentials;
	struct url realm;
};

/* Of token.c: tells it and all who wait for the same; all of them are gone then. */
void auth_wait_finish(struct auth_wait *wait, const struct auth_answer *answer,
		      const struct error *err);
/* "user 'x' from FILE", or "nobody" */
void auth_wait_say_who(const struct auth_wait *wait, struct buf *who);
/* Of token_request.c: asks the realm of the host's challenge; ends in auth_wait_finish. */
int token_request(struct auth_wait *wait, const struct url *registry, struct error *err) must_check;

#endif
