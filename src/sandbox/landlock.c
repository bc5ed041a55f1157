/* SPDX-License-Identifier: Apache-2.0 */
#include "landlock.h"

#include <stdint.h>
#include <sys/syscall.h>

/* linux/landlock.h of Debian 12 knows neither the later members nor the scopes. */
struct ruleset_attributes {
	uint64_t handled_access_fs, handled_access_net, scoped;
};

static const uint64_t scope_abstract_unix_socket = 1;

/* An older kernel refuses a structure that has more in it than it knows (E2BIG). */
int landlock_make_socket_scope(void)
{
	const struct ruleset_attributes attributes = { .scoped = scope_abstract_unix_socket };

	return (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0);
}

int landlock_enter(int scope_fd, struct error *err)
{
	if (syscall(SYS_landlock_restrict_self, scope_fd, 0) < 0)
		return error_sys(err, "shut off abstract sockets by Landlock");
	return 0;
}
