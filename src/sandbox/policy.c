/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/policy.h"

#include "apparmor.h"
#include "capabilities.h"
#include "landlock.h"

#include "base/digest.h"
#include "seccomp/profile.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/capability.h>

void sandbox_policy_release(struct sandbox_policy *policy)
{
	free(policy->profile);
	free(policy->profile_path);
	free(policy->apparmor);
	*policy = (struct sandbox_policy){ 0 };
}

/* The prefix is left out by most. */
static int read_capability(const char *name, uint64_t *ret_set, struct error *err)
{
	cap_value_t capability;
	char text[64];

	if (strcasecmp(name, "all") == 0) {
		*ret_set = UINT64_MAX;
		return 0;
	}
	bool has_prefix = strncasecmp(name, "cap_", 4) == 0;
	int len = snprintf(text, sizeof(text), "%s%s", has_prefix ? "" : "cap_", name);
	/* libcap reads a number as one, too */
	if (len < 0 || (size_t)len >= sizeof(text) || !name[has_prefix ? 4 : 0] ||
	    cap_from_name(text, &capability) < 0 || capability < 0 || capability > 63)
		return error_set(err, ERROR_USAGE,
				 "there is no capability '%s' (capabilities(7) names them, "
				 "NET_ADMIN for one; ALL is all of them)",
				 name);
	*ret_set = UINT64_C(1) << capability;
	return 0;
}

int sandbox_policy_add_capability(struct sandbox_policy *policy, const char *name, bool is_dropped,
				  struct error *err)
{
	uint64_t set = 0;

	if (read_capability(name, &set, err) < 0)
		return -1;
	if (is_dropped)
		policy->dropped_capabilities |= set;
	else
		policy->added_capabilities |= set;
	return 0;
}

static int check_capabilities(const struct sandbox_policy *policy, struct error *err)
{
	uint64_t added = policy->added_capabilities, dropped = policy->dropped_capabilities;

	if (added == UINT64_MAX && dropped == UINT64_MAX)
		return error_set(err, ERROR_USAGE, "all capabilities are both added and dropped");
	if (added != UINT64_MAX && dropped != UINT64_MAX && (added & dropped))
		return error_set(err, ERROR_USAGE, "a capability is both added and dropped");
	if (policy->is_strict && added)
		return error_set(err, ERROR_USAGE,
				 "--security=strict and added capabilities "
				 "contradict each other");
	return 0;
}

/*
 * Process 1 of a step holds all that the builder holds. As root only Landlock keeps a tracer off
 * it.
 */
static int check_tracing(const struct sandbox_policy *policy, struct error *err)
{
	if (!(policy->added_capabilities & UINT64_C(1) << CAP_SYS_PTRACE))
		return 0;
	if (landlock_version() < LANDLOCK_SCOPES)
		return error_set(err, ERROR_PERMISSION,
				 "SYS_PTRACE is not given to a step on this kernel: without the "
				 "scopes of Landlock (Linux 6.12) it would reach the builder");
	return 0;
}

int sandbox_policy_check(const struct sandbox_policy *policy, struct error *err)
{
	cleanup(buf_release) struct buf program = BUF_INIT;

	if (check_capabilities(policy, err) < 0 || check_tracing(policy, err) < 0)
		return -1;
	if (policy->is_strict &&
	    (policy->is_unfiltered || policy->profile || policy->shows_system_paths))
		return error_set(err, ERROR_USAGE,
				 "--security=strict has its own system call filter and hides the "
				 "system's paths");
	if (policy->apparmor && apparmor_check(policy->apparmor, err) < 0)
		return -1;
	if (!policy->profile)
		return 0;
	return filter_compile_profile(policy->profile, policy->profile_path,
				      capabilities_of_policy(policy, SANDBOX_NETWORK_HOST),
				      &program, err);
}

void sandbox_policy_describe(const struct sandbox_policy *policy, struct buf *text)
{
	if (policy->added_capabilities)
		buf_printf(text, "+%llx ", (unsigned long long)policy->added_capabilities);
	if (policy->dropped_capabilities)
		buf_printf(text, "-%llx ", (unsigned long long)policy->dropped_capabilities);
	if (policy->is_strict)
		buf_add_text(text, "strict ");
	if (policy->has_no_new_privileges)
		buf_add_text(text, "no-new-privileges ");
	if (policy->shows_system_paths)
		buf_add_text(text, "system-paths ");
	if (policy->is_unfiltered)
		buf_add_text(text, "unfiltered ");
	if (policy->profile) {
		struct digest digest = digest_of(policy->profile, strlen(policy->profile));
		buf_printf(text, "filter %s ", digest_format(&digest).text);
	}
	if (policy->apparmor)
		buf_printf(text, "apparmor %s ", policy->apparmor);
}
