/* SPDX-License-Identifier: Apache-2.0 */
#include "token.h"

#include "complaint.h"
#include "credential_helper.h"

#include "base/alloc.h"
#include "base/text.h"
#include "base/trace.h"
#include "registry/realm.h"

#include <string.h>

#define SECOND UINT64_C(1000000000)

struct token {
	char *scope;
	char *value; /* "Bearer ..." */
	char *who;
	uint64_t expires;
};

/* What is known of one registry host. */
struct auth_host {
	char *origin;
	struct challenge challenge;
	enum address_kind peer_kind;
	VEC(struct token) tokens;
	uint64_t refreshes[TOKEN_REFRESHES_A_MINUTE];
};

/* What a helper said, so that it is asked once. */
struct helper_answer {
	char *key; /* "NAME SERVER" */
	bool is_found;
	struct credentials credentials;
};

struct auth {
	struct http *http;
	const struct strv *environment, *trusted_realms;
	struct credential_files *files;
	VEC(struct auth_host *) hosts;
	VEC(struct helper_answer) helper_answers;
	VEC(struct auth_wait *) waits;
};

struct auth_wait {
	struct auth *auth;
	struct auth_host *host;
	char *repository, *scope, *extra_scope;
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

static void say_who(const struct auth_wait *wait, struct buf *who)
{
	if (wait->has_credentials)
		credentials_describe(&wait->credentials, who);
	else
		buf_add_text(who, "nobody");
}

/* --- hosts ------------------------------------------------------------------------------------ */

static void token_release(struct token *token)
{
	free(token->scope);
	if (token->value)
		explicit_bzero(token->value, strlen(token->value));
	free(token->value);
	free(token->who);
}

static void host_free(struct auth_host *host)
{
	for (size_t i = 0; i < host->tokens.len; i++)
		token_release(&host->tokens.items[i]);
	vec_release(&host->tokens);
	challenge_release(&host->challenge);
	free(host->origin);
	free(host);
}

/* By scheme too: a token of https must not leave over http. */
static struct auth_host *find_host(struct auth *auth, const struct endpoint *endpoint)
{
	for (size_t i = 0; i < auth->hosts.len; i++)
		if (strcmp(auth->hosts.items[i]->origin, endpoint->base.text) == 0)
			return auth->hosts.items[i];
	struct auth_host *host = xcalloc(1, sizeof(*host));
	host->origin = xstrdup(endpoint->base.text);
	vec_push(&auth->hosts, host);
	return host;
}

bool auth_is_wanted(struct auth *auth, const struct endpoint *endpoint)
{
	return find_host(auth, endpoint)->challenge.scheme != CHALLENGE_NONE;
}

const char *auth_challenged_scope(struct auth *auth, const struct endpoint *endpoint)
{
	return find_host(auth, endpoint)->challenge.scope;
}

static struct token *find_token(struct auth_host *host, const char *scope)
{
	for (size_t i = 0; i < host->tokens.len; i++)
		if (strcmp(host->tokens.items[i].scope, scope) == 0)
			return &host->tokens.items[i];
	return NULL;
}

bool auth_find(struct auth *auth, const struct endpoint *endpoint, const char *scope,
	       struct auth_answer *ret_answer)
{
	struct token *token = find_token(find_host(auth, endpoint), scope);

	if (!token || token->expires <= loop_now(http_loop(auth->http)))
		return false;
	*ret_answer = (struct auth_answer){ token->value, token->who };
	return true;
}

static void drop_token(struct auth_host *host, const char *scope)
{
	struct token *token = find_token(host, scope);

	if (!token)
		return;
	token_release(token);
	*token = host->tokens.items[--host->tokens.len];
}

bool auth_forget(struct auth *auth, const struct endpoint *endpoint, const char *scope,
		 const char *authorization)
{
	struct auth_host *host = find_host(auth, endpoint);
	struct token *token = find_token(host, scope);
	uint64_t now = loop_now(http_loop(auth->http)), *oldest = &host->refreshes[0];

	/* somebody else has a new one already */
	if (token && strcmp(token->value, authorization) != 0)
		return true;
	drop_token(host, scope);
	for (size_t i = 1; i < countof(host->refreshes); i++)
		if (host->refreshes[i] < *oldest)
			oldest = &host->refreshes[i];
	if (*oldest && now - *oldest < 60 * SECOND)
		return false;
	*oldest = now;
	return true;
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
		      const struct strv *trusted_realms)
{
	struct auth *auth = xcalloc(1, sizeof(*auth));

	auth->http = http;
	auth->environment = environment;
	auth->trusted_realms = trusted_realms;
	auth->files = credential_files_new(environment);
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
		host_free(auth->hosts.items[i]);
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
static void finish(struct auth_wait *wait, const struct auth_answer *answer,
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
	finish(wait, NULL, err);
}

/* --- tokens ----------------------------------------------------------------------------------- */

static bool is_header_safe(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

static int read_token(const struct http_response *response, const char **ret_token,
		      int64_t *ret_seconds, json_t **ret_document, struct error *err)
{
	const char *token = NULL;

	*ret_seconds = 60; /* the specification's default */
	if (value_read(response->body.data, response->body.len, "token", ret_document, err) < 0)
		return error_set(err, ERROR_AUTH, "its answer is no JSON");
	if (value_get_text(*ret_document, "token", &token, err) < 0 ||
	    (!token && value_get_text(*ret_document, "access_token", &token, err) < 0))
		return -1;
	if (!token || !*token || !is_header_safe(token))
		return error_set(err, ERROR_AUTH, "its answer holds no usable token");
	if (value_get_integer(*ret_document, "expires_in", ret_seconds, err) < 0)
		return -1;
	*ret_token = token;
	return 0;
}

static const struct token *keep_token(struct auth_wait *wait, const char *token, int64_t seconds)
{
	uint64_t life = seconds < 60 ? 60 : seconds > 86400 ? 86400 : (uint64_t)seconds;
	cleanup(buf_release) struct buf who = BUF_INIT;

	say_who(wait, &who);
	drop_token(wait->host, wait->scope);
	/* it is renewed a little before its time */
	vec_push(&wait->host->tokens,
		 (struct token){ .scope = xstrdup(wait->scope),
				 .value = xasprintf("Bearer %s", token),
				 .who = buf_take(&who),
				 .expires = loop_now(http_loop(wait->auth->http)) +
					    (life - life / 10) * SECOND });
	return &wait->host->tokens.items[wait->host->tokens.len - 1];
}

static void on_token(void *context, const struct http_response *response, enum http_failure failure,
		     const struct error *failed)
{
	struct auth_wait *wait = context;
	cleanup(value_free) json_t *document = NULL;
	cleanup(buf_release) struct buf who = BUF_INIT;
	cleanup(buf_release) struct buf complaint = BUF_INIT;
	struct error err = ERROR_INIT;
	const char *token = NULL;
	int64_t seconds = 0;

	(void)failure;
	wait->call = NULL;
	say_who(wait, &who);
	if (failed) {
		err = *failed;
		finish_with_error(wait, &err);
		return;
	}
	if (response->status != 200) {
		complaint_format(response, &complaint);
		enum error_code code = response->status < 500 && response->status != 429
					       ? ERROR_AUTH
					       : ERROR_NETWORK;
		(void)error_set(&err, code, "token server %s refused %s for %s (%s)",
				wait->realm.host, who.data, wait->repository, complaint.data);
		finish_with_error(wait, &err);
		return;
	}
	if (read_token(response, &token, &seconds, &document, &err) < 0) {
		(void)error_wrap(&err, "token server %s", wait->realm.host);
		finish_with_error(wait, &err);
		return;
	}
	const struct token *kept = keep_token(wait, token, seconds);
	finish(wait, &(struct auth_answer){ kept->value, kept->who }, NULL);
}

static unsigned realm_kinds(const struct auth_wait *wait)
{
	if (address_is_loopback_host(wait->realm.host))
		return ADDRESS_SAFE | ADDRESS_LOOPBACK;
	/* what a public registry names must be public as well */
	return wait->host->peer_kind == ADDRESS_PUBLIC ? ADDRESS_PUBLIC : ADDRESS_SAFE;
}

/* "a b" are two scopes, and two parameters. */
static int add_scopes(struct url *url, const char *scopes, struct error *err)
{
	for (const char *at = scopes; *at;) {
		size_t len = strcspn(at, " ");
		autofree char *scope = xstrndup(at, len);
		if (len && url_add_query(url, "scope", scope, err) < 0)
			return -1;
		at += len + (at[len] == ' ');
	}
	return 0;
}

static int fill_get(struct auth_wait *wait, struct http_request *request, struct error *err)
{
	const char *service = wait->host->challenge.service;

	request->method = "GET";
	if ((service && url_add_query(&request->url, "service", service, err) < 0) ||
	    add_scopes(&request->url, wait->scope, err) < 0 ||
	    (wait->extra_scope && add_scopes(&request->url, wait->extra_scope, err) < 0))
		return -1;
	if (wait->has_credentials)
		request->authorization = credentials_format_basic(&wait->credentials);
	return 0;
}

/* OAuth2: the identity token goes in a form, never into a URL. */
static int fill_post(struct auth_wait *wait, struct http_request *request, struct error *err)
{
	const char *service = wait->host->challenge.service;
	cleanup(url_release) struct url form = URL_INIT;

	if (url_parse("https://form/", &form, err) < 0 ||
	    url_add_query(&form, "grant_type", "refresh_token", err) < 0 ||
	    url_add_query(&form, "client_id", "cbuild", err) < 0 ||
	    url_add_query(&form, "service", service ? service : "", err) < 0 ||
	    url_add_query(&form, "scope", wait->scope, err) < 0 ||
	    url_add_query(&form, "refresh_token", wait->credentials.identity_token, err) < 0)
		return -1;
	request->method = "POST";
	strv_add(&request->headers, "Content-Type: application/x-www-form-urlencoded");
	request->owned_body = xstrdup(strchr(form.text, '?') + 1);
	request->body = (struct http_body){ .data = request->owned_body,
					    .fd = -1,
					    .size = strlen(request->owned_body),
					    .is_there = true };
	explicit_bzero(form.text, strlen(form.text));
	return 0;
}

static int ask_realm(struct auth_wait *wait, const struct url *registry, struct error *err)
{
	cleanup(http_request_release) struct http_request request = HTTP_REQUEST_INIT;
	enum realm_trust trust;

	if (realm_judge(registry, wait->host->challenge.realm, wait->auth->trusted_realms,
			&wait->realm, &trust, err) < 0)
		return -1;
	if (wait->has_credentials && trust != REALM_TRUSTED)
		return error_set(
			err, ERROR_AUTH,
			"registry %s sends its users to %s for tokens, which is not trusted "
			"with the credentials of %s",
			registry->host, wait->realm.host, wait->credentials.origin);
	request.url = url_dup(&wait->realm);
	int result = wait->has_credentials && wait->credentials.identity_token
			     ? fill_post(wait, &request, err)
			     : fill_get(wait, &request, err);
	if (result < 0)
		return -1;
	request.body_max = TOKEN_ANSWER_MAX;
	request.allowed_kinds = realm_kinds(wait);
	request.is_repeatable = true;
	request.stays = true; /* credentials are not led around */
	request.role = "token server";
	trace("registry", "token for %s from %s", wait->scope, wait->realm.host);
	wait->call = http_start(wait->auth->http, &request, on_token, wait);
	return 0;
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
		if (ask_realm(wait, &registry, &err) < 0)
			finish_with_error(wait, &err);
		return;
	}
	if (!wait->has_credentials || !wait->credentials.password) {
		refuse_nobody(wait, &registry);
		return;
	}
	say_who(wait, &who);
	autofree char *basic = credentials_format_basic(&wait->credentials);
	finish(wait, &(struct auth_answer){ basic, who.data }, NULL);
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
