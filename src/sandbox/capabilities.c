/* SPDX-License-Identifier: Apache-2.0 */
#include "capabilities.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/capability.h>

enum { CAPABILITIES_MAX = 64 };

struct sets {
	uint64_t effective, permitted, inheritable;
};

static uint64_t bit(unsigned capability)
{
	return UINT64_C(1) << capability;
}

/* The default of Docker, BuildKit and containerd. */
static uint64_t default_set(void)
{
	static const unsigned char capabilities[] = {
		CAP_CHOWN,   CAP_DAC_OVERRIDE, CAP_FSETID,	     CAP_FOWNER,
		CAP_MKNOD,   CAP_NET_RAW,      CAP_SETGID,	     CAP_SETUID,
		CAP_SETFCAP, CAP_SETPCAP,      CAP_NET_BIND_SERVICE, CAP_SYS_CHROOT,
		CAP_KILL,    CAP_AUDIT_WRITE,
	};
	uint64_t set = 0;

	for (size_t i = 0; i < countof(capabilities); i++)
		set |= bit(capabilities[i]);
	return set;
}

uint64_t capabilities_allowed(enum sandbox_security security, enum sandbox_network network)
{
	if (security == SANDBOX_INSECURE)
		return UINT64_MAX;
	if (network == SANDBOX_NETWORK_NONE)
		return default_set() & ~bit(CAP_NET_RAW);
	return default_set();
}

/* --security=strict: nothing that makes devices, raw packets, roots, or rights out of files. */
static uint64_t strict_set(void)
{
	return bit(CAP_CHOWN) | bit(CAP_DAC_OVERRIDE) | bit(CAP_FSETID) | bit(CAP_FOWNER) |
	       bit(CAP_SETGID) | bit(CAP_SETUID) | bit(CAP_NET_BIND_SERVICE) | bit(CAP_KILL);
}

uint64_t capabilities_of_policy(const struct sandbox_policy *policy, enum sandbox_network network)
{
	uint64_t base = capabilities_allowed(SANDBOX_CONFINED, network);

	if (policy->is_strict)
		base &= strict_set();
	if (policy->added_capabilities == UINT64_MAX)
		return ~policy->dropped_capabilities;
	return (base & ~policy->dropped_capabilities) | policy->added_capabilities;
}

static uint64_t read_set(cap_t state, cap_flag_t flag)
{
	uint64_t set = 0;
	cap_flag_value_t value = CAP_CLEAR;

	for (unsigned i = 0;
	     i < CAPABILITIES_MAX && cap_get_flag(state, (cap_value_t)i, flag, &value) == 0; i++)
		if (value == CAP_SET)
			set |= bit(i);
	return set;
}

static int get_sets(struct sets *ret_sets, struct error *err)
{
	cap_t state = cap_get_proc();

	if (!state)
		return error_sys(err, "read capabilities");
	*ret_sets = (struct sets){
		.effective = read_set(state, CAP_EFFECTIVE),
		.permitted = read_set(state, CAP_PERMITTED),
		.inheritable = read_set(state, CAP_INHERITABLE),
	};
	(void)cap_free(state);
	return 0;
}

int capabilities_bound(uint64_t allowed, struct error *err)
{
	for (unsigned i = 0; i < CAPABILITIES_MAX; i++) {
		if (allowed & bit(i))
			continue;
		/* EINVAL: the kernel has no more capabilities than this */
		if (cap_drop_bound((cap_value_t)i) < 0)
			return errno == EINVAL ? 0 : error_sys(err, "drop capability %u", i);
	}
	return 0;
}

/* Permitted and effective become `kept`, inheritable empty. */
static int set_sets(uint64_t kept)
{
	cap_t state = cap_init();
	int result = state ? 0 : -1;

	for (unsigned i = 0; result == 0 && i < CAPABILITIES_MAX; i++) {
		cap_value_t capability = (cap_value_t)i;
		if (!(kept & bit(i)))
			continue;
		result = cap_set_flag(state, CAP_PERMITTED, 1, &capability, CAP_SET) |
			 cap_set_flag(state, CAP_EFFECTIVE, 1, &capability, CAP_SET);
	}
	if (result == 0)
		result = cap_set_proc(state);
	(void)cap_free(state);
	return result;
}

int capabilities_limit(uint64_t allowed, struct error *err)
{
	struct sets sets;

	if (get_sets(&sets, err) < 0)
		return -1;
	if (cap_reset_ambient() < 0 || set_sets(sets.permitted & allowed) < 0)
		return error_sys(err, "set capabilities");
	return 0;
}

static int check_bounding(uint64_t allowed, struct error *err)
{
	for (unsigned i = 0; i < CAPABILITIES_MAX; i++) {
		if (allowed & bit(i))
			continue;
		int there = cap_get_bound((cap_value_t)i);
		if (there < 0)
			return 0;
		if (there)
			return error_set(err, ERROR_SYSTEM,
					 "capability %u is still in the bounding set", i);
	}
	return 0;
}

int capabilities_check(uint64_t allowed, struct error *err)
{
	struct sets sets;

	if (get_sets(&sets, err) < 0)
		return -1;
	if ((sets.effective | sets.permitted) & ~allowed)
		return error_set(err, ERROR_SYSTEM, "capabilities %llx are more than %llx",
				 (unsigned long long)(sets.effective | sets.permitted),
				 (unsigned long long)allowed);
	/* ambient capabilities are always inheritable too */
	if (sets.inheritable)
		return error_set(err, ERROR_SYSTEM, "inheritable capabilities %llx are left",
				 (unsigned long long)sets.inheritable);
	return check_bounding(allowed, err);
}

int capabilities_check_added(uint64_t added, struct error *err)
{
	struct sets sets;

	if (added == UINT64_MAX)
		return 0;
	if (get_sets(&sets, err) < 0)
		return -1;
	for (unsigned i = 0; i < CAPABILITIES_MAX; i++) {
		if (!(added & ~sets.permitted & bit(i)))
			continue;
		char *name = cap_to_name((cap_value_t)i);
		(void)error_set(err, ERROR_PERMISSION,
				"--cap-add: %s cannot be given, it is not there to be given",
				name ? name : "a capability");
		(void)cap_free(name);
		return -1;
	}
	return 0;
}

int capabilities_can_chroot(struct error *err)
{
	const uint64_t needed = bit(CAP_SYS_CHROOT) | bit(CAP_CHOWN) | bit(CAP_DAC_OVERRIDE) |
				bit(CAP_FOWNER) | bit(CAP_SETUID) | bit(CAP_SETGID) |
				bit(CAP_SETPCAP) | bit(CAP_MKNOD);
	struct sets sets;

	if (get_sets(&sets, err) < 0)
		return -1;
	return (sets.effective & needed) == needed;
}

bool capabilities_have_admin(void)
{
	struct sets sets;
	struct error ignored;

	return get_sets(&sets, &ignored) == 0 && (sets.effective & bit(CAP_SYS_ADMIN));
}
