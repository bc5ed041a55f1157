/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running a plan: its steps become works of a job graph, each with a key that is looked up before
 * anything is run, and a result that the next steps build on. Knows what each kind of step does
 * and how it is cached; knows neither options nor outputs.
 */
#ifndef CBUILD_EXEC_EXEC_H
#define CBUILD_EXEC_EXEC_H

#include "context/context.h"
#include "exec/result.h"
#include "image/image.h"
#include "job/job.h"
#include "plan/plan.h"

struct sandbox_kit;
struct private_network;
struct name_settings;
struct sandbox_policy;
struct limits;
struct exec_remotes;
struct listing;
struct owner_list;

/* A build context: the directory, and what of it is not ignored, once that is known. */
struct exec_context {
	int dir_fd;
	const struct ignore *ignore; /* or NULL */
	const char *host_path;
	struct listing *listing;	 /* made by the context's own work */
	bool keeps_owners;		 /* an archive's */
	const struct owner_list *owners; /* who its files belong to; NULL: who they do */
	bool is_fetched;		 /* nobody will see it again under this name */
	struct context *owned; /* what release closes; NULL of the main context, the build's */
};

void exec_context_release(struct exec_context *context);

/* Where a secret's value is found; it is read in the job of a step that mounts it. */
struct exec_secret {
	const char *id;
	const char *source; /* host path, or the variable's name */
	bool is_variable;
};

/* An agent of --ssh: its socket, or files of private keys. */
struct exec_ssh {
	const char *id;
	char *const *paths; /* absolute */
	size_t n_paths;	    /* at least one */
};

/* Files of a stage that are brought out where a step of it fails. */
struct exec_failed_files {
	uint32_t stage;
	const char *path; /* in the step */
	const char *dest; /* host path, absolute */
};

/* Everything that a step may need; borrowed. Filled by build/, inherited by every job. */
struct exec_env {
	struct image_env image_env;
	const struct plan *plan;
	struct image *const *images;	     /* beside plan->images */
	struct exec_context *contexts;	     /* beside plan->contexts */
	struct step_result *results;	     /* beside plan->steps */
	struct exec_remotes *remotes;	     /* exec_run's own */
	size_t n_works;			     /* of exec_run, for numbers that go on */
	const struct sandbox_policy *policy; /* of every RUN */
	const struct limits *limits;	     /* of each RUN; never in a key */
	struct sandbox_kit *kit;	     /* NULL until the first RUN needs it */
	enum layer_compression compression;
	int level;
	/* what the cache gives is hashed, and its snapshot compared, before it is used */
	bool verifies_cache;
	bool rewrites_times;	       /* clamp file times in layers to the plan's epoch */
	const struct event_sink *sink; /* may be NULL */
	int64_t now;		       /* one clock reading for what a build makes anew, seconds */
	const char *hosts;	       /* of RUN: what every step finds in /etc/hosts */
	const struct name_settings *names; /* of RUN, besides */
	struct private_network *network;   /* exec_run's own; NULL until the first RUN needs it */
	struct exec_secret *secrets;
	size_t n_secrets;
	struct exec_ssh *ssh;
	size_t n_ssh;
	struct exec_failed_files *failed_files;
	size_t n_failed_files;
	bool has_failed_shell;	       /* a RUN that fails gets a shell at the caller's terminal */
	int terminal_in, terminal_out; /* that terminal */
	bool allows_secret_leaks;      /* into layers: told, not refused */
	bool allows_secrets_on_disk;   /* as files, where a step runs in a chroot */
	/* What can be told at once goes here (NULL: the first is enough). */
	struct error_list *errors;
};

/*
 * Runs what the plan's targets need. Results are in env->results afterwards, as far as the build
 * came. `failed` (may be NULL) gets the index of the step that failed, or NO_STEP.
 */
int exec_run(struct exec_env *env, const struct job_options *options, uint32_t *failed,
	     struct error *err) must_check;

/* The value of a secret: 1 there, 0 none was given of that id (or its variable is not set), -1. */
int exec_secret_read(const struct exec_env *env, const char *id, struct buf *ret_value,
		     struct error *err) must_check;

/*
 * The layers of a tree, lowest first, base layers included; an array of the caller's (free). The
 * steps it consists of must be done.
 */
size_t exec_tree_layers(const struct exec_env *env, struct tree_ref tree,
			struct layer_ref **ret_layers);

#endif
