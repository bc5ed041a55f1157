/* SPDX-License-Identifier: Apache-2.0 */
/* Which namespaces a step has of its own. */
#ifndef CBUILD_SANDBOX_NAMESPACES_H
#define CBUILD_SANDBOX_NAMESPACES_H

#include "base/error.h"
#include "sandbox/spec.h"

#include <sys/types.h>

/*
 * Runs `main` with `argument` as process 1 of namespaces of its own (in a chroot: of none), in the
 * caller's memory, on the stack that ends at stack_end; its pid, or -1. ERROR_PERMISSION where the
 * machine refuses.
 */
pid_t namespaces_clone(enum sandbox_isolation isolation, enum sandbox_network network,
		       int (*main)(void *argument), void *argument, void *stack_end,
		       struct error *err) must_check;

#endif
