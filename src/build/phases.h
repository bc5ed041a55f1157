/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The phases of a build, one function each; build.c calls them in order, each hands on values that
 * nobody writes again.
 */
#ifndef CBUILD_BUILD_PHASES_H
#define CBUILD_BUILD_PHASES_H

#include "engine.h"

#include "base/vec.h"
#include "build/build.h"
#include "context/context.h"
#include "context/owner_list.h"
#include "exec/exec.h"
#include "fetch/fetch.h"
#include "image/image_set.h"
#include "plan/plan.h"

/* What a build works with, from the request on. */
struct source_time {
	const char *source;
	bool has_time;
	int64_t seconds;
};

struct build {
	const struct build_request *request;
	struct engine *engine; /* NULL for `cbuild parse` */
	struct engine_run run;
	struct build_result *result;
	int stdout_fd; /* the caller's, for dest=-; -1 = none */

	/* sources.c */
	struct arena arena; /* small texts that live as long as the build */
	struct context *context;
	struct owner_list *owners;			 /* of what was fetched; or NULL */
	struct fetched_tree fetched, fetched_dockerfile; /* remote.c; without dir: none */
	VEC(struct source_time) source_times;		 /* remote.c: asked for once a build */

	/* resolve.c */
	struct dockerfile *dockerfile;
	struct plan_options options;
	struct named_context *contexts; /* behind options.contexts */
	struct images_known {
		struct image **items; /* owned */
		char **references;
		struct platform *platforms;
		size_t len, size;
	} images;
	struct plan_facts facts;
	struct plan *plan;

	bool has_converted; /* output_convert.c: layers of the images were compressed anew */

	/* steps.c */
	struct exec_env exec;
	struct image **plan_images; /* beside plan->images; borrowed from images */
};

void build_release(struct build *build);
DEFINE_RELEASE(struct build, build_release);

/* Opens the context and reads Dockerfile and ignore file. */
int build_read_sources(struct build *build, struct error *err) must_check;
/* The host path of the main context, or NULL. */
const char *build_context_path(struct build *build);
/* check.c: are the options of "# check=" right? Then what the rules find, told as warnings; an
 * error where "error=true" was said. */
int build_read_check(const struct build *build, struct error *err) must_check;
int build_lint(struct build *build, bool with_own_rules, struct error *err) must_check;
/* Of a file that does not parse: what single instructions above that line show. */
void build_lint_above(struct build *build, const char *syntax, const struct error *parse_error);
void build_tell_findings(const struct build *build, size_t first);
/* The same for what the layers show, once they are made. leftovers.c collects it from the steps'
 * results: nothing of a layer is read. */
int build_lint_leftovers(struct build *build, const struct lint_leftover *leftovers, size_t n,
			 struct error *err) must_check;
int build_check_leftovers(struct build *build, struct error *err) must_check;
/*
 * remote.c: the main context, a Dockerfile given as URL, and named contexts that lie elsewhere
 * become directories of the store's tmp/ (build_open_fetched).
 */
bool build_context_is_remote(const struct build *build);
bool build_dockerfile_is_remote(const struct build *build);
int build_fetch_context(struct build *build, struct error *err) must_check;
int build_fetch_dockerfile(struct build *build, struct error *err) must_check;
int build_fetch_named(struct build *build, const char *source, struct fetched_tree *ret_tree,
		      struct error *err) must_check;
/* plan_options.source_time; the context is the build. */
int build_source_time(void *context, const char *source, const char *checksum, bool *ret_has,
		      int64_t *ret_seconds, struct error *err) must_check;
int build_open_fetched(const struct build *build, const char *path, int flags, int *ret_fd,
		       struct error *err) must_check;
/* steps.c: where secrets are found; once. */
void build_take_secrets(struct build *build);

/* failure.c: what happens behind a step that fails; an unknown stage is refused. */
int build_take_failure(struct build *build, struct error *err) must_check;

/* Settles what planning needs to know from the request. */
int build_make_options(struct build *build, struct error *err) must_check;
/*
 * How new layers are packed: as the first output that has layers wants it, so that they are
 * compressed once; other outputs are converted.
 */
const struct compression_request *build_compression(const struct build_request *request);
bool build_allows(const struct build_request *request, const char *entitlement);
bool build_rewrites_times(const struct build_request *request);
/* Finds images until the plan can be made, and makes it. */
int build_make_plan(struct build *build, struct error *err) must_check;
/* What is left out of the configurations of images, as warnings. */
void build_tell_images(const struct build *build);
/* sources.c: the context of the plan, ready to be listed. */
int build_open_context(struct build *build, size_t index, struct exec_context *ret_context,
		       struct error *err) must_check;
/* Runs the steps. */
int build_run_steps(struct build *build, struct error *err) must_check;
/* foreign.c: a RUN for a platform that this machine does not execute is refused before any runs. */
int build_check_platforms(const struct build *build, struct error *err) must_check;
/* What only one image can be handed out as is not asked of several. */
int build_check_shape(const struct build *build, struct error *err) must_check;
/* The images of the targets, in their order. */
int build_assemble(struct build *build, struct image_set *ret_set, struct error *err) must_check;
/*
 * Names, archives, directories, pushes. The images may become others of the same content; of
 * several platforms the index is made here.
 */
int build_hand_out(struct build *build, struct image_set *set, struct error *err) must_check;

/* What was written is made to last. */
int build_sync(struct build *build, const struct image_set *set, struct error *err) must_check;

#endif
