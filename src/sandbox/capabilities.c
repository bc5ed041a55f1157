/* SPDX-License-Identifier: Apache-2.0 */
#include "capabilities.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

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

static int get_sets(struct sets *ret_sets, struct error *err)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (syscall(SYS_capget, &header, data) < 0)
		return error_sys(err, "read capabilities");
	*ret_sets = (struct sets){
		.effective = data[0].effective | (uint64_t)data[1].effective << 32,
		.permitted = data[0].permitted | (uint64_t)data[1].permitted << 32,
		.inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32,
	};
	return 0;
}

int capabilities_bound(uint64_t allowed, struct error *err)
{
	for (unsigned i = 0; i < CAPABILITIES_MAX; i++) {
		if (allowed & bit(i))
			continue;
		/* EINVAL: the kernel has no more capabilities than this */
		if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0)
			return errno == EINVAL ? 0 : error_sys(err, "drop capability %u", i);
	}
	return 0;
}

int capabilities_limit(uint64_t allowed, struct error *err)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };
	struct sets sets;

	if (get_sets(&sets, err) < 0)
		return -1;
	uint64_t kept = sets.permitted & allowed;
	data[0].effective = data[0].permitted = (uint32_t)kept;
	data[1].effective = data[1].permitted = (uint32_t)(kept >> 32);
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 ||
	    syscall(SYS_capset, &header, data) < 0)
		return error_sys(err, "set capabilities");
	return 0;
}

static int check_bounding(uint64_t allowed, struct error *err)
{
	for (unsigned i = 0; i < CAPABILITIES_MAX; i++) {
		if (allowed & bit(i))
			continue;
		int there = prctl(PR_CAPBSET_READ, i, 0, 0, 0);
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

int capabilities_can_chroot(struct error *err)
{
	const uint64_t needed = bit(CAP_SYS_CHROOT) | bit(CAP_CHOWN) | bit(CAP_DAC_OVERRIDE) |
				bit(CAP_FOWNER) | bit(CAP_SETUID) | bit(CAP_SETGID);
	struct sets sets;

	if (get_sets(&sets, err) < 0)
		return -1;
	return (sets.effective & needed) == needed;
}
