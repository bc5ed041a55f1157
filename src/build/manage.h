/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the other commands do with a store: look at images, name them, push them, check and prune.
 * Each opens the store for itself; texts are for the caller to print.
 */
#ifndef CBUILD_BUILD_MANAGE_H
#define CBUILD_BUILD_MANAGE_H

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/strv.h"
#include "event/event.h"
#include "oci/platform.h"
#include "transfer/access.h"

struct image_summary {
	char *name;				      /* full reference, or NULL */
	struct digest manifest_digest, config_digest; /* of an index its own, twice */
	char *created;				      /* RFC 3339, or "" */
	uint64_t size;				      /* of its blobs together */
	char *platform;				      /* "linux/amd64", of an index with commas */
};

struct image_summaries {
	struct image_summary *items;
	size_t len;
};

void image_summaries_release(struct image_summaries *summaries);
DEFINE_RELEASE(struct image_summaries, image_summaries_release);

int manage_images(const char *root, struct image_summaries *ret_images, struct error *err)
	must_check;
/*
 * docker's inspect document of one image: a JSON object. 1/0/-1; the caller's. Of an index the
 * image for `platform`, or where that is NULL this machine's, else the first.
 */
int manage_inspect(const char *root, const char *name, const struct platform *platform,
		   json_t **ret_document, struct error *err) must_check;
int manage_tag(const char *root, const char *source, const struct strv *names, struct error *err)
	must_check;
/*
 * Removes a name, or by its id all names of an image (more than one with `force` only): they are
 * added to *ret_names. The blobs go with the next prune. 1 removed, 0 not there.
 */
int manage_rmi(const char *root, const char *name, bool force, struct strv *ret_names,
	       struct error *err) must_check;
/* *ret_lines: "NAME: digest: sha256:... size: N" per reference. */
int manage_push(const char *root, const struct strv *names, const struct registry_access *access,
		const struct event_sink *sink, struct strv *ret_lines, struct error *err)
	must_check;

struct prune_options {
	bool all;	    /* everything that no tag and no running build needs */
	int64_t older_than; /* seconds since last use; 0 = any age */
	bool is_dry_run;
};

struct prune_result {
	uint64_t n_records, n_snapshots, n_blobs, bytes;
};

int manage_prune(const char *root, const struct prune_options *options,
		 struct prune_result *ret_result, struct error *err) must_check;
/* Removes the whole store, refusing while a build runs on it. */
int manage_reset(const char *root, struct error *err) must_check;

/*
 * Checks every blob, record, member index and snapshot. Says each finding as one line; 0 findings
 * = clean. Repairs nothing. Snapshots of all modes are checked as far as this one can read them;
 * what could not be checked is a note.
 */
int manage_fsck(const char *root, struct strv *ret_findings, struct strv *ret_notes,
		struct error *err) must_check;

enum { DOCTOR_MODES = 5 };

struct doctor_mode {
	const char *name; /* as --isolation has it */
	bool is_possible;
	struct strv missing; /* each a thing to grant, set or install */
};

struct doctor_report {
	const char *chosen; /* by a build that is not told */
	bool can_run;	    /* at least one mode runs steps */
	struct doctor_mode modes[DOCTOR_MODES];
	size_t n_modes;
	char *kernel, *store;
	char *snapshots;     /* how that store would keep them; NULL: that could not be found out */
	char *no_snapshots;  /* and then why */
	const char *network; /* the program that would connect a private network of RUN; or NULL */
	char *no_network;    /* and then why */
	int landlock;	     /* version; 0 = none */
};

void doctor_report_release(struct doctor_report *report);
DEFINE_RELEASE(struct doctor_report, doctor_report_release);

/* Tries everything; the store is not opened, but a folder beside it made and removed. */
int manage_doctor(const char *root, struct doctor_report *ret_report, struct error *err) must_check;

/* The default store: root's, $XDG_DATA_HOME, HOME, or $TMPDIR/cbuild-UID (then *ret_note says so).
 */
int manage_default_root(char **ret_root, char **ret_note, struct error *err) must_check;

#endif
