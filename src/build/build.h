/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A build, from request to result: read the Dockerfile, parse, find the images, plan, run the
 * steps, put the image together, hand it to the outputs. Nothing here prints; what happens is said
 * through the sink, what came out is a value.
 */
#ifndef CBUILD_BUILD_BUILD_H
#define CBUILD_BUILD_BUILD_H

#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/error_list.h"
#include "base/strv.h"
#include "build/request.h"
#include "event/event.h"
#include "lint/lint.h"
#include "plan/plan.h"
#include "plan/stage_view.h"

/* One line of the metadata file's step list. */
struct build_step {
	char *title;
	struct digest key;
	bool is_cached;
	int64_t milliseconds;
	uint64_t layer_size;
	uint64_t n_members, n_reused; /* of the layer; those that an earlier one gave */
};

struct build_result {
	/* As far as the build came; for the report of an error. */
	char *dockerfile_name;
	struct buf dockerfile;
	char *failed_step; /* title, or NULL */
	/* All that parser or planner found, where that is more than the one error. */
	struct error_list errors;
	/* What the rules of lint/ found; told as warnings when it is known. */
	struct lint_findings findings;

	bool has_image;
	/* of several platforms: of the index, and no config (the digest is zero) */
	struct digest manifest_digest, config_digest;
	uint64_t manifest_size;
	char *media_type;   /* of the manifest */
	char *platform;	    /* linux/amd64; NULL of an index */
	struct strv names;  /* full references that point to it now */
	struct strv pushed; /* full references that were pushed */
	struct build_step *steps;
	size_t n_steps;
};

/* What docker calls the image: its config, or where there are several the index. */
const struct digest *build_result_id(const struct build_result *result);

#define BUILD_RESULT_INIT              \
	{                              \
		.dockerfile = BUF_INIT \
	}

void build_result_release(struct build_result *result);
DEFINE_RELEASE(struct build_result, build_result_release);

/* *result is filled as far as it came also when this fails. */
int build_run(const struct build_request *request, const struct event_sink *sink,
	      struct build_result *result, struct error *err) must_check;

/* The AST and the plan without running anything; what `cbuild parse` and `cbuild plan` print. */
int build_parse(const struct build_request *request, struct build_result *result,
		struct dockerfile **ret_dockerfile, struct error *err) must_check;
/* Is the context one that has to be fetched? */
bool build_request_is_remote(const struct build_request *request);
/*
 * The context with its ignore rules, fetched if need be, as `cbuild context` looks into it: `look`
 * is called with it once, and its result handed back.
 */
struct context;
typedef int context_look(void *arg, const struct context *context, struct error *err);
int build_look_at_context(const struct build_request *request, struct build_result *result,
			  context_look *look, void *arg, struct error *err) must_check;
/* The stages as a picture shows them (stage_view_release); nothing is asked of store or network. */
int build_view(const struct build_request *request, struct build_result *result,
	       struct stage_view *ret_view, struct error *err) must_check;
/*
 * What the rules find in result->findings, without running anything. An error that a build would
 * end with does not end a check: it is handed out in *ret_build_error (code ERROR_NONE: none), and
 * what was found until then stands.
 */
struct build_check {
	bool with_own_rules;
	struct error build_error;
	struct plan_facts facts;       /* for outlines */
	struct dockerfile *dockerfile; /* NULL where it did not parse */
};

#define BUILD_CHECK_INIT                 \
	{                                \
		.facts = PLAN_FACTS_INIT \
	}

void build_check_release(struct build_check *check);
DEFINE_RELEASE(struct build_check, build_check_release);
int build_run_check(const struct build_request *request, const struct event_sink *sink,
		    struct build_result *result, struct build_check *check, struct error *err)
	must_check;
/* The plan as JSON (plan_dump); the caller's. */
int build_plan(const struct build_request *request, const struct event_sink *sink,
	       struct build_result *result, json_t **ret_dump, struct error *err) must_check;

#endif
