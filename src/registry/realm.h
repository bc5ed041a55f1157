/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom a registry may send its users to for tokens. The registry picks the realm, so the realm must
 * earn the credentials: it is the registry's own host, or one of the same registrable domain, or
 * one that is known or was named as trusted; over https, unless both are on loopback. Addresses
 * written as numbers are no realm but of themselves.
 */
#ifndef CBUILD_REGISTRY_REALM_H
#define CBUILD_REGISTRY_REALM_H

#include "base/strv.h"
#include "http/url.h"

enum realm_trust {
	REALM_ANONYMOUS = 1, /* may be asked, but gets no credentials */
	REALM_TRUSTED
};

/* `trusted` are host names. -1: must not be asked at all. */
int realm_judge(const struct url *registry, const char *realm, const struct strv *trusted,
		struct url *ret_realm, enum realm_trust *ret_trust, struct error *err) must_check;
/* Do both belong to one registrable domain? Errs on the side of no. */
bool realm_is_sibling(const char *registry_host, const char *realm_host);

#endif
