/* SPDX-License-Identifier: Apache-2.0 */
/* A step neither sees nor touches the attributes that hold the records. */
#include "emulation_call.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/xattr.h>

enum { LIST_MAX = XATTR_LIST_MAX, NAME_SIZE = XATTR_NAME_MAX + 1 };

/* How the call names its object. */
enum naming { NAMED_FOLLOWED, NAMED_LINK, NAMED_FD };

static int open_named(struct answerer *answerer, const struct call *call, enum naming naming,
		      int *ret_fd)
{
	if (naming == NAMED_FD)
		return call_open_fd(answerer, call, (int)call->args[0], ret_fd);
	return call_open_object(answerer, call, AT_FDCWD, call->args[0],
				naming == NAMED_LINK ? AT_SYMLINK_NOFOLLOW : 0, ret_fd);
}

static bool is_record(const char *name, mode_t mode)
{
	if (strcmp(name, FS_OWNER_ATTRIBUTE) == 0)
		return true;
	return !S_ISREG(mode) && !S_ISDIR(mode) && strcmp(name, FS_OWNER_OTHERS_ATTRIBUTE) == 0;
}

/* Does the call speak of a record? */
static bool means_record(struct answerer *answerer, const struct call *call, enum naming naming)
{
	autoclose int fd = -1;
	char name[NAME_SIZE];
	struct stat st;

	if (call_read_text(call, call->args[1], name, sizeof(name)) < 0)
		return false;
	if (strcmp(name, FS_OWNER_ATTRIBUTE) == 0)
		return true;
	return strcmp(name, FS_OWNER_OTHERS_ATTRIBUTE) == 0 &&
	       open_named(answerer, call, naming, &fd) == 0 && fstat(fd, &st) == 0 &&
	       is_record(name, st.st_mode);
}

static int answer(struct answerer *answerer, const struct call *call, enum naming naming, int error)
{
	return means_record(answerer, call, naming) ? error : CALL_PASS;
}

int call_getxattr(struct answerer *answerer, struct call *call)
{
	return answer(answerer, call, NAMED_FOLLOWED, -ENODATA);
}

int call_lgetxattr(struct answerer *answerer, struct call *call)
{
	return answer(answerer, call, NAMED_LINK, -ENODATA);
}

int call_fgetxattr(struct answerer *answerer, struct call *call)
{
	return answer(answerer, call, NAMED_FD, -ENODATA);
}

int call_setxattr(struct answerer *answerer, struct call *call)
{
	return answer(answerer, call, NAMED_FOLLOWED, -EPERM);
}

int call_lsetxattr(struct answerer *answerer, struct call *call)
{
	return answer(answerer, call, NAMED_LINK, -EPERM);
}

int call_fsetxattr(struct answerer *answerer, struct call *call)
{
	return answer(answerer, call, NAMED_FD, -EPERM);
}

int call_removexattr(struct answerer *answerer, struct call *call)
{
	return answer(answerer, call, NAMED_FOLLOWED, -ENODATA);
}

int call_lremovexattr(struct answerer *answerer, struct call *call)
{
	return answer(answerer, call, NAMED_LINK, -ENODATA);
}

int call_fremovexattr(struct answerer *answerer, struct call *call)
{
	return answer(answerer, call, NAMED_FD, -ENODATA);
}

/* Takes the records out of a list of names; its length then. */
static size_t leave_out(char *names, size_t len, mode_t mode)
{
	size_t kept = 0;

	for (size_t i = 0, n; i < len; i += n) {
		n = strlen(names + i) + 1;
		if (is_record(names + i, mode))
			continue;
		memmove(names + kept, names + i, n);
		kept += n;
	}
	return kept;
}

static int list(struct answerer *answerer, struct call *call, enum naming naming)
{
	autofree char *names = xmalloc(LIST_MAX + 1);
	size_t room = call->args[2];
	autoclose int fd = -1;
	struct stat st;

	if (open_named(answerer, call, naming, &fd) < 0 || fstat(fd, &st) < 0)
		return CALL_PASS;
	struct object_path path = object_path(fd);
	ssize_t len = listxattr(path.text, names, LIST_MAX);
	if (len <= 0)
		return CALL_PASS;
	names[len] = '\0';
	size_t kept = leave_out(names, (size_t)len, st.st_mode);
	if (kept == (size_t)len)
		return CALL_PASS;
	if (room && room < kept)
		return -ERANGE;
	call->value = (int64_t)kept;
	return room && kept ? call_write(answerer, call, call->args[1], names, kept) : 0;
}

int call_listxattr(struct answerer *answerer, struct call *call)
{
	return list(answerer, call, NAMED_FOLLOWED);
}

int call_llistxattr(struct answerer *answerer, struct call *call)
{
	return list(answerer, call, NAMED_LINK);
}

int call_flistxattr(struct answerer *answerer, struct call *call)
{
	return list(answerer, call, NAMED_FD);
}
