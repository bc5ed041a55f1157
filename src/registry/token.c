/* SPDX-License-Identifier: Apache-2.0 */
#include "token.h"

#include "auth.h"

#include "base/alloc.h"
#include "base/trace.h"

#include <string.h>

void auth_wait_say_who(const struct auth_wait *wait, struct buf *who)
{
	if (wait->has_credentials)
		credentials_describe(&wait->credentials, who);
	else
		buf_add_text(who, "nobody");
}

/* --- hosts ------------------------------------------------------------------------------------ */

static struct auth_host *find_host(struct auth *auth, const struct endpoint *endpoint)
{
	for (size_t i = 0; i < auth->hosts.len; i++)
		if (strcmp(auth->hosts.items[i]->origin, endpoint->base.text) == 0)
			return auth->hosts.items[i];
	struct auth_host *host = auth_host_new(endpoint->base.text);
	vec_push(&auth->hosts, host);
	return host;
}

static uint64_t now_of(const struct auth *auth)
{
	return loop_now(http_loop(auth->http));
}

bool auth_is_wanted(struct auth *auth, const struct endpoint *endpoint)
{
	return find_host(auth, endpoint)->challenge.scheme != CHALLENGE_NONE;
}

const char *auth_challenged_scope(struct auth *auth, const struct endpoint *endpoint)
{
	return find_host(auth, endpoint)->challenge.scope;
}

bool auth_find(struct auth *auth, const struct endpoint *endpoint, const char *scope,
	       struct auth_answer *ret_answer)
{
	const struct token *token =
		auth_host_find_token(find_host(auth, endpoint), scope, now_of(auth));

	if (!token)
		return false;
	*ret_answer = (struct auth_answer){ token->value, token->who };
	return true;
}

bool auth_forget(struct auth *auth, const struct endpoint *endpoint, const char *scope,
		 const char *authorization)
{
	return auth_host_forget_token(find_host(auth, endpoint), scope, authorization,
				      now_of(auth));
}

int auth_note_challenge(struct auth *auth, const struct endpoint *endpoint,
			const struct http_response *response, struct error *err)
{
	struct auth_host *host = find_host(auth, endpoint);
	cleanup(challenge_release) struct challenge challenge = challenge_of(&response->headers);

	if (challenge.scheme == CHALLENGE_NONE)
		return error_set(
			err, ERROR_AUTH,
			"registry %s wants authorization, but in no way that is known here",
			endpoint->domain);
	challenge_release(&host->challenge);
	host->challenge = challenge;
	challenge = (struct challenge)CHALLENGE_INIT;
	host->peer_kind = response->peer_kind;
	return 0;
}

/* --- life and death --------------------------------------------------------------------------- */

struct auth *auth_new(struct http *http, const struct strv *environment,
		      const struct strv *trusted_realms, const struct registry_access *access,
		      struct trusts *trusts)
{
	struct auth *auth = xcalloc(1, sizeof(*auth));

	auth->http = http;
	auth->environment = environment;
	auth->trusted_realms = trusted_realms;
	auth->access = access;
	auth->trusts = trusts;
	auth->files = credential_files_new(environment, access);
	return auth;
}

static void wait_free(struct auth_wait *wait)
{
	struct auth *auth = wait->auth;

	for (size_t i = 0; i < auth->waits.len; i++) {
		if (auth->waits.items[i] == wait) {
			memmove(&auth->waits.items[i], &auth->waits.items[i + 1],
				(auth->waits.len - i - 1) * sizeof(auth->waits.items[0]));
			auth->waits.len--;
			break;
		}
	}
	loop_timer_remove(wait->timer);
	credential_helper_cancel(wait->helper);
	http_cancel(wait->call);
	credentials_release(&wait->credentials);
	url_release(&wait->realm);
	free(wait->domain);
	free(wait->repository);
	free(wait->scope);
	free(wait->extra_scope);
	free(wait->helper_key);
	free(wait);
}

void auth_free(struct auth *auth)
{
	if (!auth)
		return;
	while (auth->waits.len)
		wait_free(auth->waits.items[auth->waits.len - 1]);
	for (size_t i = 0; i < auth->hosts.len; i++)
		auth_host_free(auth->hosts.items[i]);
	for (size_t i = 0; i < auth->helper_answers.len; i++) {
		free(auth->helper_answers.items[i].key);
		credentials_release(&auth->helper_answers.items[i].credentials);
	}
	vec_release(&auth->waits);
	vec_release(&auth->hosts);
	vec_release(&auth->helper_answers);
	credential_files_free(auth->files);
	free(auth);
}

void auth_describe_sources(const struct auth *auth, struct buf *buf)
{
	credential_files_describe(auth->files, buf);
}

static void begin(void *context);

/* The first of those who waited for `leader` does the work from now on. */
static void promote_follower(struct auth_wait *leader)
{
	struct auth *auth = leader->auth;
	struct auth_wait *heir = NULL;

	for (size_t i = 0; i < auth->waits.len; i++) {
		struct auth_wait *wait = auth->waits.items[i];
		if (wait->leader != leader)
			continue;
		wait->leader = heir;
		if (!heir) {
			heir = wait;
			heir->timer = loop_timer_add(http_loop(auth->http), 0, begin, heir);
		}
	}
}

void auth_cancel(struct auth_wait *wait)
{
	if (!wait)
		return;
	promote_follower(wait);
	wait_free(wait);
}

static struct auth_wait *next_follower(struct auth *auth, const struct auth_wait *leader)
{
	for (size_t i = 0; i < auth->waits.len; i++)
		if (auth->waits.items[i]->leader == leader)
			return auth->waits.items[i];
	return NULL;
}

/* Tells the one who did the work and all who waited; callbacks may cancel others meanwhile. */
void auth_wait_finish(struct auth_wait *wait, const struct auth_answer *answer,
		      const struct error *err)
{
	struct auth_wait *follower;

	while ((follower = next_follower(wait->auth, wait)) != NULL) {
		follower->leader = NULL;
		follower->fn(follower->context, answer, err);
		wait_free(follower);
	}
	wait->fn(wait->context, answer, err);
	wait_free(wait);
}

static void finish_with_error(struct auth_wait *wait, const struct error *err)
{
	auth_wait_finish(wait, NULL, err);
}

/* --- credentials ------------------------------------------------------------------------------ */

static void refuse_nobody(struct auth_wait *wait, const struct url *registry)
{
	cleanup(buf_release) struct buf host = BUF_INIT;
	cleanup(buf_release) struct buf sources = BUF_INIT;
	struct error err = ERROR_INIT;

	url_add_authority(registry, &host);
	auth_describe_sources(wait->auth, &sources);
	(void)error_set(&err, ERROR_AUTH,
			"registry %s wants a user and a password for %s, and there are none for it "
			"in %s",
			host.data, wait->repository, sources.data);
	finish_with_error(wait, &err);
}

/* Credentials are there, or there are none. */
static void proceed(struct auth_wait *wait)
{
	cleanup(url_release) struct url registry = URL_INIT;
	cleanup(buf_release) struct buf who = BUF_INIT;
	struct error err = ERROR_INIT;

	if (url_parse(wait->host->origin, &registry, &err) < 0) {
		finish_with_error(wait, &err);
		return;
	}
	if (wait->host->challenge.scheme == CHALLENGE_BEARER) {
		if (token_request(wait, &registry, &err) < 0)
			finish_with_error(wait, &err);
		return;
	}
	if (!wait->has_credentials || !wait->credentials.password) {
		refuse_nobody(wait, &registry);
		return;
	}
	auth_wait_say_who(wait, &who);
	autofree char *basic = credentials_format_basic(&wait->credentials);
	auth_wait_finish(wait, &(struct auth_answer){ basic, who.data }, NULL);
	explicit_bzero(basic, strlen(basic));
}

static void use_files_only(struct auth_wait *wait)
{
	cleanup(credential_match_release) struct credential_match match = CREDENTIAL_MATCH_INIT;
	struct error err = ERROR_INIT;

	int found = credential_files_find(wait->auth->files, wait->repository, true, &match, &err);
	if (found < 0) {
		finish_with_error(wait, &err);
		return;
	}
	if (found > 0) {
		wait->credentials = credentials_dup(&match.credentials);
		wait->has_credentials = true;
	}
	proceed(wait);
}

static void use_helper_answer(struct auth_wait *wait, const struct helper_answer *answer)
{
	if (!answer->is_found) {
		use_files_only(wait);
		return;
	}
	wait->credentials = credentials_dup(&answer->credentials);
	wait->has_credentials = true;
	proceed(wait);
}

static void on_helper(void *context, const struct credentials *credentials,
		      const struct error *failed)
{
	struct auth_wait *wait = context;
	struct auth *auth = wait->auth;

	wait->helper = NULL;
	if (failed) {
		finish_with_error(wait, failed);
		return;
	}
	struct helper_answer answer = { .key = take_ptr(&wait->helper_key),
					.is_found = credentials != NULL };
	if (credentials)
		answer.credentials = credentials_dup(credentials);
	vec_push(&auth->helper_answers, answer);
	use_helper_answer(wait, &answer);
}

static int ask_helper(struct auth_wait *wait, const struct credential_match *match,
		      struct error *err)
{
	struct auth *auth = wait->auth;

	wait->helper_key = xasprintf("%s %s", match->helper, match->server);
	for (size_t i = 0; i < auth->helper_answers.len; i++) {
		if (strcmp(auth->helper_answers.items[i].key, wait->helper_key) == 0) {
			use_helper_answer(wait, &auth->helper_answers.items[i]);
			return 0;
		}
	}
	trace("registry", "asking docker-credential-%s about %s", match->helper, match->server);
	wait->helper = credential_helper_start(http_loop(auth->http),
					       strv_env_get(auth->environment, "PATH"),
					       match->helper, match->server, on_helper, wait, err);
	return wait->helper ? 0 : -1;
}

static void begin(void *context)
{
	struct auth_wait *wait = context;
	cleanup(credential_match_release) struct credential_match match = CREDENTIAL_MATCH_INIT;
	struct error err = ERROR_INIT;

	loop_timer_remove(wait->timer);
	wait->timer = NULL;
	int found = credential_files_find(wait->auth->files, wait->repository, false, &match, &err);
	if (found < 0) {
		finish_with_error(wait, &err);
	} else if (match.kind == CREDENTIAL_HELPER) {
		if (ask_helper(wait, &match, &err) < 0)
			finish_with_error(wait, &err);
	} else {
		if (found > 0) {
			wait->credentials = credentials_dup(&match.credentials);
			wait->has_credentials = true;
		}
		proceed(wait);
	}
}

struct auth_wait *auth_obtain(struct auth *auth, const struct endpoint *endpoint, const char *scope,
			      const char *extra_scope, auth_fn fn, void *context)
{
	struct auth_wait *wait = xcalloc(1, sizeof(*wait));

	wait->auth = auth;
	wait->host = find_host(auth, endpoint);
	wait->domain = xstrdup(endpoint->domain);
	wait->repository = xasprintf("%s/%s", endpoint->domain, endpoint->path);
	wait->scope = xstrdup(scope);
	wait->extra_scope = extra_scope ? xstrdup(extra_scope) : NULL;
	wait->fn = fn;
	wait->context = context;
	for (size_t i = 0; i < auth->waits.len && !wait->leader; i++) {
		struct auth_wait *other = auth->waits.items[i];
		if (other->host == wait->host && !other->leader && strcmp(other->scope, scope) == 0)
			wait->leader = other;
	}
	vec_push(&auth->waits, wait);
	if (!wait->leader)
		wait->timer = loop_timer_add(http_loop(auth->http), 0, begin, wait);
	return wait;
}
