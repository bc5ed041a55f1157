/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan: what is to be done, as one value. A pure function of the AST, the arguments and the
 * configs of the base images; printable as JSON; never written again.
 *
 * Making one takes two phases, since a plan needs the configs of the images that the Dockerfile
 * names, and ONBUILD triggers in them may name new ones:
 *
 *	plan_needs(dockerfile, options, lookup) -> the references still unknown; resolve them
 *	... until none is left ...
 *	plan_make(dockerfile, options, lookup)  -> the plan
 *
 * Only stages that the target needs are expanded, resolved or planned.
 */
#ifndef CBUILD_PLAN_PLAN_H
#define CBUILD_PLAN_PLAN_H

#include "base/arena.h"
#include "base/error.h"
#include "base/error_list.h"
#include "base/json.h"
#include "oci/config.h"
#include "oci/platform.h"
#include "parser/dockerfile.h"
#include "plan/facts.h"
#include "plan/step.h"

#define NO_STEP UINT32_MAX

/* --build-context NAME=VALUE, and the main context (name NULL, value a directory). */
enum named_context_kind {
	NAMED_DIRECTORY = 1, /* files, here or to be fetched; a plan_context */
	NAMED_IMAGE,	     /* docker-image://REF: an image in place of the name */
	NAMED_LAYOUT,	     /* oci-layout://PATH[:TAG][@DIGEST]: the same, out of a layout */
	NAMED_TARGET	     /* target:STAGE: another stage of the Dockerfile */
};

struct named_context {
	const char *name; /* familiar, without ":latest"; "name::os/arch" wins over "name" */
	enum named_context_kind kind;
	const char *value; /* host path, or reference, or path of the layout */
};

struct plan_options {
	const char *target;	     /* or NULL: the last stage */
	struct strv build_args;	     /* NAME=value; without "=" was settled by the caller */
	struct strv labels;	     /* NAME=value, the final image's */
	struct strv no_cache_filter; /* stage names */
	bool no_cache;
	struct platform *platforms; /* of --platform; n 0 = this machine's, not asked for */
	size_t n_platforms;
	struct platform build_platform;
	const struct named_context *contexts;
	size_t n_contexts;
	enum network_mode network; /* build-wide */
	bool allows_host_network;
	bool allows_insecure;
	struct strv allowed_devices; /* names, "" = every device */
	bool has_epoch;
	int64_t epoch; /* SOURCE_DATE_EPOCH, resolved by the caller from environment or build arg */
	bool context_has_time; /* the main context was fetched: of its commit, or last modified */
	int64_t context_time;  /* seconds */
	/*
	 * The time of another source that is fetched, for SOURCE_DATE_EPOCH: *ret_has is false
	 * where it has none. NULL = nothing can be fetched. `source` is a URL or git reference,
	 * `checksum` what ADD --checksum says of it, or NULL.
	 */
	int (*source_time)(void *context, const char *source, const char *checksum, bool *ret_has,
			   int64_t *ret_seconds, struct error *err);
	void *source_time_context;
	/*
	 * All errors that do not depend on each other go here, and planning goes on after one as
	 * long as that makes sense; NULL = the first is enough. Empty at the start.
	 */
	struct error_list *errors;
	/*
	 * To be checked, not to be built: every stage is planned where there is no target, and what
	 * cannot be done here is no error.
	 */
	bool is_check;
	/* Where to put what is noticed on the way, or NULL; each phase starts it anew. */
	struct plan_facts *facts;
};

/* An image that the plan reads, by what was written and for which platform. */
struct plan_image {
	const char *reference; /* normalised, or "oci-layout://..." of a named context */
	const char *written;   /* as the Dockerfile has it */
	struct platform platform;
	struct position at;
	const struct image_config *config; /* what the lookup gave; borrowed */
};

/*
 * The caller's knowledge of images. find: 1 and a config that lives as long as the plan, 0 when it
 * has not been asked for yet. Fake ones serve the tests.
 */
struct image_lookup {
	int (*find)(void *context, const char *reference, const struct platform *platform,
		    const struct image_config **ret_config);
	void *context;
};

/* A directory that COPY, ADD and bind mounts read. contexts[0] is the main one. */
struct plan_context {
	const char *name;      /* NULL = the main context */
	const char *host_path; /* or a URL, or a git reference */
};

/*
 * One entry of the final history. Base entries come first, whole. A new one has the time of its
 * layer, or of the next layer: that is known after the steps ran (image_assemble).
 */
struct plan_history {
	bool is_base;
	uint32_t base_index;	/* into the base config's history */
	const char *created_by; /* new entries */
	const char *author;	/* or NULL */
	const char *comment;	/* "buildkit.dockerfile.v0", or of a layer without instruction */
	uint32_t step;		/* the step that makes its layer, or NO_STEP for an empty layer */
};

struct plan_target {
	struct platform platform;
	/* Complete but for created, rootfs and history. */
	struct image_config *config;
	struct tree_ref tree; /* the last step's, or TREE_EMPTY of an image without layers */
	struct plan_history *history;
	size_t n_history;
	uint32_t base_image; /* index into images, or NO_STEP for scratch */
};

struct plan_warning {
	struct position at;
	char *text; /* in the arena */
};

struct plan {
	struct arena arena;
	struct plan_image *images;
	size_t n_images;
	struct plan_context *contexts;
	size_t n_contexts;
	struct step *steps;
	size_t n_steps;
	struct plan_target *targets; /* one per platform, in the order asked for */
	size_t n_targets;
	bool is_multi_platform; /* the result is an index, be it of one image */
	struct plan_warning *warnings;
	size_t n_warnings;
	bool has_epoch;
	int64_t epoch;
};

/*
 * Which images must be known before plan_make can succeed: appends to *images (arena memory) those
 * that lookup does not know. 0 of them = ready. The caller's vec of plan_image, without config.
 */
struct plan_needs {
	struct arena arena;
	struct plan_image *images;
	size_t n_images;
	bool is_multi_platform;
};
void plan_needs_release(struct plan_needs *needs);
DEFINE_RELEASE(struct plan_needs, plan_needs_release);
int plan_find_needs(const struct dockerfile *dockerfile, const struct plan_options *options,
		    const struct image_lookup *lookup, struct plan_needs *ret_needs,
		    struct error *err) must_check;

int plan_make(const struct dockerfile *dockerfile, const struct plan_options *options,
	      const struct image_lookup *lookup, struct plan **ret_plan, struct error *err)
	must_check;
void plan_free(struct plan *plan);
DEFINE_CLEANUP(struct plan *, plan_free);

/* The plan as JSON, for `cbuild plan` and the golden tests. The caller's. */
json_t *plan_dump(const struct plan *plan);

#endif
