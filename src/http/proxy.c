/* SPDX-License-Identifier: Apache-2.0 */
#include "http/proxy.h"

#include "base/text.h"
#include "http/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { RULE_SIZE = 300 };

static const char *find_either(const struct strv *environment, const char *lower, const char *upper)
{
	const char *value = strv_env_get(environment, lower);

	if (!value || !*value)
		value = strv_env_get(environment, upper);
	return value && *value ? value : NULL;
}

static bool in_network(const char *network, unsigned bits, const char *host)
{
	unsigned char a[16], b[16];
	int family = strchr(network, ':') ? AF_INET6 : AF_INET;

	if (bits > (family == AF_INET ? 32u : 128u) || inet_pton(family, network, a) != 1 ||
	    inet_pton(family, host, b) != 1)
		return false;
	if (memcmp(a, b, bits / 8) != 0)
		return false;
	unsigned rest = bits % 8;
	return !rest || (a[bits / 8] ^ b[bits / 8]) >> (8 - rest) == 0;
}

/* Takes ":port" off a rule; 0 where there is none. An IPv6 address stands in brackets then. */
static unsigned split_port(char *rule)
{
	char *colon = strrchr(rule, ':');
	uint64_t port = 0;
	struct error ignored;

	if (*rule == '[') {
		char *end = strchr(rule, ']');
		if (end) {
			memmove(rule, rule + 1, (size_t)(end - rule - 1));
			end[-1] = '\0';
			colon = end[1] == ':' ? end + 1 : NULL;
		}
	} else if (colon && strchr(rule, ':') != colon) {
		return 0;
	}
	if (!colon || text_parse_unsigned(colon + 1, 65535, &port, &ignored) < 0)
		return 0;
	*colon = '\0';
	return (unsigned)port;
}

static bool matches(char *rule, const char *host, unsigned port)
{
	uint64_t bits = 0;
	struct error ignored;

	if (strcmp(rule, "*") == 0)
		return true;
	char *slash = strchr(rule, '/');
	if (slash) {
		*slash = '\0';
		return text_parse_unsigned(slash + 1, 128, &bits, &ignored) == 0 &&
		       in_network(rule, (unsigned)bits, host);
	}
	unsigned rule_port = split_port(rule);
	if (rule_port && rule_port != port)
		return false;
	if (*rule == '*')
		rule++;
	if (*rule == '.')
		rule++;
	size_t len = strlen(rule), host_len = strlen(host);
	if (!len || len > host_len || strcasecmp(host + host_len - len, rule) != 0)
		return false;
	return len == host_len || (host[host_len - len - 1] == '.' && !address_is_literal(host));
}

bool proxy_is_exempt(const char *no_proxy, const char *host, unsigned port)
{
	static const char separators[] = ", \t";

	for (const char *at = no_proxy; *at;) {
		char rule[RULE_SIZE];
		size_t len = strcspn(at, separators);
		if (len && len < sizeof(rule)) {
			memcpy(rule, at, len);
			rule[len] = '\0';
			if (matches(rule, host, port))
				return true;
		}
		at += len;
		at += strspn(at, separators);
	}
	return false;
}

const char *proxy_find(const struct strv *environment, const struct url *url)
{
	const char *proxy = url->is_https ? find_either(environment, "https_proxy", "HTTPS_PROXY")
					  : find_either(environment, "http_proxy", "HTTP_PROXY");
	const char *no_proxy = find_either(environment, "no_proxy", "NO_PROXY");

	if (!proxy)
		proxy = find_either(environment, "all_proxy", "ALL_PROXY");
	if (!proxy || address_is_loopback_host(url->host) ||
	    address_kind_of_text(url->host) == ADDRESS_LINK_LOCAL)
		return NULL;
	if (no_proxy && proxy_is_exempt(no_proxy, url->host, url->port))
		return NULL;
	return proxy;
}
