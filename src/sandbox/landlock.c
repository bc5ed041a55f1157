/* SPDX-License-Identifier: Apache-2.0 */
#include "landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* linux/landlock.h of Debian 12 knows neither the later members nor the scopes. */
struct ruleset_attributes {
	uint64_t handled_access_fs, handled_access_net, scoped;
};

static const uint64_t scope_abstract_unix_socket = 1, scope_signal = 2;

/* An older kernel refuses a structure that has more in it than it knows (E2BIG). */
int landlock_make_scope(void)
{
	const struct ruleset_attributes attributes = { .scoped = scope_abstract_unix_socket |
								 scope_signal };

	return (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0);
}

static int prove_files(int outer_fd, struct error *err)
{
	autoclose int fd = openat(outer_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno == EACCES)
		return 0;
	return error_set(err, ERROR_SYSTEM, "not confined: Landlock does not guard the files");
}

int landlock_enter(int ruleset_fd, int outer_fd, struct error *err)
{
	if (syscall(SYS_landlock_restrict_self, ruleset_fd, 0) < 0)
		return error_sys(err, "enter a Landlock rule set");
	if (outer_fd >= 0 && prove_files(outer_fd, err) < 0)
		return -1;
	/* every capability is still there */
	if (landlock_version() >= LANDLOCK_SCOPES && kill(getppid(), 0) == 0)
		return error_set(err, ERROR_SYSTEM,
				 "not confined: Landlock does not guard the builder");
	return 0;
}

/* linux/landlock.h of Debian 12 ends with the third version. */
struct path_attributes {
	uint64_t allowed_access;
	int parent_fd;
} __attribute__((packed));

enum { RULE_PATH_BENEATH = 1, VERSION_REQUEST = 1 };

/* Every access that a version knows: 13 in the first, then refer, truncate, ioctl of devices. */
static uint64_t accesses_of(int version)
{
	unsigned n = 13;

	if (version >= 2)
		n++;
	if (version >= 3)
		n++;
	if (version >= 5)
		n++;
	return (UINT64_C(1) << n) - 1;
}

int landlock_version(void)
{
	return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, VERSION_REQUEST);
}

int landlock_make_root(int root_fd, int *ret_fd, struct error *err)
{
	int version = landlock_version();

	/* the first version refuses every rename and link between two directories */
	if (version < 2)
		return 0;
	struct ruleset_attributes attributes = { .handled_access_fs = accesses_of(version) };
	size_t size = sizeof(attributes.handled_access_fs);
	if (version >= LANDLOCK_SCOPES) {
		/* abstract sockets, and signals to processes outside */
		attributes.scoped = scope_abstract_unix_socket | scope_signal;
		size = sizeof(attributes);
	}
	autoclose int fd = (int)syscall(SYS_landlock_create_ruleset, &attributes, size, 0);
	if (fd < 0)
		return error_sys(err, "make a Landlock rule set");
	const struct path_attributes root = { attributes.handled_access_fs, root_fd };
	if (syscall(SYS_landlock_add_rule, fd, RULE_PATH_BENEATH, &root, 0) < 0)
		return error_sys(err, "make a Landlock rule for the root");
	*ret_fd = take_fd(&fd);
	return 0;
}
