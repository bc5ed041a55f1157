/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each kind of step does when it runs, inside its job: the trees it reads are snapshots by
 * then (step_run ensures them), the layer it makes goes into *result.
 */
#ifndef CBUILD_EXEC_OP_H
#define CBUILD_EXEC_OP_H

#include "copy_select.h"
#include "secret_watch.h"

#include "exec/exec.h"

/* A step in its job. */
struct step_job {
	struct exec_env *env;
	const struct step *step;
	struct job_channel *channel;
	struct layer_ref *parents; /* the layers of the tree it changes */
	size_t n_parents;
	/* COPY: what its path sources name, and the tree they are read from. */
	struct copy_tree tree;
	struct selection selection;
	struct snapshot_view *source_view; /* behind tree, of COPY --from */
	struct secret_watch secrets;	   /* RUN: what it was given */
};

int op_run(struct step_job *job, struct step_result *result, struct error *err) must_check;
int op_copy(struct step_job *job, struct step_result *result, struct error *err) must_check;
int op_workdir(struct step_job *job, struct step_result *result, struct error *err) must_check;

/* A merged view of the tree that the step changes; its snapshots exist. */
int step_job_view(const struct step_job *job, struct snapshot_view **ret_view, struct error *err)
	must_check;
/* Owners are recorded (base/fs_owner.h), not set: there is one id only. */
bool step_job_records_owners(const struct step_job *job);
/* user_read_file over a struct snapshot_view: regular files of at most 10 MiB, in-root. */
int view_read_file(void *view, const char *root_path, struct buf *ret_text, struct error *err)
	must_check;

#endif
