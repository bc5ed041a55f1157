/* SPDX-License-Identifier: Apache-2.0 */
#include "attribute.h"

#include "base/alloc.h"
#include "base/syscalls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/xattr.h>

static const char CAPABILITY[] = "security.capability";

/* By name and never through a symlink; older kernels (before 6.13) only know it by path. */
static ssize_t read_attribute(int dir_fd, const char *name, const char *attribute, void *value,
			      size_t size)
{
	ssize_t n = sys_getxattrat(dir_fd, name, AT_SYMLINK_NOFOLLOW, attribute, value, size);

	if (n >= 0 || (errno != ENOSYS && errno != EPERM))
		return n;
	autofree char *path = xasprintf("/proc/self/fd/%d/%s", dir_fd, name);
	return lgetxattr(path, attribute, value, size);
}

int attribute_read_capability(int dir_fd, const char *name, unsigned char *capability,
			      struct error *err)
{
	ssize_t n = read_attribute(dir_fd, name, CAPABILITY, capability, CAPABILITY_SIZE_MAX);

	if (n < 0 && (errno == ENODATA || errno == EOPNOTSUPP))
		return 0;
	if (n < 0)
		return error_sys(err, "capability of '%s'", name);
	return (int)n;
}

/* "x" says that whiteouts in it may be attributes, which nothing here ever makes. */
int attribute_is_opaque(int dir_fd, const char *prefix, struct error *err)
{
	char name[64], value = 0;

	(void)snprintf(name, sizeof(name), "%sopaque", prefix);
	ssize_t n = fgetxattr(dir_fd, name, &value, sizeof(value));
	if (n < 0 && errno != ENODATA && errno != EOPNOTSUPP && errno != ERANGE)
		return error_sys(err, "attribute '%s'", name);
	return n == 1 && value == 'y';
}
