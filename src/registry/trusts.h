/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is believed of registries and of the token servers that they name, and what they are shown:
 * certs.d, --cert-dir, --registry-certificate and the like, looked at once for each host.
 */
#ifndef CBUILD_REGISTRY_TRUSTS_H
#define CBUILD_REGISTRY_TRUSTS_H

#include "base/vec.h"
#include "http/host_trust.h"
#include "transfer/access.h"

#include <stdbool.h>

struct known_trust;

struct trusts {
	const struct strv *environment;
	const struct registry_access *access;
	VEC(struct known_trust *) known;
};

void trusts_release(struct trusts *trusts);

/* NULL where there is nothing special; lent until the release. `domain` may have a port. */
int trusts_find(struct trusts *trusts, const char *domain, const struct host_trust **ret_trust,
		struct error *err) must_check;
/*
 * The same of a token server: what there is for its own name, and the authorities of the registry
 * that named it, wherever it is (as containerd and docker have it: who runs a private registry
 * runs its token server). The registry's certificate is shown only with `shows_certificate`.
 */
int trusts_find_realm(struct trusts *trusts, const char *realm, const char *domain,
		      bool shows_certificate, const struct host_trust **ret_trust,
		      struct error *err) must_check;

#endif
