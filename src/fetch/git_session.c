/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The environment that git runs in. Nothing of the caller's but PATH, where proxies and authorities
 * are, and (of a source that the caller named) the ssh agent; everything that git could be told by
 * a configuration is said here, through GIT_CONFIG_..., where no argument list shows it.
 */
#include "git.h"
#include "git_watch.h"
#include "secret.h"

#include "base/alloc.h"
#include "base/base64.h"
#include "base/text.h"
#include "transfer/transfer.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char REFS_PATH[] = "/info/refs?service=git-upload-pack";

void git_session_release(struct git_session *session)
{
	for (size_t i = 0; i < session->environment.len; i++)
		explicit_bzero(session->environment.items[i],
			       strlen(session->environment.items[i]));
	strv_release(&session->environment);
	free(session->program);
	free(session->url);
	*session = (struct git_session){ 0 };
}

static void set(struct git_session *session, const char *name, const char *value)
{
	unsigned n = session->n_settings++;

	strv_printf(&session->environment, "GIT_CONFIG_KEY_%u=%s", n, name);
	strv_printf(&session->environment, "GIT_CONFIG_VALUE_%u=%s", n, value);
}

static void set_number(struct git_session *session, const char *name, int value)
{
	autofree char *text = xasprintf("%d", value);

	set(session, name, text);
}

static const char *transport_name(enum git_transport transport)
{
	static const char *const names[] = {
		[GIT_HTTP] = "http", [GIT_HTTPS] = "https", [GIT_DAEMON] = "git", [GIT_SSH] = "ssh"
	};

	return names[transport];
}

/* No configuration, hook, filter, helper, prompt, template or second protocol. */
static void close_all(struct git_session *session, const char *transport)
{
	static const char *const settings[][2] = {
		{ "core.hooksPath", "/dev/null" },
		{ "core.fsmonitor", "false" },
		{ "core.askPass", "" },
		{ "core.symlinks", "true" },
		{ "core.protectHFS", "true" },
		{ "core.protectNTFS", "true" },
		{ "core.autocrlf", "false" },
		{ "core.attributesFile", "/dev/null" },
		{ "core.excludesFile", "/dev/null" },
		{ "credential.helper", "" },
		{ "transfer.fsckObjects", "true" },
		{ "fetch.recurseSubmodules", "false" },
		{ "submodule.recurse", "false" },
		{ "init.defaultBranch", "master" },
		{ "init.templateDir", "" },
		{ "gc.auto", "0" },
		{ "maintenance.auto", "false" },
		{ "safe.bareRepository", "explicit" },
		{ "advice.detachedHead", "false" },
		{ "pack.threads", "2" },
		{ "http.followRedirects", "false" },
		{ "http.cookieFile", "" },
		{ "http.sslVerify", "true" },
		{ "protocol.allow", "never" },
	};
	static const char *const environment[] = {
		"HOME=/nonexistent",
		"XDG_CONFIG_HOME=/nonexistent",
		"GIT_CONFIG_NOSYSTEM=1",
		"GIT_ATTR_NOSYSTEM=1",
		"GIT_CONFIG_SYSTEM=/dev/null",
		"GIT_CONFIG_GLOBAL=/dev/null",
		"GIT_TERMINAL_PROMPT=0",
		"GIT_PROTOCOL_FROM_USER=0",
		"GIT_NO_REPLACE_OBJECTS=1",
		"GIT_ASKPASS=/bin/false",
		"SSH_ASKPASS=/bin/false",
		"GIT_OPTIONAL_LOCKS=0",
		"LC_ALL=C",
	};

	for (size_t i = 0; i < countof(environment); i++)
		strv_add(&session->environment, environment[i]);
	strv_printf(&session->environment, "GIT_ALLOW_PROTOCOL=%s", transport);
	for (size_t i = 0; i < countof(settings); i++)
		set(session, settings[i][0], settings[i][1]);
	set_number(session, "http.lowSpeedLimit", GIT_STALL_RATE);
	set_number(session, "http.lowSpeedTime", GIT_STALL_SECONDS);
	autofree char *allow = xasprintf("protocol.%s.allow", transport);
	set(session, allow, "always");
}

static void pass(struct git_session *session, const char *name, const char *as)
{
	const char *value = getenv(name);

	if (value && *value)
		strv_printf(&session->environment, "%s=%s", as, value);
}

/* Only where our own request went through one: a pinned address is connected to directly. */
static void pass_proxies(struct git_session *session)
{
	static const char *const names[] = { "http_proxy",  "https_proxy", "all_proxy", "no_proxy",
					     "HTTPS_PROXY", "ALL_PROXY",   "NO_PROXY" };

	for (size_t i = 0; i < countof(names); i++)
		pass(session, names[i], names[i]);
	/* our own requests take this one too, libcurl does not; of two the first counts */
	pass(session, "HTTP_PROXY", "http_proxy");
}

/* --- http ------------------------------------------------------------------------------------- */

/* user:password of the URL; GIT_AUTH_HEADER[.host]; GIT_AUTH_TOKEN[.host]. 1/0/-1 */
static int find_authorization(const struct fetch_env *env, const struct git_reference *reference,
			      struct buf *ret_value, struct error *err)
{
	autofree char *header = xasprintf("GIT_AUTH_HEADER.%s", reference->host);
	autofree char *token = xasprintf("GIT_AUTH_TOKEN.%s", reference->host);
	const char *const tokens[] = { token, "GIT_AUTH_TOKEN" };
	cleanup(secret_release) struct buf pair = BUF_INIT;
	int found = 0;

	if (reference->user && reference->password) {
		buf_reserve(&pair, strlen(reference->user) + strlen(reference->password) + 2);
		buf_printf(&pair, "%s:%s", reference->user, reference->password);
	}
	for (size_t i = 0; i < countof(tokens) && !pair.len; i++) {
		found = secret_read(env, i ? "GIT_AUTH_HEADER" : header, "", ret_value, err);
		if (found)
			return found;
		found = secret_read(env, tokens[i], "x-access-token:", &pair, err);
		if (found < 0)
			return -1;
	}
	if (!pair.len)
		return 0;
	buf_reserve(ret_value, pair.len * 2 + 16);
	buf_add_text(ret_value, "Basic ");
	base64_encode(pair.data, pair.len, ret_value);
	return 1;
}

/* Length of "scheme://host:port" */
static size_t origin_len(const char *url)
{
	const char *host = strstr(url, "://");

	return host ? (size_t)(host - url) + 3 + strcspn(host + 3, "/") : strlen(url);
}

static bool is_same_origin(const char *a, const char *b)
{
	size_t len = origin_len(a);

	return len == origin_len(b) && strncasecmp(a, b, len) == 0;
}

/* git connects where our own request came to, and follows nobody. */
static int pin(struct git_session *session, const char *address, struct error *err)
{
	cleanup(git_reference_release) struct git_reference place = GIT_REFERENCE_INIT;

	if (git_reference_parse(session->url, &place, err) < 0)
		return -1;
	/* an address is not looked up, and libcurl takes no IPv6 one here */
	if (strchr(place.host, ':'))
		return 0;
	bool is_v6 = strchr(address, ':') != NULL;
	autofree char *value = xasprintf("%s:%u:%s%s%s", place.host, place.port, is_v6 ? "[" : "",
					 address, is_v6 ? "]" : "");
	set(session, "http.curloptResolve", value);
	return 0;
}

static int authorise(struct git_session *session, const struct git_reference *reference,
		     struct error *err)
{
	cleanup(secret_release) struct buf authorization = BUF_INIT, header = BUF_INIT;

	int found = find_authorization(session->env, reference, &authorization, err);
	if (found <= 0)
		return found;
	autofree char *name =
		xasprintf("http.%.*s/.extraHeader", (int)origin_len(session->url), session->url);
	buf_reserve(&header, authorization.len + 32);
	buf_printf(&header, "Authorization: %s", authorization.data);
	set(session, name, header.data);
	return 0;
}

static int open_http(struct git_session *session, const struct git_reference *reference,
		     bool is_led, bool with_secrets, struct error *err)
{
	cleanup(transfer_place_release) struct transfer_place place = { 0 };
	autofree char *refs = xasprintf("%s%s", reference->url, REFS_PATH);

	if (transfer_reach_url(session->env->transfer, refs, false, is_led, &place, err) < 0)
		return -1;
	/* git follows no redirect to another kind of page either */
	if (!text_has_suffix(place.url, REFS_PATH)) {
		cleanup(buf_release) struct buf shown = BUF_INIT;
		source_add_printable(place.url, &shown);
		return error_set(err, ERROR_NOT_FOUND,
				 "%.500s leads to %.500s, which is no git repository",
				 reference->url, shown.data);
	}
	place.url[strlen(place.url) - strlen(REFS_PATH)] = '\0';
	session->url = xstrdup(place.url);
	session->is_public = place.is_public;
	pass(session, "SSL_CERT_FILE", "GIT_SSL_CAINFO");
	pass(session, "SSL_CERT_DIR", "GIT_SSL_CAPATH");
	if (!place.address)
		pass_proxies(session);
	else if (pin(session, place.address, err) < 0)
		return -1;
	if (with_secrets && is_same_origin(session->url, reference->url))
		return authorise(session, reference, err);
	return 0;
}

/* --- git, ssh --------------------------------------------------------------------------------- */

/* The http is a manner of speaking, and nobody wrote it. */
static int show_no_url(const char *url, struct error *err)
{
	size_t len = strlen(url);

	if (text_has_prefix(err->text, url) && text_has_prefix(err->text + len, ": "))
		memmove(err->text, err->text + len + 2, strlen(err->text + len + 2) + 1);
	return -1;
}

static int reach(struct git_session *session, const struct git_reference *reference, bool is_led,
		 struct transfer_place *ret_place, struct error *err)
{
	bool is_v6 = strchr(reference->host, ':') != NULL;
	autofree char *url = xasprintf("http://%s%s%s:%u/", is_v6 ? "[" : "", reference->host,
				       is_v6 ? "]" : "", reference->port);

	if (transfer_reach_url(session->env->transfer, url, true, is_led, ret_place, err) < 0)
		return show_no_url(url, err);
	session->is_public = ret_place->is_public;
	return ret_place->address ? 0
				  : error_set(err, ERROR_NETWORK, "cannot tell the address of %s",
					      reference->host);
}

/* The server is told the name all the same: it may serve several. */
static int open_daemon(struct git_session *session, const struct git_reference *reference,
		       bool is_led, struct error *err)
{
	cleanup(transfer_place_release) struct transfer_place place = { 0 };

	if (reach(session, reference, is_led, &place, err) < 0)
		return -1;
	bool is_v6 = strchr(place.address, ':') != NULL;
	session->url = xasprintf("git://%s%s%s:%u%s", is_v6 ? "[" : "", place.address,
				 is_v6 ? "]" : "", reference->port, reference->path);
	strv_printf(&session->environment, "GIT_OVERRIDE_VIRTUAL_HOST=%s:%u", reference->host,
		    reference->port);
	return 0;
}

static int open_ssh(struct git_session *session, const struct git_reference *reference, bool is_led,
		    struct error *err)
{
	cleanup(transfer_place_release) struct transfer_place place = { 0 };

	if (!session->env->ssh_agent && !session->env->is_callers_own)
		return error_set(
			err, ERROR_NOT_FOUND,
			"no SSH key \"default\" forwarded from the client: git over ssh in "
			"a Dockerfile needs --ssh default (or https, with a token as secret "
			"GIT_AUTH_TOKEN)");
	if (reach(session, reference, is_led, &place, err) < 0)
		return -1;
	session->url = xstrdup(reference->url);
	return git_ssh_prepare(session, reference, place.address, err);
}

/* --- all -------------------------------------------------------------------------------------- */

static int open_transport(struct git_session *session, const struct git_reference *reference,
			  bool is_led, bool with_secrets, struct error *err)
{
	switch (reference->transport) {
	case GIT_HTTP:
	case GIT_HTTPS:
		return open_http(session, reference, is_led, with_secrets, err);
	case GIT_DAEMON:
		return open_daemon(session, reference, is_led, err);
	case GIT_SSH:
		break;
	}
	return open_ssh(session, reference, is_led, err);
}

/* The pin is a setting that older ones do not know, and would pass over. */
static int check_version(const struct git_session *session, struct error *err)
{
	static const char *const words[] = { "--version", NULL };
	cleanup(buf_release) struct buf output = BUF_INIT;
	autoclose int root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int major = 0, minor = 0;

	if (git_run_words(session, root_fd, words, &output, err) < 0)
		return -1;
	if (sscanf(output.data, "git version %d.%d", &major, &minor) == 2 &&
	    (major > 2 || (major == 2 && minor >= 37)))
		return 0;
	return error_set(err, ERROR_SYSTEM, "git of version 2.37 or later is needed, '%s' is %.40s",
			 session->program, output.data);
}

int git_session_open(const struct fetch_env *env, const struct git_reference *reference,
		     bool is_led, bool with_secrets, struct git_session *ret_session,
		     struct error *err)
{
	cleanup(git_session_release) struct git_session session = { .env = env };

	if (git_program_find(&session.program, err) < 0)
		return -1;
	pass(&session, "PATH", "PATH");
	if (check_version(&session, err) < 0)
		return -1;
	close_all(&session, transport_name(reference->transport));
	if (open_transport(&session, reference, is_led, with_secrets, err) < 0)
		return -1;
	/* a redirect may have led from http to https */
	bool is_https = text_has_prefix(session.url, "https://");
	if (is_https && reference->transport == GIT_HTTP) {
		strv_env_set(&session.environment, "GIT_ALLOW_PROTOCOL", "https");
		set(&session, "protocol.https.allow", "always");
	}
	strv_printf(&session.environment, "GIT_CONFIG_COUNT=%u", session.n_settings);
	*ret_session = session;
	session = (struct git_session){ 0 };
	return 0;
}
