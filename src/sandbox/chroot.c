/* SPDX-License-Identifier: Apache-2.0 */
#include "chroot.h"

#include "landlock.h"

#include "base/fs.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILDREN_MAX = 64 * 1024 };

static const struct {
	const char *name;
	unsigned major, minor;
} devices[] = { { "null", 1, 3 },   { "zero", 1, 5 },	 { "full", 1, 7 },
		{ "random", 1, 8 }, { "urandom", 1, 9 }, { "tty", 5, 0 } };

/* Without procfs they lead nowhere, but programs look whether they are there. */
static const struct {
	const char *name, *target;
} links[] = { { "fd", "/proc/self/fd" },
	      { "stdin", "/proc/self/fd/0" },
	      { "stdout", "/proc/self/fd/1" },
	      { "stderr", "/proc/self/fd/2" } };

static int write_file(int dir_fd, const char *name, const void *data, size_t len, uint32_t mode,
		      struct error *err)
{
	autoclose int fd =
		openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);

	if (fd < 0)
		return error_sys(err, "make '%s'", name);
	return fs_write_all(fd, data, len, err);
}

/* --- /dev ---------------------------------------------------------------------------------------
 */

static int make_nodes(int dir_fd, struct error *err)
{
	for (size_t i = 0; i < countof(devices); i++)
		if (mknodat(dir_fd, devices[i].name, S_IFCHR | 0666,
			    makedev(devices[i].major, devices[i].minor)) < 0)
			return error_sys(err, "make device '%s' (CAP_MKNOD)", devices[i].name);
	for (size_t i = 0; i < countof(links); i++)
		if (symlinkat(links[i].target, dir_fd, links[i].name) < 0)
			return error_sys(err, "make '%s'", links[i].name);
	if (mkdirat(dir_fd, "shm", 01777) < 0)
		return error_sys(err, "make 'shm'");
	return 0;
}

/* The files that a RUN brings along (heredocs) lie below /dev, as everywhere. */
static int make_files(const struct sandbox_spec *spec, int dir_fd, struct error *err)
{
	for (size_t i = 0; i < spec->n_mounts; i++) {
		const struct sandbox_mount *file = &spec->mounts[i];
		if (!chroot_mounts_is_own_file(file))
			continue;
		autofree char *parent = path_parent(file->root_path + strlen("dev/"));
		if (*parent && fs_make_dirs(dir_fd, parent, 0755, err) < 0)
			return -1;
		autoclose int parent_fd = -1;
		int found = fs_open_beneath(dir_fd, *parent ? parent : ".", O_RDONLY | O_DIRECTORY,
					    0, &parent_fd, err);
		if (found <= 0)
			return found < 0 ? -1
					 : error_set(err, ERROR_SYSTEM, "'%s' is gone", parent);
		if (write_file(parent_fd, path_base_name(file->root_path), file->data, file->len,
			       file->mode, err) < 0)
			return -1;
	}
	return 0;
}

static int make_dev(void *context, int parent_fd, const char *name, struct error *err)
{
	if (mkdirat(parent_fd, name, 0755) < 0)
		return error_sys(err, "make '%s'", name);
	autoclose int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_sys(err, "open '%s'", name);
	return make_nodes(fd, err) < 0 ? -1 : make_files(context, fd, err);
}

/* --- /etc ---------------------------------------------------------------------------------------
 */

static int make_etc_file(void *content, int parent_fd, const char *name, struct error *err)
{
	const char *const *text = content;

	return write_file(parent_fd, name, *text, strlen(*text), 0644, err);
}

/* As with mounts, which need a place: a root that lacks one of these keeps it, empty. */
static int make_own_dirs(int root_fd, struct error *err)
{
	static const char *const names[] = { "dev", "proc", "sys" };

	for (size_t i = 0; i < countof(names); i++)
		if (mkdirat(root_fd, names[i], 0755) < 0 && errno != EEXIST)
			return error_sys(err, "make '/%s'", names[i]);
	return 0;
}

/* The step's own wins. */
static bool has_mount(const struct sandbox_spec *spec, const char *root_path)
{
	for (size_t i = 0; i < spec->n_mounts; i++)
		if (strcmp(spec->mounts[i].root_path, root_path) == 0)
			return true;
	return false;
}

static int cover_all(const struct sandbox_spec *spec, struct stubs *stubs, struct chroot_root *root,
		     struct error *err)
{
	const struct {
		const char *root_path, *content;
	} files[] = { { "etc/hosts", spec->hosts }, { "etc/resolv.conf", spec->resolv_conf } };
	union {
		const struct sandbox_spec *spec;
		void *context;
	} lent = { .spec = spec };

	if (make_own_dirs(spec->root_mount_fd, err) < 0 ||
	    cover_put(spec->root_mount_fd, "dev", make_dev, lent.context, stubs,
		      &root->covers[root->n_covers], err) < 0)
		return -1;
	root->n_covers++;
	if (chroot_mounts_put(spec, stubs, &root->mounts, err) < 0)
		return -1;
	for (size_t i = 0; i < countof(files); i++) {
		const char *content = files[i].content;
		if (!content || has_mount(spec, files[i].root_path))
			continue;
		if (cover_put(spec->root_mount_fd, files[i].root_path, make_etc_file, &content,
			      stubs, &root->covers[root->n_covers], err) < 0)
			return -1;
		root->n_covers++;
	}
	return 0;
}

/* --- the root -----------------------------------------------------------------------------------
 */

static int open_children(void)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)getpid(),
		       (int)getpid());
	return open(path, O_RDONLY | O_CLOEXEC);
}

int chroot_root_enter(const struct sandbox_spec *spec, struct stubs *stubs,
		      struct chroot_root *ret_root, struct error *err)
{
	*ret_root = (struct chroot_root){ .children_fd = open_children(),
					  .outer_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC),
					  .landlock_fd = -1 };
	if (ret_root->outer_fd < 0)
		return error_sys(err, "open the outer root");
	if (ret_root->children_fd < 0)
		return error_sys(err, "read the list of this process's children below /proc "
				      "(CONFIG_PROC_CHILDREN)");
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		return error_sys(err, "become the reaper of the step");
	if (cover_all(spec, stubs, ret_root, err) < 0)
		return -1;
	if (landlock_make_root(spec->root_mount_fd, &ret_root->landlock_fd, err) < 0)
		return -1;
	if (fchdir(spec->root_mount_fd) < 0)
		return error_sys(err, "enter the root");
	if (chroot(".") < 0) {
		(void)error_sys(err, "chroot");
		err->code = ERROR_PERMISSION;
		return -1;
	}
	return 0;
}

int chroot_root_leave(struct chroot_root *root, struct error *err)
{
	struct error ignored;
	int result = 0;

	close_fd_at(&root->children_fd);
	close_fd_at(&root->outer_fd);
	close_fd_at(&root->landlock_fd);
	/* /dev was first, the files of /etc last: the step's own are between them */
	while (root->n_covers > 1 && result == 0)
		result = cover_remove(&root->covers[--root->n_covers], err);
	if (chroot_mounts_remove(&root->mounts, result < 0 ? &ignored : err) < 0)
		result = -1;
	while (root->n_covers)
		if (cover_remove(&root->covers[--root->n_covers], result < 0 ? &ignored : err) < 0)
			result = -1;
	return result;
}

/* chroot twice leads out, devices are the disk, and who traces another process has its rights. */
uint64_t chroot_capabilities(uint64_t allowed)
{
	static const unsigned char dropped[] = { CAP_SYS_CHROOT, CAP_MKNOD, CAP_NET_RAW,
						 CAP_AUDIT_WRITE, CAP_SYS_PTRACE };

	for (size_t i = 0; i < countof(dropped); i++)
		allowed &= ~(UINT64_C(1) << dropped[i]);
	return allowed;
}

/* Of those that are children now; theirs become children of this process in turn. */
static void kill_children(const struct chroot_root *root)
{
	char text[CHILDREN_MAX + 1];
	ssize_t len = root->children_fd < 0 ? -1 : pread(root->children_fd, text, CHILDREN_MAX, 0);

	if (len <= 0)
		return;
	text[len] = '\0';
	for (char *at = text, *end; *at; at = end) {
		long pid = strtol(at, &end, 10);
		if (end == at || pid <= 1)
			break;
		(void)kill((pid_t)pid, SIGKILL);
		end += *end == ' ';
	}
}

unsigned chroot_kill_rest(const struct chroot_root *root)
{
	unsigned n = 0;
	int status;

	for (;;) {
		kill_children(root);
		pid_t pid = waitpid(-1, &status, 0);
		if (pid < 0 && errno != EINTR)
			return n;
		n += pid > 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	}
}

void chroot_kill_orphans(void)
{
	const struct chroot_root root = { .children_fd = open_children(),
					  .outer_fd = -1,
					  .landlock_fd = -1 };

	if (root.children_fd < 0)
		return;
	(void)chroot_kill_rest(&root);
	(void)close(root.children_fd);
}
