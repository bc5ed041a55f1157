/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/credentials.h"

#include "base/alloc.h"
#include "base/base64.h"
#include "base/text.h"

#include <string.h>

static void wipe(char **secret)
{
	if (*secret)
		explicit_bzero(*secret, strlen(*secret));
	free(*secret);
	*secret = NULL;
}

void credentials_release(struct credentials *credentials)
{
	wipe(&credentials->password);
	wipe(&credentials->identity_token);
	free(credentials->username);
	free(credentials->origin);
	*credentials = (struct credentials)CREDENTIALS_INIT;
}

static char *dup_or_null(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

struct credentials credentials_dup(const struct credentials *credentials)
{
	return (struct credentials){ .username = dup_or_null(credentials->username),
				     .password = dup_or_null(credentials->password),
				     .identity_token = dup_or_null(credentials->identity_token),
				     .origin = dup_or_null(credentials->origin) };
}

void credentials_describe(const struct credentials *credentials, struct buf *buf)
{
	const char *user = credentials->username;

	if (user && *user) {
		buf_add_text(buf, "user '");
		text_add_printable(buf, user, strlen(user));
		buf_add_text(buf, "'");
	} else {
		buf_add_text(buf, "an identity token");
	}
	buf_add_text(buf, " from ");
	text_add_printable(buf, credentials->origin, strlen(credentials->origin));
}

char *credentials_format_basic(const struct credentials *credentials)
{
	cleanup(buf_release) struct buf value = BUF_INIT;
	autofree char *pair = xasprintf("%s:%s", credentials->username ? credentials->username : "",
					credentials->password ? credentials->password : "");

	buf_add_text(&value, "Basic ");
	base64_encode(pair, strlen(pair), &value);
	explicit_bzero(pair, strlen(pair));
	return buf_take(&value);
}

void credential_match_release(struct credential_match *match)
{
	credentials_release(&match->credentials);
	free(match->helper);
	free(match->server);
	*match = (struct credential_match)CREDENTIAL_MATCH_INIT;
}

/* --- the keys of auths ------------------------------------------------------------------------ */

static const char *const docker_hosts[] = { "index.docker.io", "registry-1.docker.io",
					    "registry.hub.docker.com" };

/*
 * "https://index.docker.io/v1/" and its kin as "docker.io", others as "host" or "host/path". What
 * docker login wrote as a URL stands for the host alone.
 */
static char *normal_key(const char *key)
{
	bool is_url = text_has_prefix(key, "https://") || text_has_prefix(key, "http://");
	const char *start = is_url ? strstr(key, "://") + 3 : key;
	size_t host_len = strcspn(start, "/"), len = strlen(start);
	const char *path = start + host_len;

	while (len > host_len && start[len - 1] == '/')
		len--;
	if (is_url || strcmp(path, "/v1/") == 0 || strcmp(path, "/v2/") == 0 ||
	    strcmp(path, "/v1") == 0 || strcmp(path, "/v2") == 0)
		len = host_len;
	for (size_t i = 0; i < countof(docker_hosts); i++)
		if (strlen(docker_hosts[i]) == host_len &&
		    memcmp(docker_hosts[i], start, host_len) == 0)
			return xasprintf("docker.io%.*s", (int)(len - host_len), path);
	return xstrndup(start, len);
}

/* Does the key cover the repository? The length says how well; 0 = no. */
static size_t key_fits(const char *key, const char *repository)
{
	autofree char *normal = normal_key(key);
	size_t len = strlen(normal);

	if (!len || strncmp(normal, repository, len) != 0)
		return 0;
	return repository[len] == '/' || repository[len] == '\0' ? len : 0;
}

static const json_t *find_best(const json_t *object, const char *repository)
{
	const json_t *best = NULL;
	const char *key;
	json_t *value;
	size_t best_len = 0;

	/* jansson's iteration wants a mutable object though it changes nothing */
	for (void *at = json_object_iter((json_t *)(uintptr_t)object); at;
	     at = json_object_iter_next((json_t *)(uintptr_t)object, at)) {
		key = json_object_iter_key(at);
		value = json_object_iter_value(at);
		size_t len = key_fits(key, repository);
		if (len > best_len) {
			best_len = len;
			best = value;
		}
	}
	return best;
}

/* --- one document ----------------------------------------------------------------------------- */

static int copy_text(const json_t *entry, const char *key, char **ret_text, struct error *err)
{
	const char *text = NULL;
	int found = value_get_text(entry, key, &text, err);

	if (found > 0 && *text)
		*ret_text = xstrdup(text);
	return found < 0 ? -1 : 0;
}

/* auth is base64("user:password"); docker writes zero bytes behind the password. */
static int split_auth(const char *auth, struct credentials *credentials, struct error *err)
{
	cleanup(buf_release) struct buf pair = BUF_INIT;

	if (!base64_decode(auth, &pair))
		return error_set(err, ERROR_AUTH, "'auth' is not base64");
	char *colon = strchr(pair.data, ':');
	if (!colon)
		return error_set(err, ERROR_AUTH, "'auth' is not user:password");
	credentials->username = xstrndup(pair.data, (size_t)(colon - pair.data));
	credentials->password = xstrdup(colon + 1);
	explicit_bzero(pair.data, pair.len);
	return 0;
}

static int read_entry(const json_t *entry, const char *origin, struct credentials *ret,
		      struct error *err)
{
	cleanup(credentials_release) struct credentials found = CREDENTIALS_INIT;
	autofree char *auth = NULL;

	if (copy_text(entry, "identitytoken", &found.identity_token, err) < 0 ||
	    copy_text(entry, "auth", &auth, err) < 0)
		return -1;
	if (auth && split_auth(auth, &found, err) < 0)
		return -1;
	if (!auth && (copy_text(entry, "username", &found.username, err) < 0 ||
		      copy_text(entry, "password", &found.password, err) < 0))
		return -1;
	if (auth)
		explicit_bzero(auth, strlen(auth));
	if (!found.identity_token && !(found.username && found.password))
		return 0;
	found.origin = xstrdup(origin);
	*ret = found;
	found = (struct credentials)CREDENTIALS_INIT;
	return 1;
}

static int match_helper(const char *name, const char *repository, struct credential_match *match,
			struct error *err)
{
	size_t host_len = strcspn(repository, "/");

	if (!*name || name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-")] != '\0')
		return error_set(err, ERROR_AUTH, "'%.100s' is no name of a credential helper",
				 name);
	match->kind = CREDENTIAL_HELPER;
	match->helper = xstrdup(name);
	/* what docker login stores Docker Hub's under */
	match->server = strncmp(repository, "docker.io", host_len) == 0
				? xstrdup("https://index.docker.io/v1/")
				: xstrndup(repository, host_len);
	return 1;
}

static int find_helper(const json_t *document, const char *repository,
		       struct credential_match *match, struct error *err)
{
	json_t *helpers = NULL;

	if (value_get_object(document, "credHelpers", &helpers, err) < 0)
		return -1;
	const json_t *name = helpers ? find_best(helpers, repository) : NULL;
	if (!json_is_string(name))
		return 0;
	return match_helper(json_string_value(name), repository, match, err);
}

static int find_inline(const json_t *document, const char *origin, const char *repository,
		       struct credential_match *match, struct error *err)
{
	json_t *auths = NULL;

	if (value_get_object(document, "auths", &auths, err) < 0)
		return -1;
	const json_t *entry = auths ? find_best(auths, repository) : NULL;
	if (!json_is_object(entry))
		return 0;
	int found = read_entry(entry, origin, &match->credentials, err);
	if (found > 0)
		match->kind = CREDENTIAL_INLINE;
	return found;
}

int credentials_find_in(const json_t *document, const char *origin, const char *repository,
			bool skips_helpers, struct credential_match *ret_match, struct error *err)
{
	cleanup(credential_match_release) struct credential_match match = CREDENTIAL_MATCH_INIT;
	const char *store = NULL;
	int found = skips_helpers ? 0 : find_helper(document, repository, &match, err);

	if (found == 0)
		found = find_inline(document, origin, repository, &match, err);
	if (found == 0 && !skips_helpers) {
		found = value_get_text(document, "credsStore", &store, err);
		if (found > 0 && *store)
			found = match_helper(store, repository, &match, err);
	}
	if (found < 0)
		return error_wrap(err, "%s", origin);
	if (found > 0) {
		*ret_match = match;
		match = (struct credential_match)CREDENTIAL_MATCH_INIT;
	}
	return found;
}
