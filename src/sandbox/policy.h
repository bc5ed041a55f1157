/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was asked, for the whole build, of the walls around its steps: more or fewer capabilities,
 * another system call filter, no new privileges, an AppArmor profile. A plain value; all zero is
 * the default. It is for confined steps: one with SANDBOX_INSECURE has no walls that it could
 * change.
 */
#ifndef CBUILD_SANDBOX_POLICY_H
#define CBUILD_SANDBOX_POLICY_H

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum { SECCOMP_PROFILE_MAX = 4 * 1024 * 1024 };

struct sandbox_policy {
	/* bit n = capability n; all bits = whatever there is */
	uint64_t added_capabilities, dropped_capabilities;
	/* fewer capabilities, no new privileges, sockets of four families only */
	bool is_strict;
	bool has_no_new_privileges;
	bool shows_system_paths; /* nothing of /proc and /sys is hidden or made read-only */
	bool is_unfiltered;	 /* no system call filter */
	char *profile;	    /* a seccomp profile as JSON (Docker's, OCI's); NULL = the default */
	char *profile_path; /* where it came from, for messages */
	char *apparmor;	    /* name of a loaded profile, or NULL */
};

void sandbox_policy_release(struct sandbox_policy *policy);
DEFINE_RELEASE(struct sandbox_policy, sandbox_policy_release);

/* "NET_ADMIN", "cap_net_admin", "ALL"; ERROR_USAGE for what is none. */
int sandbox_policy_add_capability(struct sandbox_policy *policy, const char *name, bool is_dropped,
				  struct error *err) must_check;

/*
 * Can it be had at all: the parts do not contradict each other, the profile is one, AppArmor is
 * there. To be asked once, before anything runs.
 */
int sandbox_policy_check(const struct sandbox_policy *policy, struct error *err) must_check;

/*
 * What of it a step's result may depend on, as text that is the same for the same policy; empty
 * for the default one.
 */
void sandbox_policy_describe(const struct sandbox_policy *policy, struct buf *text);

#endif
