/* SPDX-License-Identifier: Apache-2.0 */
#include "run_spec.h"

#include "base/alloc.h"
#include "base/path.h"
#include "limits/limits.h"
#include "sandbox/isolation.h"

enum { RUN_FILE_MODE = 0755 };

#define RUN_FILES_DIR "dev/pipes"

void run_spec_release(struct run_spec *spec)
{
	strv_release(&spec->sandbox.args);
	strv_release(&spec->sandbox.env);
	for (size_t i = 0; i < spec->sandbox.n_mounts; i++)
		free((char *)(uintptr_t)spec->mounts[i].root_path);
	free(spec->mounts);
}

static void add_files(const struct run_step *run, struct run_spec *spec)
{
	for (size_t i = 0; i < run->n_files; i++) {
		spec->mounts[spec->sandbox.n_mounts++] = (struct sandbox_mount){
			.kind = SANDBOX_MOUNT_FILE,
			.root_path = path_join(RUN_FILES_DIR, run->files[i].name),
			.fd = -1,
			.is_readonly = true,
			.target_is_file = true,
			.data = run->files[i].body,
			.len = run->files[i].len,
			.mode = RUN_FILE_MODE,
		};
	}
}

static void add_mounts(const struct run_mounts *mounts, struct run_spec *spec)
{
	for (size_t i = 0; i < mounts->mounts.len; i++) {
		struct sandbox_mount *mount = &spec->mounts[spec->sandbox.n_mounts++];
		*mount = mounts->mounts.items[i];
		mount->root_path = xstrdup(mount->root_path);
	}
	for (size_t i = 0; i < mounts->env.len; i++)
		strv_add(&spec->sandbox.env, mounts->env.items[i]);
}

void run_spec_make(const struct exec_env *env, const struct step *step,
		   const struct run_mounts *mounts, struct run_spec *ret_spec)
{
	const struct run_step *run = &step->run;
	struct run_spec spec = { 0 };

	spec.sandbox.isolation = isolation_mode(env->image_env.isolation);
	spec.sandbox.security =
		run->security == SECURITY_INSECURE ? SANDBOX_INSECURE : SANDBOX_CONFINED;
	spec.sandbox.root_mount_fd = -1;
	spec.sandbox.place_fd = -1;
	spec.sandbox.shm_size = env->limits->shm_size;
	for (size_t i = 0; i < run->args.len; i++)
		strv_add(&spec.sandbox.args, run->args.items[i]);
	for (size_t i = 0; i < run->env.len; i++)
		strv_add(&spec.sandbox.env, run->env.items[i]);
	for (size_t i = 0; i < run->proxy_env.len; i++)
		strv_add(&spec.sandbox.env, run->proxy_env.items[i]);
	spec.sandbox.user = run->user ? run->user : "";
	spec.sandbox.working_dir = run->working_dir;
	spec.sandbox.hostname = run->hostname;
	spec.sandbox.stdin_fd = spec.sandbox.stdout_fd = spec.sandbox.stderr_fd = -1;
	spec.mounts = xcalloc(run->n_files + mounts->mounts.len, sizeof(*spec.mounts));
	spec.sandbox.mounts = spec.mounts;
	add_files(run, &spec);
	add_mounts(mounts, &spec);
	*ret_spec = spec;
}
