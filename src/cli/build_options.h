/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of `cbuild build` (and parse and plan) as they are written, and what is asked by
 * them: values first, then build_settle makes the request of them.
 */
#ifndef CBUILD_CLI_BUILD_OPTIONS_H
#define CBUILD_CLI_BUILD_OPTIONS_H

#include "access_options.h"
#include "command.h"
#include "limit_options.h"
#include "progress.h"

#include <stdint.h>

struct build_request;

enum on_error { ON_ERROR_END = 0, ON_ERROR_SHELL };

struct build_values {
	struct common_values common;
	struct access_values access;
	bool wants_version;
	/* inputs */
	char *call;
	bool checks;
	char *dockerfile, *context, *context_sub_path, *ignore_file, *target;
	struct strv build_args, build_arg_files, build_contexts, platforms, secrets, ssh, allow;
	int pull;
	bool pull_always, pull_never;
	int network;
	struct strv add_hosts, dns, dns_searches, dns_options;
	int isolation;
	int security;
	struct strv security_opts, added_capabilities, dropped_capabilities;
	struct limit_values limits;
	/* cache */
	bool no_cache, uses_cache, verify_cache;
	struct strv no_cache_filter;
	/* outputs */
	struct strv tags, destinations, outputs, labels, annotations;
	bool push, no_push, load;
	char *tar_path, *oci_layout_path;
	char *iid_file, *raw_iid_file, *metadata_file, *digest_file;
	char *name_digest_file, *name_tag_digest_file;
	int format;
	int compression;
	char *compression_level;
	bool force_compression, disable_compression;
	char *epoch;
	bool reproducible;
	int rewrite_timestamp; /* -1 = not said */
	/* how */
	int on_error;
	struct strv export_on_failure;
	int progress, log_format, verbosity;
	bool quiet, debug;
	char *log_file;
	unsigned jobs;
	int64_t timeout, stop_grace;
};

/* The defaults that are not zero. */
void build_values_init(struct build_values *values);
void build_values_release(struct build_values *values);
DEFINE_RELEASE(struct build_values, build_values_release);

extern const struct option_table *const build_tables[];
/* One of them: Dockerfile, context, arguments; for commands that build nothing. */
extern const struct option_table build_input_table;
/* One of them: of a RUN. */
extern const struct option_table limit_table;
/* One of them: what other builders have and this one has not. */
extern const struct option_table peer_table;

/*
 * The request, with everything settled that depends on other options, the environment or the clock.
 * Lines to be said are added to *lines.
 */
int build_settle(const struct build_values *values, const struct strv *operands, struct strv *lines,
		 struct build_request *ret_request, struct error *err) must_check;

/*
 * --call, --check: what is asked instead of a build. parse: the method's word and its fields;
 * CALL_BUILD where neither was given.
 */
enum call_kind { CALL_BUILD = 0, CALL_CHECK, CALL_OUTLINE, CALL_TARGETS, CALL_DESCRIBE };

struct call_method {
	enum call_kind kind;
	bool is_json;
	bool ignores_status;
};

int call_method_parse(const struct build_values *values, struct call_method *ret_method,
		      struct error *err) must_check;
/* Answers; the exit status, or -1. */
int call_run(const struct build_values *values, struct option_result *options,
	     const struct call_method *method, struct error *err) must_check;

/* Which drawer: --progress, --quiet, --log-format and their like; one that there is. */
enum progress_style build_progress_style(const struct build_values *values);

#endif
