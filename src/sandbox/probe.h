/* SPDX-License-Identifier: Apache-2.0 */
/* What a step needs from the machine, tried for real in a child. */
#ifndef CBUILD_SANDBOX_PROBE_H
#define CBUILD_SANDBOX_PROBE_H

#include "base/error.h"

enum probe_stage {
	PROBE_FINE = 0,
	PROBE_USER_NAMESPACE, /* entering the one that was given */
	PROBE_NAMESPACES,
	PROBE_MOUNTS,
	PROBE_PROC
};

/* How far it got; `cause` is the errno of what was refused. */
struct probe {
	int stage;
	int cause;
};

/* From where this process stands, or from inside a user namespace (-1 = none). */
int probe_namespaces(int user_namespace_fd, struct probe *ret_probe, struct error *err) must_check;

#endif
