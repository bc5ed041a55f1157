/* SPDX-License-Identifier: Apache-2.0 */
#include "network/resolv_conf.h"

#include "base/alloc.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <string.h>

enum { STUB_NET = 127 };

#define STUB_ADDRESS "127.0.0.53"

/* --- lines --------------------------------------------------------------------------------------
 */

struct line {
	const char *text; /* without the newline */
	size_t len;
	const char *key, *value; /* its first word and what follows */
	size_t key_len, value_len;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next line from *at on; false at the end. */
static bool next_line(const char **at, struct line *ret_line)
{
	struct line line = { .text = *at, .len = strcspn(*at, "\n") };

	if (!**at)
		return false;
	*at += line.len;
	*at += **at == '\n';
	const char *c = line.text, *end = line.text + line.len;
	while (c < end && is_blank(*c))
		c++;
	line.key = c;
	while (c < end && !is_blank(*c))
		c++;
	line.key_len = (size_t)(c - line.key);
	while (c < end && is_blank(*c))
		c++;
	line.value = c;
	while (c < end && !is_blank(*c))
		c++;
	line.value_len = (size_t)(c - line.value);
	*ret_line = line;
	return true;
}

static bool has_key(const struct line *line, const char *key)
{
	return line->key_len == strlen(key) && memcmp(line->key, key, line->key_len) == 0;
}

/* --- resolvers ----------------------------------------------------------------------------------
 */

static bool is_loopback_or_link_local(const char *address)
{
	unsigned char bytes[sizeof(struct in6_addr)];
	struct in6_addr v6;

	if (inet_pton(AF_INET, address, bytes) == 1)
		return bytes[0] == STUB_NET || bytes[0] == 0 ||
		       (bytes[0] == 169 && bytes[1] == 254);
	autofree char *plain = xstrndup(address, strcspn(address, "%"));
	if (inet_pton(AF_INET6, plain, &v6) != 1)
		return false;
	return IN6_IS_ADDR_LOOPBACK(&v6) || IN6_IS_ADDR_LINKLOCAL(&v6);
}

static bool is_reachable(const char *address, const struct strv *own_addresses)
{
	if (is_loopback_or_link_local(address))
		return false;
	for (size_t i = 0; own_addresses && i < own_addresses->len; i++)
		if (strcmp(own_addresses->items[i], address) == 0)
			return false;
	return true;
}

/* The caller's; NULL where the line is of something else. */
static char *resolver_of(const struct line *line)
{
	return has_key(line, "nameserver") && line->value_len
		       ? xstrndup(line->value, line->value_len)
		       : NULL;
}

static bool is_v4(const char *address)
{
	struct in_addr bytes;

	return inet_pton(AF_INET, address, &bytes) == 1;
}

bool resolv_conf_wants_forwarder(const char *text, const struct strv *own_addresses)
{
	struct line line;

	while (next_line(&text, &line)) {
		autofree char *address = resolver_of(&line);
		if (address && is_v4(address))
			return !is_reachable(address, own_addresses);
	}
	return false;
}

static void add_once(struct strv *servers, const char *address)
{
	for (size_t i = 0; i < servers->len; i++)
		if (strcmp(servers->items[i], address) == 0)
			return;
	strv_add(servers, address);
}

/* What systemd's stub asks. */
static void add_reachable(const char *text, const struct strv *own_addresses, struct strv *servers)
{
	struct line line;

	while (next_line(&text, &line)) {
		autofree char *address = resolver_of(&line);
		if (address && is_reachable(address, own_addresses))
			add_once(servers, address);
	}
}

static void add_servers(const struct resolv_conf_sources *sources, struct strv *servers)
{
	const char *forwarder = sources->forwarder, *text = sources->text;
	struct line line;

	while (next_line(&text, &line)) {
		autofree char *address = resolver_of(&line);
		if (!address)
			continue;
		if (forwarder && is_v4(address)) {
			add_once(servers, forwarder);
			forwarder = NULL;
		} else if (!sources->is_private || is_reachable(address, sources->own_addresses)) {
			add_once(servers, address);
		}
		if (sources->is_private && sources->systemd && strcmp(address, STUB_ADDRESS) == 0)
			add_reachable(sources->systemd, sources->own_addresses, servers);
	}
}

/* --- the file -----------------------------------------------------------------------------------
 */

/* "." is for no search at all, as docker and podman have it. */
static void add_list(const char *key, const struct strv *words, struct buf *text)
{
	if (!words->len || (words->len == 1 && strcmp(words->items[0], ".") == 0))
		return;
	buf_add_text(text, key);
	for (size_t i = 0; i < words->len; i++)
		buf_printf(text, " %s", words->items[i]);
	buf_add_char(text, '\n');
}

/* Is the line replaced by what the settings say, or by the resolvers found above? */
static bool is_replaced(const struct line *line, const struct name_settings *settings)
{
	if (has_key(line, "nameserver"))
		return true;
	if (has_key(line, "search") || has_key(line, "domain"))
		return settings->searches.len > 0;
	return has_key(line, "options") && settings->options.len > 0;
}

void resolv_conf_make(const struct resolv_conf_sources *sources,
		      const struct name_settings *settings, struct buf *text)
{
	cleanup(strv_release) struct strv servers = STRV_INIT;
	const char *at = sources->text;
	struct line line;

	if (!sources->is_private && !settings->servers.len && !settings->searches.len &&
	    !settings->options.len) {
		buf_add_text(text, sources->text);
		return;
	}
	if (settings->servers.len)
		strv_add_all(&servers, &settings->servers);
	else
		add_servers(sources, &servers);
	for (size_t i = 0; i < servers.len; i++)
		buf_printf(text, "nameserver %s\n", servers.items[i]);
	add_list("search", &settings->searches, text);
	add_list("options", &settings->options, text);
	while (next_line(&at, &line)) {
		if (is_replaced(&line, settings))
			continue;
		buf_add(text, line.text, line.len);
		buf_add_char(text, '\n');
	}
}

void resolv_conf_find_own_addresses(struct strv *addresses)
{
	struct ifaddrs *all = NULL;
	char text[INET6_ADDRSTRLEN];

	if (getifaddrs(&all) < 0)
		return;
	for (const struct ifaddrs *one = all; one; one = one->ifa_next) {
		const void *bytes = NULL;
		if (one->ifa_addr && one->ifa_addr->sa_family == AF_INET)
			bytes = &((const struct sockaddr_in *)(const void *)one->ifa_addr)
					 ->sin_addr;
		else if (one->ifa_addr && one->ifa_addr->sa_family == AF_INET6)
			bytes = &((const struct sockaddr_in6 *)(const void *)one->ifa_addr)
					 ->sin6_addr;
		if (bytes && inet_ntop(one->ifa_addr->sa_family, bytes, text, sizeof(text)))
			strv_add(addresses, text);
	}
	freeifaddrs(all);
}
