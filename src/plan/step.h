/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A step: one thing to do that gives a directory tree. Everything in it is expanded and complete;
 * a step names other steps by smaller index only, so the list is in dependency order and cannot
 * hold a cycle. Instructions that change only the config (ENV, LABEL, CMD ...) are no steps.
 */
#ifndef CBUILD_PLAN_STEP_H
#define CBUILD_PLAN_STEP_H

#include "base/strv.h"
#include "oci/platform.h"
#include "parser/device_flag.h"
#include "parser/dockerfile.h"
#include "parser/mount_flag.h"

enum step_kind {
	STEP_IMAGE = 1, /* the tree of a base image: its layers, nothing run */
	STEP_RUN,
	STEP_COPY, /* COPY and ADD, heredoc files included */
	STEP_WORKDIR
};

/* A tree that a step reads: an earlier step's result, a build context, or nothing. */
enum tree_kind { TREE_EMPTY = 0, TREE_STEP, TREE_CONTEXT };

struct tree_ref {
	enum tree_kind kind;
	uint32_t index; /* of the step, or of plan->contexts */
};

enum network_mode { NETWORK_DEFAULT = 0, NETWORK_NONE, NETWORK_HOST };
enum security_mode { SECURITY_SANDBOX = 0, SECURITY_INSECURE };

struct image_step {
	uint32_t image; /* index into plan->images */
};

/*
 * In the order written; applied sorted by target, so that parents come first. flag is expanded and
 * complete: target absolute and cleaned, NULL only for a secret that is a variable alone; source
 * absolute and cleaned below `from`, NULL = all of it; id always set for cache (with its namespace
 * in front, "/" + id without one), secret and ssh. flag.from is NULL: `from` says it.
 */
struct run_mount {
	struct mount_flag flag;
	struct tree_ref from; /* bind (default: the main context), cache (default: empty) */
	struct position at;
};

struct run_device {
	struct device_flag flag; /* name and whether it must be there */
	struct position at;
};

/* A file that is there while the command runs: /dev/pipes/NAME of a "#!" heredoc, mode 0755. */
struct run_file {
	const char *name;
	const char *body;
	size_t len;
};

struct run_step {
	struct words args; /* shell already in front */
	struct words env;  /* NAME=value, in the order of first appearance; PATH is always there */
	struct words proxy_env;	 /* behind env, which it overrides; not part of any key */
	const char *user;	 /* "" = root */
	const char *working_dir; /* absolute, cleaned */
	enum network_mode network;
	enum security_mode security;
	struct run_mount *mounts;
	size_t n_mounts;
	struct run_file *files;
	size_t n_files;
	const char *hostname;
	struct run_device *devices;
	size_t n_devices;
};

enum copy_source_kind { COPY_PATH = 1, COPY_INLINE, COPY_URL, COPY_GIT };

struct copy_source {
	enum copy_source_kind kind;
	const char *path; /* pattern as expanded; of INLINE the file's name; of URL and GIT the
			     address */
	const char *body; /* INLINE */
	size_t body_len;
	struct position at;
};

/* Where the words stand that an error may be about. */
struct copy_places {
	struct position from, destination, chown, checksum;
};

struct copy_step {
	bool is_add;
	struct tree_ref from; /* where COPY_PATH sources are looked up */
	struct copy_source *sources;
	size_t n_sources;
	const char *destination; /* absolute, cleaned; relative ones below the working directory */
	bool destination_is_dir; /* written with a trailing slash, or ".", or empty */
	const char *chown, *chmod; /* expanded, or NULL */
	const char *checksum;	   /* or NULL */
	struct words excludes;
	bool link, parents;
	bool keep_git_dir, has_keep_git_dir;
	bool unpack, has_unpack;
	struct copy_places at;
};

struct workdir_step {
	const char *path; /* absolute, cleaned; "/" makes nothing (WORKDIR //) */
	const char *user; /* owner of what is made */
	struct position path_at;
};

struct step {
	enum step_kind kind;
	/* In the Dockerfile; of an ONBUILD trigger the FROM line, for all words of it. */
	struct position at;
	uint32_t stage;		/* index of the stage it belongs to first */
	const char *title;	/* "[builder 2/4] RUN make" */
	const char *text;	/* "RUN make", the title without its brackets */
	struct tree_ref parent; /* the tree it changes; TREE_EMPTY = scratch */
	struct platform platform;
	uint32_t *inputs; /* every step it needs, sorted, without doubles */
	size_t n_inputs;
	bool no_cache; /* --no-cache, or its stage in --no-cache-filter */
	union {
		struct image_step image;
		struct run_step run;
		struct copy_step copy;
		struct workdir_step workdir;
	};
};

#endif
