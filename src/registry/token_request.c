/* SPDX-License-Identifier: Apache-2.0 */
/* One question to a token server, and its answer (docker's token specification, OAuth2 form). */
#include "auth.h"
#include "complaint.h"

#include "base/alloc.h"
#include "base/trace.h"
#include "registry/realm.h"

#include <string.h>

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
	auth_wait_say_who(wait, &who);
	if (failed) {
		err = *failed;
		auth_wait_finish(wait, NULL, &err);
		return;
	}
	if (response->status != 200) {
		complaint_format(response, &complaint);
		enum error_code code = response->status < 500 && response->status != 429
					       ? ERROR_AUTH
					       : ERROR_NETWORK;
		(void)error_set(&err, code, "token server %s refused %s for %s (%s)",
				wait->realm.host, who.data, wait->repository, complaint.data);
		auth_wait_finish(wait, NULL, &err);
		return;
	}
	if (read_token(response, &token, &seconds, &document, &err) < 0) {
		(void)error_wrap(&err, "token server %s", wait->realm.host);
		auth_wait_finish(wait, NULL, &err);
		return;
	}
	const struct token *kept =
		auth_host_keep_token(wait->host, wait->scope, token, who.data,
				     loop_now(http_loop(wait->auth->http)), seconds);
	auth_wait_finish(wait, &(struct auth_answer){ kept->value, kept->who }, NULL);
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

/* What it may prove itself with, and what it is shown. */
static int set_trust(const struct auth_wait *wait, enum realm_trust trust,
		     struct http_request *request, struct error *err)
{
	cleanup(buf_release) struct buf authority = BUF_INIT;

	url_add_authority(&wait->realm, &authority);
	request->skips_tls_verification = registry_access_is_insecure(
		wait->auth->access, authority.data, strstr(wait->scope, ",push") != NULL);
	return trusts_find_realm(wait->auth->trusts, authority.data, wait->domain,
				 trust == REALM_TRUSTED, &request->host_trust, err);
}

int token_request(struct auth_wait *wait, const struct url *registry, struct error *err)
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
	if (set_trust(wait, trust, &request, err) < 0)
		return -1;
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
