/* SPDX-License-Identifier: Apache-2.0 */
#include "network/names.h"

#include "base/alloc.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <string.h>

void name_settings_release(struct name_settings *settings)
{
	strv_release(&settings->hosts);
	strv_release(&settings->servers);
	strv_release(&settings->searches);
	strv_release(&settings->options);
}

static bool is_address(const char *text)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

/* A word of such a file: it neither ends nor is taken for a comment. */
static bool is_word(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f || text[i] == '#')
			return false;
	return len > 0;
}

static bool add_address(const char *name, size_t name_len, const char *address, size_t len,
			struct strv *hosts)
{
	if (len >= 2 && address[0] == '[' && address[len - 1] == ']') {
		address++;
		len -= 2;
	}
	autofree char *text = xstrndup(address, len);
	if (!is_address(text))
		return false;
	strv_printf(hosts, "%.*s=%s", (int)name_len, name, text);
	return true;
}

/* The words are buildx's. */
int name_hosts_add(const char *text, struct strv *hosts, struct error *err)
{
	const char *separator = strchr(text, '=');

	if (!separator)
		separator = strchr(text, ':');
	size_t name_len = separator ? (size_t)(separator - text) : 0;
	if (!separator || !separator[1] || !is_word(text, name_len))
		return error_set(err, ERROR_USAGE, "invalid host %.200s (--add-host NAME:ADDRESS)",
				 text);
	const char *value = separator + 1;
	if (strcmp(value, NAME_HOST_GATEWAY) == 0) {
		strv_printf(hosts, "%.*s=" NAME_HOST_GATEWAY, (int)name_len, text);
		return 0;
	}
	for (const char *at = value;;) {
		size_t len = strcspn(at, ",");
		if (!add_address(text, name_len, at, len, hosts))
			return error_set(err, ERROR_USAGE,
					 "invalid host %.200s (--add-host NAME:ADDRESS)", text);
		if (!at[len])
			return 0;
		at += len + 1;
	}
}

int name_settings_add_server(const char *text, struct name_settings *settings, struct error *err)
{
	if (strcmp(text, "none") == 0) {
		settings->keeps_resolv_conf = true;
		return 0;
	}
	if (!is_address(text))
		return error_set(err, ERROR_USAGE, "--dns '%.200s' is not an IP address", text);
	strv_add(&settings->servers, text);
	return 0;
}

int name_settings_add_word(const char *option, const char *text, struct strv *words,
			   struct error *err)
{
	if (!is_word(text, strlen(text)))
		return error_set(err, ERROR_USAGE, "%s '%.200s' is not one word", option, text);
	strv_add(words, text);
	return 0;
}

bool name_settings_want_host(const struct name_settings *settings)
{
	for (size_t i = 0; i < settings->hosts.len; i++)
		if (text_has_suffix(settings->hosts.items[i], "=" NAME_HOST_GATEWAY))
			return true;
	return false;
}

void names_add_hosts(const char *own, const struct name_settings *settings, const char *gateway,
		     struct buf *text)
{
	buf_add_text(text, own);
	for (size_t i = 0; i < settings->hosts.len; i++) {
		const char *entry = settings->hosts.items[i];
		const char *address = strchr(entry, '=') + 1;
		buf_printf(text, "%s\t%.*s\n",
			   strcmp(address, NAME_HOST_GATEWAY) == 0 ? gateway : address,
			   (int)(address - 1 - entry), entry);
	}
}
