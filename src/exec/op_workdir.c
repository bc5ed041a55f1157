/* SPDX-License-Identifier: Apache-2.0 */
#include "landing.h"
#include "layer_write.h"
#include "op.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/path.h"
#include "image/rootfs.h"
#include "sandbox/isolation.h"
#include "sandbox/user.h"

#include <sys/stat.h>

enum { WORKDIR_MODE = 0755 };

int step_job_view(const struct step_job *job, struct snapshot_view **ret_view, struct error *err)
{
	autofree struct digest *chain_ids = NULL;
	size_t n = rootfs_chain_ids(&job->env->image_env, job->parents, job->n_parents, &chain_ids);

	return snapshot_view_open(job->env->image_env.snapshots, chain_ids, n, ret_view, err);
}

bool step_job_records_owners(const struct step_job *job)
{
	return isolation_mode(job->env->image_env.isolation) == ISOLATION_NS_SINGLE;
}

int view_read_file(void *view, const char *root_path, struct buf *ret_text, struct error *err)
{
	autofree char *resolved = NULL;
	struct fs_entry entry = { 0 };
	autoclose int fd = -1;

	if (snapshot_view_resolve(view, root_path, true, &resolved, err) < 0)
		return -1;
	int found = snapshot_view_find(view, resolved, &entry, err);
	if (found <= 0)
		return found;
	if (entry.type != FS_FILE)
		return error_set(err, ERROR_CORRUPT, "'/%s' of the image is no regular file",
				 root_path);
	found = snapshot_view_open_file(view, resolved, &fd, err);
	if (found <= 0)
		return found;
	return fs_read_fd(fd, PASSWD_SIZE_MAX, root_path, ret_text, err) < 0 ? -1 : 1;
}

static int resolve_user(const struct step_job *job, struct snapshot_view *view, uint32_t *ret_uid,
			uint32_t *ret_gid, struct error *err)
{
	const char *user = job->step->workdir.user;
	bool is_unknown = false;

	if (owner_resolve(user, view_read_file, view, ret_uid, ret_gid, &is_unknown, err) < 0)
		return -1;
	if (is_unknown && !job->n_parents)
		return error_set(err, ERROR_NOT_FOUND,
				 "USER %s: the image has no /etc/passwd to look names up in; give "
				 "numbers",
				 user);
	return 0;
}

/*
 * Every directory that is made, parents included, belongs to the USER; existing ones are left as
 * they are; symlinks on the way are followed inside the root (BuildKit's mkdir with MkdirAll).
 */
int op_workdir(struct step_job *job, struct step_result *result, struct error *err)
{
	const struct workdir_step *workdir = &job->step->workdir;
	cleanup(snapshot_view_free) struct snapshot_view *view = NULL;
	cleanup(landing_release) struct landing landing = { 0 };
	autofree char *cleaned = path_clean(workdir->path), *path = NULL;
	autofree struct landed *entries = NULL;
	uint32_t uid = 0, gid = 0;
	size_t n = 0;

	if (step_job_view(job, &view, err) < 0)
		return -1;
	landing_init(&landing, view, job->env->now);
	if (resolve_user(job, view, &uid, &gid, err) < 0 ||
	    snapshot_view_resolve(view, cleaned, true, &path, err) < 0 ||
	    landing_make_parents(&landing, path, WORKDIR_MODE, uid, gid, err) < 0 ||
	    landing_make_dir(&landing, path, WORKDIR_MODE, uid, gid, err) < 0)
		return error_place(err, workdir->path_at);
	if (landing_finish(&landing, &entries, &n, err) < 0)
		return -1;
	return layer_write_landed(job->env, entries, n, NULL, result, err);
}
