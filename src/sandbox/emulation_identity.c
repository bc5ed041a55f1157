/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who a process is said to be is a number in its soft RLIMIT_LOCKS, which no Linux since 2.4
 * enforces: processes inherit it over fork and exec, so there is no book to keep of them. It is the
 * index of one of the identities that were taken so far; without such a number it is the first.
 */
#include "emulation_call.h"

#include <errno.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>

enum { IDENTITIES_MAX = 4096 };

#define COOKIE_MAGIC UINT64_C(0x5a1d0000)

const struct credentials *call_credentials(const struct answerer *answerer, const struct call *call)
{
	struct rlimit limit;

	if (prlimit(call->pid, RLIMIT_LOCKS, NULL, &limit) < 0 ||
	    limit.rlim_cur >> 32 != COOKIE_MAGIC)
		return &answerer->identities.items[0];
	uint32_t index = (uint32_t)limit.rlim_cur;
	return &answerer->identities.items[index < answerer->identities.len ? index : 0];
}

static int find_identity(struct answerer *answerer, const struct credentials *credentials,
			 size_t *ret_index)
{
	size_t i = 0;

	while (i < answerer->identities.len &&
	       memcmp(&answerer->identities.items[i], credentials, sizeof(*credentials)) != 0)
		i++;
	if (i == IDENTITIES_MAX)
		return -EAGAIN;
	*ret_index = i;
	if (i == answerer->identities.len) {
		struct credentials copy = *credentials; /* may lie in the list that grows */
		vec_push(&answerer->identities, copy);
	}
	return 0;
}

int call_become(struct answerer *answerer, const struct call *call,
		const struct credentials *credentials)
{
	size_t index = 0;

	if (memcmp(credentials, call_credentials(answerer, call), sizeof(*credentials)) == 0)
		return 0;
	int result = find_identity(answerer, credentials, &index);
	if (result < 0)
		return result;
	const struct rlimit limit = { .rlim_cur = COOKIE_MAGIC << 32 | index,
				      .rlim_max = RLIM_INFINITY };
	if (!call_is_alive(answerer, call))
		return -ESRCH;
	return prlimit(call->pid, RLIMIT_LOCKS, &limit, NULL) < 0 ? -errno : 0;
}

/* --- asking -------------------------------------------------------------------------------------
 */

int call_getuid(struct answerer *answerer, struct call *call)
{
	call->value = call_credentials(answerer, call)->users.real;
	return 0;
}

int call_geteuid(struct answerer *answerer, struct call *call)
{
	call->value = call_credentials(answerer, call)->users.effective;
	return 0;
}

int call_getgid(struct answerer *answerer, struct call *call)
{
	call->value = call_credentials(answerer, call)->groups.real;
	return 0;
}

int call_getegid(struct answerer *answerer, struct call *call)
{
	call->value = call_credentials(answerer, call)->groups.effective;
	return 0;
}

static int tell_three(const struct answerer *answerer, const struct call *call,
		      const struct credentials_ids *ids)
{
	const uint32_t values[] = { ids->real, ids->effective, ids->saved };
	int result = 0;

	for (size_t i = 0; result == 0 && i < countof(values); i++)
		result = call_write(answerer, call, call->args[i], &values[i], sizeof(values[i]));
	return result;
}

int call_getresuid(struct answerer *answerer, struct call *call)
{
	return tell_three(answerer, call, &call_credentials(answerer, call)->users);
}

int call_getresgid(struct answerer *answerer, struct call *call)
{
	return tell_three(answerer, call, &call_credentials(answerer, call)->groups);
}

int call_getgroups(struct answerer *answerer, struct call *call)
{
	const struct credentials *credentials = call_credentials(answerer, call);
	uint32_t n = credentials->n_supplementary;
	int room = (int)call->args[0];

	if (room && (room < 0 || (uint32_t)room < n))
		return -EINVAL;
	call->value = n;
	if (!room || !n)
		return 0;
	return call_write(answerer, call, call->args[1], credentials->supplementary,
			  n * sizeof(uint32_t));
}

/* --- becoming -----------------------------------------------------------------------------------
 */

static int set_one(struct answerer *answerer, struct call *call,
		   int (*set)(struct credentials *credentials, uint32_t id))
{
	struct credentials credentials = *call_credentials(answerer, call);

	int result = set(&credentials, (uint32_t)call->args[0]);
	return result < 0 ? result : call_become(answerer, call, &credentials);
}

static int set_two(struct answerer *answerer, struct call *call,
		   int (*set)(struct credentials *credentials, uint32_t a, uint32_t b))
{
	struct credentials credentials = *call_credentials(answerer, call);

	int result = set(&credentials, (uint32_t)call->args[0], (uint32_t)call->args[1]);
	return result < 0 ? result : call_become(answerer, call, &credentials);
}

static int set_three(struct answerer *answerer, struct call *call,
		     int (*set)(struct credentials *credentials, uint32_t a, uint32_t b,
				uint32_t c))
{
	struct credentials credentials = *call_credentials(answerer, call);

	int result = set(&credentials, (uint32_t)call->args[0], (uint32_t)call->args[1],
			 (uint32_t)call->args[2]);
	return result < 0 ? result : call_become(answerer, call, &credentials);
}

int call_setuid(struct answerer *answerer, struct call *call)
{
	return set_one(answerer, call, credentials_set_uid);
}

int call_setgid(struct answerer *answerer, struct call *call)
{
	return set_one(answerer, call, credentials_set_gid);
}

int call_setreuid(struct answerer *answerer, struct call *call)
{
	return set_two(answerer, call, credentials_set_reuid);
}

int call_setregid(struct answerer *answerer, struct call *call)
{
	return set_two(answerer, call, credentials_set_regid);
}

int call_setresuid(struct answerer *answerer, struct call *call)
{
	return set_three(answerer, call, credentials_set_resuid);
}

int call_setresgid(struct answerer *answerer, struct call *call)
{
	return set_three(answerer, call, credentials_set_resgid);
}

int call_setfsuid(struct answerer *answerer, struct call *call)
{
	struct credentials credentials = *call_credentials(answerer, call);

	call->value = credentials_set_fsuid(&credentials, (uint32_t)call->args[0]);
	return call_become(answerer, call, &credentials);
}

int call_setfsgid(struct answerer *answerer, struct call *call)
{
	struct credentials credentials = *call_credentials(answerer, call);

	call->value = credentials_set_fsgid(&credentials, (uint32_t)call->args[0]);
	return call_become(answerer, call, &credentials);
}

int call_setgroups(struct answerer *answerer, struct call *call)
{
	struct credentials credentials = *call_credentials(answerer, call);
	uint32_t groups[CREDENTIALS_GROUPS_MAX];
	uint64_t n = (uint32_t)call->args[0];

	if (n > CREDENTIALS_GROUPS_MAX)
		return -EINVAL;
	int result = n ? call_read(call, call->args[1], groups, n * sizeof(uint32_t)) : 0;
	if (result == 0)
		result = credentials_set_groups(&credentials, groups, n);
	return result < 0 ? result : call_become(answerer, call, &credentials);
}

/* --- capabilities: really done too, for they are of the one id --------------------------------
 */

/* SECBIT_KEEP_CAPS */
enum { KEEP_CAPS_BIT = 1 << 4 };

int call_prctl(struct answerer *answerer, struct call *call)
{
	struct credentials credentials = *call_credentials(answerer, call);

	credentials.keeps_capabilities = call->args[0] == PR_SET_KEEPCAPS
						 ? call->args[1] == 1
						 : (call->args[1] & KEEP_CAPS_BIT) != 0;
	int result = call_become(answerer, call, &credentials);
	return result < 0 ? result : CALL_PASS;
}

/* Who gives up both of these can become nobody else any more. */
int call_capset(struct answerer *answerer, struct call *call)
{
	const uint32_t needed = 1u << CAP_SETUID | 1u << CAP_SETGID;
	struct credentials credentials = *call_credentials(answerer, call);
	struct __user_cap_data_struct data;

	if (!credentials.kept_capabilities ||
	    call_read(call, call->args[1], &data, sizeof(data)) < 0 ||
	    ((data.effective | data.permitted) & needed))
		return CALL_PASS;
	credentials.kept_capabilities = 0;
	int result = call_become(answerer, call, &credentials);
	return result < 0 ? result : CALL_PASS;
}

/* --- the limit that holds the number: looks as if nobody had touched it, and nobody can ---
 */

static int tell_limit(const struct answerer *answerer, const struct call *call, uint64_t address)
{
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };

	return address ? call_write(answerer, call, address, &unlimited, sizeof(unlimited)) : 0;
}

int call_getrlimit(struct answerer *answerer, struct call *call)
{
	return tell_limit(answerer, call, call->args[1]);
}

int call_setrlimit(struct answerer *answerer, struct call *call)
{
	(void)answerer;
	(void)call;
	return 0;
}

int call_prlimit64(struct answerer *answerer, struct call *call)
{
	return tell_limit(answerer, call, call->args[3]);
}
