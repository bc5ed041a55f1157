/* SPDX-License-Identifier: Apache-2.0 */
#include "run_device.h"

#include "base/alloc.h"
#include "base/mount_fd.h"
#include "base/path.h"
#include "cdi/cdi.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

enum { NODE_MODE = 0666, PERMISSIONS = 07777 };

static int add(struct run_mounts *mounts, const struct cdi_binding *binding, int *mount_fd,
	       bool is_dir, struct error *err)
{
	autofree char *path = path_clean(binding->container_path);

	if (!*path)
		return error_set(err, ERROR_CORRUPT, "'%s' hides all of the step's files",
				 binding->container_path);
	vec_push(&mounts->mounts, (struct sandbox_mount){
					  .kind = SANDBOX_MOUNT_FD,
					  .root_path = arena_strdup(&mounts->arena, path),
					  .fd = take_fd(mount_fd),
					  .is_readonly = binding->attributes & MOUNT_ATTR_RDONLY,
					  .is_device = binding->is_device,
					  .target_is_file = !is_dir,
				  });
	return 0;
}

static int bind(struct run_mounts *mounts, const struct cdi_binding *binding, struct error *err)
{
	unsigned recursive = binding->is_recursive ? AT_RECURSIVE : 0;
	uint64_t set = binding->attributes;
	uint64_t clear = set & MOUNT_ATTR__ATIME ? MOUNT_ATTR__ATIME : 0;
	struct stat st;

	autoclose int fd =
		mount_fd_clone(AT_FDCWD, binding->host_path, recursive, mounts->place_fd);
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_sys(err, "bind '%s'", binding->host_path);
	if (set && mount_fd_restrict(fd, set, clear) < 0)
		return error_sys(err, "set the options of the mount of '%s'", binding->host_path);
	return add(mounts, binding, &fd, S_ISDIR(st.st_mode), err);
}

/* --- device nodes ----------------------------------------------------------------------------- */

/* The node as it is to be; the host's is looked at where the file does not say which it is. */
static int settle_node(const struct cdi_binding *binding, struct stat *ret_st, struct error *err)
{
	const struct cdi_node *node = &binding->node;
	mode_t type = node->type == 'b' ? S_IFBLK : S_IFCHR;
	struct stat st = { .st_rdev = makedev(node->major, node->minor) };

	if (!node->has_number) {
		if (stat(binding->host_path, &st) < 0)
			return error_sys(err, "look at '%s'", binding->host_path);
		if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode))
			return error_set(err, ERROR_SYSTEM, "'%s' is no device",
					 binding->host_path);
		if (node->type && type != (st.st_mode & S_IFMT))
			return error_set(err, ERROR_CORRUPT, "'%s' is no device of type '%c'",
					 binding->host_path, node->type);
		type = st.st_mode & S_IFMT;
	}
	st.st_mode = type | (node->has_mode ? node->mode : NODE_MODE);
	st.st_uid = node->has_uid ? node->uid : 0;
	st.st_gid = node->has_gid ? node->gid : 0;
	*ret_st = st;
	return 0;
}

/* 1/0/-1; 0: this user may not make devices. */
static int make_node_in(int dir_fd, const struct stat *wanted, int place_fd, int *ret_fd,
			struct error *err)
{
	if (mknodat(dir_fd, "node", wanted->st_mode, wanted->st_rdev) < 0)
		return errno == EPERM ? 0 : error_sys(err, "make a device");
	if (fchownat(dir_fd, "node", wanted->st_uid, wanted->st_gid, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fchmodat(dir_fd, "node", wanted->st_mode & PERMISSIONS, 0) < 0)
		return error_sys(err, "set owner and mode of a device");
	*ret_fd = mount_fd_clone(dir_fd, "node", 0, place_fd);
	return *ret_fd < 0 ? error_sys(err, "bind a device") : 1;
}

/* On a file system that has nothing else. */
static int make_node(const struct stat *wanted, int place_fd, int *ret_fd, struct error *err)
{
	int dir_fd = mount_fd_new("tmpfs", NULL, 0, place_fd);

	if (dir_fd < 0)
		return errno == EPERM ? 0 : error_sys(err, "a file system for a device");
	int made = make_node_in(dir_fd, wanted, place_fd, ret_fd, err);
	mount_fd_close(dir_fd);
	return made;
}

/* Without the right to make one there is the host's own, if it is what is asked for. */
static int check_host_node(const struct cdi_binding *binding, const struct stat *wanted,
			   struct error *err)
{
	const struct cdi_node *node = &binding->node;
	struct stat st;

	if (stat(binding->host_path, &st) < 0)
		return error_sys(err, "look at '%s'", binding->host_path);
	bool is_same = (st.st_mode & S_IFMT) == (wanted->st_mode & S_IFMT) &&
		       st.st_rdev == wanted->st_rdev &&
		       (!node->has_mode || (st.st_mode & PERMISSIONS) == node->mode) &&
		       (!node->has_uid || st.st_uid == node->uid) &&
		       (!node->has_gid || st.st_gid == node->gid);
	if (is_same)
		return 0;
	return error_set(err, ERROR_PERMISSION,
			 "the device node '%s' is to have another number, mode or owner than '%s' "
			 "has, and only root may make it",
			 binding->container_path, binding->host_path);
}

static int add_node(struct run_mounts *mounts, const struct cdi_binding *binding, struct error *err)
{
	autoclose int fd = -1;
	struct stat wanted = { 0 };

	if (settle_node(binding, &wanted, err) < 0)
		return -1;
	int made = make_node(&wanted, mounts->place_fd, &fd, err);
	if (made < 0)
		return error_wrap(err, "device node '%s'", binding->container_path);
	if (made)
		return add(mounts, binding, &fd, false, err);
	return check_host_node(binding, &wanted, err) < 0 ? -1 : bind(mounts, binding, err);
}

/* A device that need not be there is left out, and that is said. */
static int find_devices(struct step_job *job, struct cdi_edits *edits, struct error *err)
{
	const struct run_step *run = &job->step->run;
	cleanup(cdi_specs_free) struct cdi_specs *specs = NULL;

	if (cdi_specs_read(CDI_DIRS, countof(CDI_DIRS), &specs, err) < 0)
		return -1;
	for (size_t i = 0; i < run->n_devices; i++) {
		int found = cdi_find(specs, run->devices[i].flag.name, edits, err);
		(void)error_place(err, run->devices[i].at);
		if (found < 0)
			return -1;
		if (!found && run->devices[i].flag.is_required)
			return error_wrap(err, "required");
		if (!found)
			job_warn(job->channel,
				 "%s; the step runs without it (required=true makes "
				 "this an error)",
				 err->text);
	}
	return 0;
}

int run_devices_add(struct step_job *job, struct run_mounts *mounts, struct error *err)
{
	cleanup(cdi_edits_release) struct cdi_edits edits = { 0 };

	if (!job->step->run.n_devices)
		return 0;
	if (find_devices(job, &edits, err) < 0)
		return error_place(err, job->step->at);
	strv_add_all(&mounts->env, &edits.env);
	for (size_t i = 0; i < edits.n_bindings; i++)
		if ((edits.bindings[i].is_device ? add_node(mounts, &edits.bindings[i], err)
						 : bind(mounts, &edits.bindings[i], err)) < 0)
			return error_place(err, job->step->run.devices[0].at);
	return 0;
}
