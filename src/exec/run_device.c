/* SPDX-License-Identifier: Apache-2.0 */
#include "run_device.h"

#include "base/alloc.h"
#include "base/path.h"
#include "cdi/cdi.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

static int bind(struct run_mounts *mounts, const struct cdi_binding *binding, struct error *err)
{
	autofree char *path = path_clean(binding->container_path);
	struct stat st;

	if (!*path)
		return error_set(err, ERROR_CORRUPT, "'%s' hides all of the step's files",
				 binding->container_path);
	autoclose int fd =
		open_tree(AT_FDCWD, binding->host_path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_sys(err, "bind '%s'", binding->host_path);
	if (binding->is_device && !S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode))
		return error_set(err, ERROR_SYSTEM, "'%s' is no device", binding->host_path);
	vec_push(&mounts->mounts, (struct sandbox_mount){
					  .kind = SANDBOX_MOUNT_FD,
					  .root_path = arena_strdup(&mounts->arena, path),
					  .fd = take_fd(&fd),
					  .is_readonly = binding->is_readonly,
					  .is_device = binding->is_device,
					  .target_is_file = !S_ISDIR(st.st_mode),
				  });
	return 0;
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
		if (bind(mounts, &edits.bindings[i], err) < 0)
			return -1;
	return 0;
}
