/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes into the Authorization header for one registry and scope: remembers each host's
 * challenge and each scope's token, looks credentials up, asks the realm. Whoever wants the same
 * token at the same time shares one request.
 */
#ifndef CBUILD_REGISTRY_TOKEN_H
#define CBUILD_REGISTRY_TOKEN_H

#include "http/http.h"
#include "registry/challenge.h"
#include "registry/credentials.h"
#include "registry/endpoint.h"

enum { TOKEN_ANSWER_MAX = 1024 * 1024 };

struct auth;
struct auth_wait;
struct trusts;

struct auth_answer {
	const char *authorization; /* the header's value */
	const char *who;	   /* "user 'x' from FILE", or "nobody" */
};

/* err: NULL unless it failed. */
typedef void (*auth_fn)(void *context, const struct auth_answer *answer, const struct error *err);

/* All is lent for its life. */
struct auth *auth_new(struct http *http, const struct strv *environment,
		      const struct strv *trusted_realms, const struct registry_access *access,
		      struct trusts *trusts);
void auth_free(struct auth *auth);
DEFINE_CLEANUP(struct auth *, auth_free);

/* The host has asked for authorization before. */
bool auth_is_wanted(struct auth *auth, const struct endpoint *endpoint);
/* A token at hand that is still good: the header's value and for whom, or false. */
bool auth_find(struct auth *auth, const struct endpoint *endpoint, const char *scope,
	       struct auth_answer *ret_answer);
/* Remembers what a 401 asks for; -1: nothing that is understood. */
int auth_note_challenge(struct auth *auth, const struct endpoint *endpoint,
			const struct http_response *response, struct error *err) must_check;
/* The token was refused: false when that happens too often to be worth another. */
bool auth_forget(struct auth *auth, const struct endpoint *endpoint, const char *scope,
		 const char *authorization);
/* fn is called later, once. `extra_scope`: the challenge's own, or NULL. */
struct auth_wait *auth_obtain(struct auth *auth, const struct endpoint *endpoint, const char *scope,
			      const char *extra_scope, auth_fn fn, void *context);
/* fn is not called. NULL is fine. */
void auth_cancel(struct auth_wait *wait);
/* "A, B or C" */
void auth_describe_sources(const struct auth *auth, struct buf *buf);
/* The scope the last challenge of this host named, or NULL. */
const char *auth_challenged_scope(struct auth *auth, const struct endpoint *endpoint);

#endif
