/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CBUILD_SANDBOX_NETWORK_H
#define CBUILD_SANDBOX_NETWORK_H

#include "base/error.h"
#include "sandbox/spec.h"

/* Brings up lo, which a new network namespace has, but down. */
int network_raise_loopback(struct error *err) must_check;
/* The network of a step, in its init. */
int network_enter(const struct sandbox_spec *spec, struct error *err) must_check;

#endif
