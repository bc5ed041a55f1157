/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/endpoint.h"

#include "base/alloc.h"
#include "base/digest.h"
#include "base/text.h"
#include "http/address.h"

#include <string.h>

static const struct {
	const char *domain, *host;
} known_hosts[] = {
	{ "docker.io", "registry-1.docker.io" },
};

void endpoint_release(struct endpoint *endpoint)
{
	free(endpoint->domain);
	free(endpoint->path);
	free(endpoint->authority);
	url_release(&endpoint->base);
	*endpoint = (struct endpoint)ENDPOINT_INIT;
}

static bool is_path_char(char c)
{
	return (c >= 'a' && c <= 'z') || text_is_digit(c) || c == '.' || c == '_' || c == '-';
}

/* What may stand in a URL's path as it is. */
static bool is_path(const char *path)
{
	char before = '/';

	for (; *path; before = *path++) {
		if (*path == '/' ? before == '/' : !is_path_char(*path))
			return false;
		if (*path == '.' && (before == '.' || before == '/'))
			return false;
	}
	return before != '/';
}

int endpoint_of(const char *repository, struct endpoint *ret_endpoint, struct error *err)
{
	cleanup(endpoint_release) struct endpoint endpoint = ENDPOINT_INIT;
	cleanup(buf_release) struct buf text = BUF_INIT;
	cleanup(buf_release) struct buf shown = BUF_INIT;
	const char *slash = strchr(repository, '/');

	text_add_printable(&shown, repository, strnlen(repository, REPOSITORY_LEN_MAX));
	if (!slash || slash == repository || strlen(repository) > REPOSITORY_LEN_MAX ||
	    !is_path(slash + 1))
		return error_set(err, ERROR_SYNTAX, "'%s' is no repository", shown.data);
	endpoint.domain = xstrndup(repository, (size_t)(slash - repository));
	endpoint.path = xstrdup(slash + 1);
	const char *host = endpoint.domain;
	for (size_t i = 0; i < countof(known_hosts); i++)
		if (strcmp(host, known_hosts[i].domain) == 0)
			host = known_hosts[i].host;
	endpoint.authority = xstrdup(host);
	buf_printf(&text, "https://%s/", host);
	if (strpbrk(host, "@?#\\%") || url_parse(text.data, &endpoint.base, err) < 0)
		return error_set(err, ERROR_SYNTAX, "'%s' names no registry", shown.data);
	endpoint.is_loopback = address_is_loopback_host(endpoint.base.host);
	if (endpoint.is_loopback) {
		url_release(&endpoint.base);
		buf_clear(&text);
		buf_printf(&text, "http://%s/", host);
		if (url_parse(text.data, &endpoint.base, err) < 0)
			return -1;
	}
	*ret_endpoint = endpoint;
	endpoint = (struct endpoint)ENDPOINT_INIT;
	return 0;
}

int endpoint_check_what(const char *what, struct error *err)
{
	struct digest digest;
	size_t len = strlen(what);

	if (strchr(what, ':'))
		return digest_parse(what, &digest, err);
	bool is_tag = len > 0 && len <= TAG_LEN_MAX && *what != '.' && *what != '-';
	for (const char *c = what; is_tag && *c; c++)
		is_tag = text_is_alpha(*c) || text_is_digit(*c) || *c == '.' || *c == '_' ||
			 *c == '-';
	return is_tag ? 0 : error_set(err, ERROR_SYNTAX, "bad tag '%.128s'", what);
}
