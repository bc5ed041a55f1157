/* SPDX-License-Identifier: Apache-2.0 */
#include "emulation_call.h"

#include "base/fs.h"
#include "base/syscalls.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

enum { PAGE = 4096, STATUS_SIZE_MAX = 64 * 1024 };

/* --- memory -------------------------------------------------------------------------------------
 */

bool call_is_alive(const struct answerer *answerer, const struct call *call)
{
	uint64_t id = call->notification->id;

	return ioctl(answerer->listener_fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

static struct iovec remote(uint64_t address, size_t size)
{
	return (struct iovec){ (void *)(uintptr_t)address, size };
}

int call_read(const struct call *call, uint64_t address, void *data, size_t size)
{
	struct iovec here = { data, size }, there = remote(address, size);

	return process_vm_readv(call->pid, &here, 1, &there, 1, 0) == (ssize_t)size ? 0 : -EFAULT;
}

/*
 * Asked right before: while the call waits, its pid is the caller's. Not through /proc/PID/mem,
 * which writes where the caller itself could not.
 */
int call_write(const struct answerer *answerer, const struct call *call, uint64_t address,
	       const void *data, size_t size)
{
	union {
		const void *read_only;
		void *data;
	} source = { .read_only = data };
	struct iovec here = { source.data, size }, there = remote(address, size);

	if (!call_is_alive(answerer, call))
		return -ESRCH;
	return process_vm_writev(call->pid, &here, 1, &there, 1, 0) == (ssize_t)size ? 0 : -EFAULT;
}

/* Page by page: what follows the text need not be there. */
int call_read_text(const struct call *call, uint64_t address, char *text, size_t size)
{
	size_t len = 0;

	while (len < size) {
		size_t n = PAGE - (size_t)((address + len) % PAGE);
		if (n > size - len)
			n = size - len;
		struct iovec here = { text + len, n }, there = remote(address + len, n);
		ssize_t got = process_vm_readv(call->pid, &here, 1, &there, 1, 0);
		if (got <= 0)
			return -EFAULT;
		if (memchr(text + len, '\0', (size_t)got))
			return 0;
		len += (size_t)got;
	}
	return -ENAMETOOLONG;
}

/* --- the root of the caller ---------------------------------------------------------------------
 */

static int identify(int dir_fd, const char *path, struct root_id *ret_id)
{
	struct statx st;

	if (statx(dir_fd, path, 0, STATX_INO | STATX_MNT_ID, &st) < 0)
		return -errno;
	*ret_id = (struct root_id){ st.stx_ino, st.stx_mnt_id, st.stx_dev_major, st.stx_dev_minor };
	return 0;
}

static bool is_same_root(const struct root_id *a, const struct root_id *b)
{
	return a->inode == b->inode && a->mount == b->mount && a->major == b->major &&
	       a->minor == b->minor;
}

/* So that the kernel resolves absolute paths, symlinks and ".." as it does for the caller. */
static int take_root(struct answerer *answerer, const struct call *call)
{
	struct root_id id;
	char path[32];

	(void)snprintf(path, sizeof(path), "%d/root", (int)call->pid);
	int result = identify(answerer->proc_fd, path, &id);
	if (result < 0 || is_same_root(&id, &answerer->root))
		return result;
	autoclose int fd = openat(answerer->proc_fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fchdir(fd) < 0)
		return -errno;
	result = chroot(".") < 0 ? -errno : 0;
	if (fchdir(answerer->proc_fd) < 0)
		return -errno;
	if (result == 0)
		answerer->root = id;
	return result;
}

/* --- paths --------------------------------------------------------------------------------------
 */

static int open_of_caller(const struct answerer *answerer, const struct call *call,
			  const char *what, int *ret_fd)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%d/%s", (int)call->pid, what);
	int fd = openat(answerer->proc_fd, path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -EBADF : -errno;
	*ret_fd = fd;
	return 0;
}

int call_open_fd(const struct answerer *answerer, const struct call *call, int fd, int *ret_fd)
{
	char what[32];

	if (fd < 0)
		return -EBADF;
	(void)snprintf(what, sizeof(what), "fd/%d", fd);
	return open_of_caller(answerer, call, what, ret_fd);
}

/* The length of a magic link's name ("fd/3", "cwd", "root") at the start of a path; 0 none. */
static size_t own_link_len(const char *path)
{
	size_t len = 0;

	if (text_has_prefix(path, "fd/")) {
		for (len = 3; text_is_digit(path[len]); len++)
			;
		len = len == 3 ? 0 : len;
	} else if (text_has_prefix(path, "cwd")) {
		len = 3;
	} else if (text_has_prefix(path, "root")) {
		len = 4;
	}
	return path[len] == '/' || !path[len] ? len : 0;
}

/*
 * "/proc/self/fd/3" and the like mean the caller, and "self" is nobody in its own procfs for who is
 * outside of its pid namespace. *ret_rest: behind what leads to the process.
 */
static bool names_itself(const char *path, char *link, size_t size, const char **ret_rest)
{
	static const char *const prefixes[][2] = {
		{ "/proc/self/", "" },
		{ "/proc/thread-self/", "" },
		{ "/dev/fd/", "fd/" },
	};
	static const char *const names[] = { "/dev/stdin", "/dev/stdout", "/dev/stderr" };

	for (size_t i = 0; i < countof(names); i++) {
		if (strcmp(path, names[i]) != 0)
			continue;
		(void)snprintf(link, size, "fd/%zu", i);
		*ret_rest = "";
		return true;
	}
	for (size_t i = 0; i < countof(prefixes); i++) {
		char text[PATH_MAX + 8];
		if (!text_has_prefix(path, prefixes[i][0]))
			continue;
		const char *rest = path + strlen(prefixes[i][0]);
		(void)snprintf(text, sizeof(text), "%s%s", prefixes[i][1], rest);
		size_t len = own_link_len(text);
		if (!len || len >= size)
			return false;
		(void)snprintf(link, size, "%.*s", (int)len, text);
		*ret_rest = rest + (len - strlen(prefixes[i][1]));
		return true;
	}
	return false;
}

/* 1 it was such a path, 0 not, -errno. */
static int find_own_link(const struct answerer *answerer, const struct call *call,
			 struct place *place)
{
	const char *rest = NULL;
	char link[32];

	if (!names_itself(place->path, link, sizeof(link), &rest))
		return 0;
	int result = open_of_caller(answerer, call, link, &place->dir_fd);
	if (result < 0)
		return result;
	rest += strspn(rest, "/");
	memmove(place->path, rest, strlen(rest) + 1);
	place->is_own_link = !*place->path;
	return 1;
}

static int find_start(const struct answerer *answerer, const struct call *call, int dir_fd,
		      struct place *place)
{
	if (place->path[0] != '/')
		return dir_fd == AT_FDCWD ? open_of_caller(answerer, call, "cwd", &place->dir_fd)
					  : call_open_fd(answerer, call, dir_fd, &place->dir_fd);
	int found = find_own_link(answerer, call, place);
	if (found)
		return found < 0 ? found : 0;
	place->dir_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return place->dir_fd < 0 ? -errno : 0;
}

int place_find(struct answerer *answerer, const struct call *call, int dir_fd, uint64_t address,
	       struct place *ret_place)
{
	int result = call_read_text(call, address, ret_place->path, sizeof(ret_place->path));

	if (result < 0)
		return result;
	if (!*ret_place->path)
		return -ENOENT;
	result = take_root(answerer, call);
	if (result < 0)
		return result;
	return find_start(answerer, call, dir_fd, ret_place);
}

void place_release(struct place *place)
{
	close_fd_at(&place->dir_fd);
}

/*
 * Magic links are refused: this process may look where a step's may not (at its init, say, whose
 * descriptors lead out of the root).
 */
static int open_path(int dir_fd, const char *path, uint64_t flags, int *ret_fd)
{
	const struct open_how how = { .flags = O_PATH | O_CLOEXEC | flags,
				      .resolve = RESOLVE_NO_MAGICLINKS };
	int fd = sys_openat2(dir_fd, path, &how);

	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

static int duplicate(int fd, int *ret_fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	if (copy < 0)
		return -errno;
	*ret_fd = copy;
	return 0;
}

int place_open(const struct place *place, bool follows, int *ret_fd)
{
	if (place->is_own_link && !follows)
		return -ELOOP;
	if (!*place->path)
		return duplicate(place->dir_fd, ret_fd);
	return open_path(place->dir_fd, place->path, follows ? 0 : O_NOFOLLOW, ret_fd);
}

int place_open_parent(struct place *place, int *ret_fd, const char **ret_name)
{
	char *path = place->path;
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		path[--len] = '\0';
	char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return CALL_PASS;
	*ret_name = name;
	if (!slash)
		return duplicate(place->dir_fd, ret_fd);
	if (slash == path)
		return open_path(place->dir_fd, "/", O_DIRECTORY, ret_fd);
	*slash = '\0';
	return open_path(place->dir_fd, path, O_DIRECTORY, ret_fd);
}

int call_open_object(struct answerer *answerer, const struct call *call, int dir_fd,
		     uint64_t address, int flags, int *ret_fd)
{
	cleanup(place_release) struct place place = PLACE_INIT;
	char first = '\0';

	if ((flags & AT_EMPTY_PATH) &&
	    (!address || (call_read(call, address, &first, 1) == 0 && !first)))
		return dir_fd == AT_FDCWD ? open_of_caller(answerer, call, "cwd", ret_fd)
					  : call_open_fd(answerer, call, dir_fd, ret_fd);
	int result = place_find(answerer, call, dir_fd, address, &place);
	return result < 0 ? result : place_open(&place, !(flags & AT_SYMLINK_NOFOLLOW), ret_fd);
}

struct object_path object_path(int fd)
{
	struct object_path path;

	(void)snprintf(path.text, sizeof(path.text), "self/fd/%d", fd);
	return path;
}

int object_owner(int fd, mode_t mode, struct fs_owner *ret_owner)
{
	struct object_path path = object_path(fd);
	int found = fs_owner_get(path.text, mode, ret_owner);

	return found < 0 ? -errno : found;
}

/* --- what else is asked of it -------------------------------------------------------------------
 */

struct call_status call_status(const struct answerer *answerer, const struct call *call)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct call_status status = { .mask = 022 };
	struct error ignored;
	char path[32];
	unsigned number;

	(void)snprintf(path, sizeof(path), "%d/status", (int)call->pid);
	if (fs_read_whole(answerer->proc_fd, path, STATUS_SIZE_MAX, path, &text, &ignored) <= 0)
		return status;
	const char *line = strstr(text.data, "\nUmask:");
	if (line && sscanf(line, "\nUmask: %o", &number) == 1)
		status.mask = number & 0777;
	line = strstr(text.data, "\nNoNewPrivs:");
	status.has_no_new_privileges =
		line && sscanf(line, "\nNoNewPrivs: %u", &number) == 1 && number;
	return status;
}
