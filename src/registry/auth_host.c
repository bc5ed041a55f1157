/* SPDX-License-Identifier: Apache-2.0 */
#include "auth_host.h"

#include "base/alloc.h"

#include <string.h>

#define SECOND UINT64_C(1000000000)

enum { SHORTEST_LIFE = 60, LONGEST_LIFE = 24 * 3600 };

struct auth_host *auth_host_new(const char *origin)
{
	struct auth_host *host = xcalloc(1, sizeof(*host));

	host->origin = xstrdup(origin);
	return host;
}

static void token_release(struct token *token)
{
	free(token->scope);
	explicit_bzero(token->value, strlen(token->value));
	free(token->value);
	free(token->who);
}

void auth_host_free(struct auth_host *host)
{
	for (size_t i = 0; i < host->tokens.len; i++)
		token_release(&host->tokens.items[i]);
	vec_release(&host->tokens);
	challenge_release(&host->challenge);
	free(host->origin);
	free(host);
}

static struct token *find(struct auth_host *host, const char *scope)
{
	for (size_t i = 0; i < host->tokens.len; i++)
		if (strcmp(host->tokens.items[i].scope, scope) == 0)
			return &host->tokens.items[i];
	return NULL;
}

const struct token *auth_host_find_token(struct auth_host *host, const char *scope, uint64_t now)
{
	const struct token *token = find(host, scope);

	return token && token->expires > now ? token : NULL;
}

static void drop(struct auth_host *host, const char *scope)
{
	struct token *token = find(host, scope);

	if (!token)
		return;
	token_release(token);
	*token = host->tokens.items[--host->tokens.len];
}

const struct token *auth_host_keep_token(struct auth_host *host, const char *scope,
					 const char *value, const char *who, uint64_t now,
					 int64_t seconds)
{
	uint64_t life = seconds < SHORTEST_LIFE	 ? SHORTEST_LIFE
			: seconds > LONGEST_LIFE ? LONGEST_LIFE
						 : (uint64_t)seconds;

	drop(host, scope);
	/* it is renewed a little before its time */
	vec_push(&host->tokens, (struct token){ .scope = xstrdup(scope),
						.value = xasprintf("Bearer %s", value),
						.who = xstrdup(who),
						.expires = now + (life - life / 10) * SECOND });
	return &host->tokens.items[host->tokens.len - 1];
}

bool auth_host_forget_token(struct auth_host *host, const char *scope, const char *value,
			    uint64_t now)
{
	const struct token *token = find(host, scope);
	uint64_t *oldest = &host->refreshes[0];

	/* somebody else has a new one already */
	if (token && strcmp(token->value, value) != 0)
		return true;
	drop(host, scope);
	for (size_t i = 1; i < countof(host->refreshes); i++)
		if (host->refreshes[i] < *oldest)
			oldest = &host->refreshes[i];
	if (*oldest && now - *oldest < 60 * SECOND)
		return false;
	*oldest = now;
	return true;
}
