/* SPDX-License-Identifier: Apache-2.0 */
#include "failed_files.h"
#include "failed_shell.h"
#include "layer_write.h"
#include "leftovers.h"
#include "mask_process.h"
#include "masker.h"
#include "op.h"
#include "run_copies.h"
#include "run_limits.h"
#include "run_network.h"
#include "run_spec.h"

#include "base/alloc.h"
#include "image/rootfs.h"
#include "sandbox/isolation.h"
#include "sandbox/sandbox.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

static void tell_confined(void *context, pid_t init, int kill_signal)
{
	job_confined(context, init, kill_signal);
}

static int mount_root(struct step_job *job, struct snapshot_draft *draft, int *ret_fd,
		      struct error *err)
{
	autofree struct digest *chain_ids = NULL;
	size_t n = rootfs_chain_ids(&job->env->image_env, job->parents, job->n_parents, &chain_ids);

	return snapshot_draft_mount(draft, chain_ids, n, ret_fd, err);
}

enum { FULL_DISK = 4 * 1024 * 1024, FULL_INODES = 32 };

/*
 * A command on a full disk says "I/O error" as often as "no space left" (a volatile overlay turns
 * one into the other), so the cause is named here.
 */
static void warn_full_disk(const struct step_job *job)
{
	struct statvfs disk;

	if (fstatvfs(store_root_fd(job->env->image_env.store), &disk) < 0)
		return;
	/* not all file systems count files */
	if (disk.f_bavail * disk.f_frsize < FULL_DISK ||
	    (disk.f_files && disk.f_favail < FULL_INODES))
		job_warn(job->channel,
			 "no space left on the file system of the store %s ('cbuild prune' removes "
			 "what no image needs)",
			 store_path(job->env->image_env.store));
}

/* docker's words, so that scripts that look for them find them. */
static int report_status(const struct step_job *job, const struct sandbox_result *result,
			 struct error *err)
{
	const struct run_step *run = &job->step->run;
	cleanup(buf_release) struct buf command = BUF_INIT, reason = BUF_INIT;

	run_limits_explain(job->env->limits, result, &reason);
	for (size_t i = 0; i < run->args.len; i++)
		buf_printf(&command, "%s%s", i ? " " : "", run->args.items[i]);
	(void)error_at(err, ERROR_STEP_FAILED, job->step->at,
		       "process \"%.1500s\" did not complete successfully: exit code: %d%s",
		       command.data, result->status, reason.data);
	err->status = result->status;
	return -1;
}

static int report_cancelled(struct error *err)
{
	(void)error_set(err, ERROR_CANCELLED, "the step was told to stop");
	err->status = 128 + SIGTERM;
	return -1;
}

/* Straight to the coordinator, unless there is something to mask. */
static int run_masked(struct step_job *job, struct sandbox_spec *spec,
		      struct sandbox_result *result, struct error *err)
{
	cleanup(mask_process_release) struct mask_process masking = MASK_PROCESS_INIT;
	const int outs[] = { job_stdout_fd(job->channel), job_stderr_fd(job->channel) };
	bool is_masked = !secret_watch_is_empty(&job->secrets);
	struct error ignored;

	if (is_masked && mask_process_start(&job->secrets, outs, &masking, err) < 0)
		return -1;
	spec->stdout_fd = is_masked ? masking.fds[0] : outs[0];
	spec->stderr_fd = is_masked ? masking.fds[1] : outs[1];
	int ran = sandbox_run(job->env->kit, spec, tell_confined, job->channel, result, err);
	int masked = mask_process_finish(&masking, ran < 0 ? &ignored : err);
	job_confined(job->channel, 0, 0);
	return ran < 0 || masked < 0 ? -1 : 0;
}

static int run_in_sandbox(struct step_job *job, int root_fd, bool seals_root, struct error *err)
{
	cleanup(run_mounts_release) struct run_mounts mounts = RUN_MOUNTS_INIT;
	cleanup(run_spec_release) struct run_spec spec = { 0 };
	cleanup(failed_shell_release) struct failed_shell shell = FAILED_SHELL_INIT;
	cleanup(run_network_release) struct run_network network = RUN_NETWORK_INIT;
	struct sandbox_result result = { 0 };

	if (run_network_make(job, &network, err) < 0 || run_mounts_make(job, &mounts, err) < 0)
		return -1;
	secret_watch_finish(&job->secrets);
	run_spec_make(job->env, job->step, &mounts, &spec);
	run_network_apply(&network, &spec.sandbox);
	spec.sandbox.root_mount_fd = root_fd;
	spec.sandbox.place_fd = mounts.place_fd;
	spec.sandbox.dumps_no_core = !secret_watch_is_empty(&job->secrets);
	spec.sandbox.seals_root = seals_root && spec.sandbox.isolation != ISOLATION_CHROOT;
	if (failed_shell_start(job, &spec.sandbox, &shell, err) < 0 ||
	    run_masked(job, &spec.sandbox, &result, err) < 0)
		return -1;
	failed_shell_release(&shell);
	/* a trap for TERM may well end with 0, and what it did not do would be cached */
	if (result.is_cancelled)
		return report_cancelled(err);
	if (run_copies_keep_caches(job, &mounts, err) < 0)
		return -1;
	if (result.killed)
		job_note(job->channel, "%u background processes were still running and were killed",
			 result.killed);
	run_limits_warn(job->env->limits, &result, job->channel);
	if (*result.note)
		job_note(job->channel, "%s", result.note);
	if (!result.status)
		return result.is_held ? snapshot_error_held(err) : 0;
	warn_full_disk(job);
	failed_files_export(job, root_fd);
	return report_status(job, &result, err);
}

static int find_leftovers(const struct step_job *job, const struct changes *changes,
			  struct step_result *result, struct error *err)
{
	cleanup(leftovers_release) struct leftovers leftovers = { .n_layers = 0 };

	if (leftovers_begin(job, &leftovers, err) < 0)
		return -1;
	for (size_t i = 0; i < changes->len; i++)
		if (leftovers_add(&leftovers, &changes->items[i], err) < 0)
			return -1;
	leftovers_finish(&leftovers, result);
	return 0;
}

/* The layer is what stands in the upper directory: cost follows the change, not the image. */
static int take_layer(struct step_job *job, struct snapshot_draft *draft,
		      struct step_result *result, struct error *err)
{
	cleanup(snapshot_view_free) struct snapshot_view *below = NULL;
	cleanup(changes_release) struct changes changes = CHANGES_INIT;
	struct progress progress = job_progress(job->channel);

	if (step_job_view(job, &below, err) < 0 ||
	    changes_read(snapshot_draft_fd(draft), below, &changes, err) < 0 ||
	    find_leftovers(job, &changes, result, err) < 0)
		return -1;
	struct leak_scan scan = { .watch = &job->secrets,
				  .channel = job->channel,
				  .is_allowed = job->env->allows_secret_leaks };
	return layer_write_changes(job->env, &changes,
				   secret_watch_is_empty(&job->secrets) ? NULL : &scan, &progress,
				   result, err);
}

/*
 * In a chroot there is neither a file system nor a mount that could be made read-only: the layer
 * is taken between two looks at the times of what it is made of.
 */
static int take_frozen_layer(struct step_job *job, struct snapshot_draft *draft,
			     struct step_result *result, struct error *err)
{
	bool has_mount = isolation_mode(job->env->image_env.isolation) != ISOLATION_CHROOT;
	struct digest before, after;

	if (has_mount || snapshot_draft_has_barrier(draft))
		return take_layer(job, draft, result, err);
	if (snapshot_draft_look(draft, &before, err) < 0 ||
	    take_layer(job, draft, result, err) < 0 || snapshot_draft_look(draft, &after, err) < 0)
		return -1;
	return digest_equal(&before, &after) ? 0 : snapshot_error_held(err);
}

struct times {
	struct snapshot_view *below;
	bool are_set;
};

static int visit_upper(void *context, const struct fs_entry *entry, uint64_t dev, uint64_t inode,
		       struct error *err)
{
	struct times *times = context;
	struct fs_entry before = { 0 };

	(void)dev;
	(void)inode;
	/* the time of /etc is that of the mount points for hosts and resolv.conf, nobody's wish */
	if (entry->type != FS_DIR || !*entry->path || strcmp(entry->path, "etc") == 0)
		return 0;
	int found = snapshot_view_find(times->below, entry->path, &before, err);
	if (found > 0 && (before.mtime != entry->mtime || before.mtime_nsec != entry->mtime_nsec))
		times->are_set = true;
	return found < 0 ? -1 : 0;
}

/*
 * An empty layer has no snapshot, but times of directories alone are in the upper and in no layer,
 * and the next step is to see them (BuildKit keeps them in its snapshots, too).
 */
static int sets_times(const struct step_job *job, const struct snapshot_draft *draft,
		      struct error *err)
{
	cleanup(snapshot_view_free) struct snapshot_view *below = NULL, *upper = NULL;
	int upper_fd = snapshot_draft_fd(draft);

	if (step_job_view(job, &below, err) < 0 ||
	    snapshot_view_of_dirs(job->env->image_env.snapshots, &upper_fd, 1, &upper, err) < 0)
		return -1;
	struct times times = { .below = below };
	if (snapshot_view_walk(upper, "", visit_upper, &times, err) < 0)
		return -1;
	return times.are_set;
}

/* Commands and paths are told of, and a value may stand in them. */
static void mask_error(const struct step_job *job, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	if (secret_watch_is_empty(&job->secrets))
		return;
	mask_text(&job->secrets, err->text, &text);
	(void)snprintf(err->text, sizeof(err->text), "%s", text.data);
}

static int run_and_commit(struct step_job *job, struct step_result *result, struct error *err)
{
	cleanup(snapshot_draft_free) struct snapshot_draft *draft = NULL;
	autoclose int root_fd = -1;

	if (snapshot_draft_new(job->env->image_env.snapshots, &draft, err) < 0 ||
	    mount_root(job, draft, &root_fd, err) < 0 ||
	    run_in_sandbox(job, root_fd, !snapshot_draft_has_barrier(draft), err) < 0 ||
	    snapshot_draft_freeze(draft, err) < 0)
		return -1;
	if (take_frozen_layer(job, draft, result, err) < 0)
		return -1;
	(void)close(take_fd(&root_fd));
	if (layer_is_empty(&result->diff_id)) {
		int sets = sets_times(job, draft, err);
		if (sets <= 0)
			return sets;
	}
	struct digest parent =
		job->n_parents ? job->parents[job->n_parents - 1].chain_id : (struct digest){ 0 };
	struct digest chain_id = chain_id_extend(job->n_parents ? &parent : NULL, &result->diff_id);
	if (store_pin(job->env->image_env.store, &chain_id, 1, err) < 0)
		return -1;
	return snapshot_commit(take_ptr(&draft), &chain_id, err);
}

int op_run(struct step_job *job, struct step_result *result, struct error *err)
{
	if (run_and_commit(job, result, err) == 0)
		return 0;
	mask_error(job, err);
	return -1;
}
