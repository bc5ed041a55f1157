/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was asked of a build, as one plain value: options and settings are already merged, texts
 * are checked for their own grammar (a number is a number, a tag a tag), and nothing has been
 * opened or looked up. Strings belong to the request. What is made of struct build_result
 * afterwards
 * (--iidfile, --metadata-file, --digest-file, -q) and how progress is drawn is the caller's affair.
 */
#ifndef CBUILD_BUILD_REQUEST_H
#define CBUILD_BUILD_REQUEST_H

#include "base/strv.h"
#include "image/resolve.h"
#include "limits/limits.h"
#include "network/names.h"
#include "oci/manifest.h"
#include "oci/platform.h"
#include "plan/step.h"
#include "sandbox/policy.h"
#include "sandbox/spec.h"
#include "transfer/access.h"

#include <stdbool.h>
#include <stdint.h>

enum output_type {
	OUTPUT_IMAGE = 1, /* the local store; with push the registry too (type=registry) */
	OUTPUT_OCI,	  /* archive, or layout directory */
	OUTPUT_DOCKER,	  /* the same with manifest.json, as docker load reads it */
	OUTPUT_LOCAL,	  /* the files, as a directory */
	OUTPUT_TAR,	  /* the files, as a tar */
	OUTPUT_CACHEONLY
};

enum image_format { IMAGE_FORMAT_OCI = 0, IMAGE_FORMAT_DOCKER };

/* Of layers made here; base layers stay as they are, unless `is_forced`. */
struct compression_request {
	enum layer_compression kind;
	int level; /* -1 = the default of the kind */
	bool is_forced;
};

/* One --output. Everything here is settled: what the CSV left out was taken from the request. */
struct output_request {
	enum output_type type;
	char *dest;	   /* host path, "-" = stdout (tar kinds), NULL for images */
	struct strv names; /* full references it gets; name=..., else the tags */
	bool push;
	bool push_by_digest;
	bool is_directory; /* OUTPUT_OCI, OUTPUT_DOCKER with tar=false */
	enum image_format format;
	struct compression_request compression;
	bool rewrites_times; /* file times in new layers are clamped to the epoch */
	bool has_epoch;
	int64_t epoch;
	struct strv annotations;				     /* [TYPE[,TYPE]:]KEY=VALUE */
	enum { SPLIT_AUTO = 0, SPLIT_YES, SPLIT_NO } platform_split; /* OUTPUT_LOCAL, OUTPUT_TAR */
};

enum secret_kind { SECRET_FILE = 1, SECRET_ENV };

/* Only where it comes from; the value is read in the job of the step that uses it. */
struct secret_request {
	char *id;
	enum secret_kind kind;
	char *source; /* host path, or the variable's name */
};

/* One --export-on-failure. */
struct failed_files_request {
	char *stage; /* its name or number */
	char *path;  /* in the step, absolute */
	char *dest;  /* host path, absolute */
};

/* One --ssh: the socket of an agent, or files of private keys; absolute. */
struct ssh_request {
	char *id;
	struct strv paths;
};

struct build_request {
	/* Inputs. */
	char *context;		/* directory, URL, or "-" */
	char *context_sub_path; /* directory within it, or NULL */
	char *dockerfile;	/* -f: host path, "-" or URL; NULL = Dockerfile of the context */
	char *ignore_file;	/* host path, or NULL = the usual ones */
	char *target;		/* stage, or NULL = the last */
	struct strv
		build_args; /* NAME=value, each name once; bare names were settled; the proxy
			       variables and SOURCE_DATE_EPOCH of the environment are here too */
	struct strv build_contexts; /* NAME=value */
	struct platform *platforms; /* 0 of them = this machine's */
	size_t n_platforms;
	struct secret_request *secrets;
	size_t n_secrets;
	struct ssh_request *ssh;
	size_t n_ssh;
	struct failed_files_request *failed_files;
	size_t n_failed_files;
	bool has_failed_shell; /* --on-error=shell: standard input and output are a terminal */
	enum pull_policy pull;
	enum network_mode network;
	struct name_settings names; /* of RUN */
	struct strv
		allow; /* entitlements: network.host, security.insecure, device, secret-leak... */

	/* Cache. */
	bool no_cache;
	struct strv no_cache_filter; /* stage names */
	bool verify_cache;

	/* What comes out. */
	struct strv tags;		/* full references, docker.io/library/app:latest */
	struct strv labels;		/* KEY=value */
	struct strv annotations;	/* [TYPE[,TYPE]:]KEY=VALUE */
	struct output_request *outputs; /* 0 of them = the image, in the store */
	size_t n_outputs;
	bool push; /* every tag, whatever the outputs say */
	bool load; /* into the Docker engine that answers */
	enum image_format format;
	struct compression_request compression;
	bool has_epoch;
	int64_t epoch; /* SOURCE_DATE_EPOCH, seconds */
	bool rewrites_times;

	/* How. */
	struct registry_access access;
	char *root; /* the store, or NULL = manage_default_root */
	enum sandbox_isolation isolation;
	struct sandbox_policy policy; /* of every RUN; checked */
	struct limits limits;	      /* of each RUN */
	unsigned jobs;		      /* at least 1 */
	uint64_t deadline;	      /* CLOCK_MONOTONIC nanoseconds; 0 = none */
	int64_t stop_grace_ns;
	int signal_fd; /* INT, TERM and HUP as signalfd; -1 = none */
};

void build_request_release(struct build_request *request);
DEFINE_RELEASE(struct build_request, build_request_release);

#endif
