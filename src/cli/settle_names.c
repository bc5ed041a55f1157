/* SPDX-License-Identifier: Apache-2.0 */
/* The part of build_settle that says what a RUN is told of names. */
#include "settle_names.h"

#include "build/request.h"

#include <string.h>

/* Each with commas between several, as podman has them. */
static void split(const struct strv *lists, struct strv *words)
{
	for (size_t i = 0; i < lists->len; i++) {
		for (const char *at = lists->items[i];;) {
			size_t len = strcspn(at, ",");
			strv_addn(words, at, len);
			if (!at[len])
				break;
			at += len + 1;
		}
	}
}

static int settle_words(const char *option, const struct strv *lists, struct strv *ret_words,
			struct error *err)
{
	cleanup(strv_release) struct strv words = STRV_INIT;

	split(lists, &words);
	for (size_t i = 0; i < words.len; i++)
		if (name_settings_add_word(option, words.items[i], ret_words, err) < 0)
			return -1;
	return 0;
}

int settle_names(const struct build_values *values, struct build_request *request,
		 struct error *err)
{
	cleanup(strv_release) struct strv servers = STRV_INIT;
	struct name_settings *names = &request->names;

	for (size_t i = 0; i < values->add_hosts.len; i++)
		if (name_hosts_add(values->add_hosts.items[i], &names->hosts, err) < 0)
			return -1;
	split(&values->dns, &servers);
	for (size_t i = 0; i < servers.len; i++)
		if (name_settings_add_server(servers.items[i], names, err) < 0)
			return -1;
	if (settle_words("--dns-search", &values->dns_searches, &names->searches, err) < 0 ||
	    settle_words("--dns-option", &values->dns_options, &names->options, err) < 0)
		return -1;
	if (names->keeps_resolv_conf &&
	    (names->servers.len || names->searches.len || names->options.len))
		return error_set(err, ERROR_USAGE,
				 "--dns none leaves resolv.conf to the image, so no other of the "
				 "--dns options goes with it");
	return 0;
}
