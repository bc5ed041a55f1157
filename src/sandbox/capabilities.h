/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Capability sets as masks (bit n = capability n), over libcap, whose calls act on the one calling
 * thread (libpsx is not linked).
 */
#ifndef CBUILD_SANDBOX_CAPABILITIES_H
#define CBUILD_SANDBOX_CAPABILITIES_H

#include "base/error.h"
#include "sandbox/policy.h"
#include "sandbox/spec.h"

#include <stdbool.h>
#include <stdint.h>

/* What a step may hold: Docker's 14, without NET_RAW where there is no network; or everything. */
uint64_t capabilities_allowed(enum sandbox_security security, enum sandbox_network network);

/* The same with what the whole build was given and denied. */
uint64_t capabilities_of_policy(const struct sandbox_policy *policy, enum sandbox_network network);
/*
 * What was asked for by name must be held by the calling process, or the step would go on with less
 * than it was promised.
 */
int capabilities_check_added(uint64_t added, struct error *err) must_check;

/* Takes everything else out of the bounding set, so that no exec brings it back. */
int capabilities_bound(uint64_t allowed, struct error *err) must_check;
/* Permitted and effective: what there is of `allowed`. Inheritable and ambient: nothing. */
int capabilities_limit(uint64_t allowed, struct error *err) must_check;
/* Asks the kernel whether the calling thread is within `allowed`; the error names what is not. */
int capabilities_check(uint64_t allowed, struct error *err) must_check;

/* May the caller change its root and own files as anybody, as the chroot mode needs? 1/0/-1 */
int capabilities_can_chroot(struct error *err) must_check;
/* Is CAP_SYS_ADMIN there? */
bool capabilities_have_admin(void);

#endif
