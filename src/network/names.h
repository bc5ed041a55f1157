/* SPDX-License-Identifier: Apache-2.0 */
/* What steps are told of names besides what this machine's files say; texts in, texts out. */
#ifndef CBUILD_NETWORK_NAMES_H
#define CBUILD_NETWORK_NAMES_H

#include "base/buf.h"
#include "base/error.h"
#include "base/strv.h"

#include <stdbool.h>

/* In place of an address: that of this machine, as the step reaches it. */
#define NAME_HOST_GATEWAY "host-gateway"

struct name_settings {
	struct strv hosts;			/* NAME=ADDRESS, or NAME=host-gateway */
	struct strv servers, searches, options; /* of resolv.conf, in place of this machine's */
	bool keeps_resolv_conf;			/* the image's own file is left alone */
};

void name_settings_release(struct name_settings *settings);
DEFINE_RELEASE(struct name_settings, name_settings_release);

/*
 * One --add-host: NAME:ADDRESS or NAME=ADDRESS; addresses with commas between, of IPv6 in brackets
 * or without. Added to `hosts`, each address by itself.
 */
int name_hosts_add(const char *text, struct strv *hosts, struct error *err) must_check;
/* One --dns, --dns-search, --dns-option: nothing that would end a line or begin a word. */
int name_settings_add_server(const char *text, struct name_settings *settings, struct error *err)
	must_check;
int name_settings_add_word(const char *option, const char *text, struct strv *words,
			   struct error *err) must_check;

bool name_settings_want_host(const struct name_settings *settings);
/* /etc/hosts: `own` lines first, then the settings' in their order. */
void names_add_hosts(const char *own, const struct name_settings *settings, const char *gateway,
		     struct buf *text);

#endif
