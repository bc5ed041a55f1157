/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The image config (OCI image-spec config.md, with Docker's extensions Healthcheck, OnBuild, Shell,
 * ArgsEscaped). Keys that this does not know are dropped, as BuildKit does. Encoding: top-level
 * keys sorted, empty values omitted, as BuildKit writes them.
 */
#ifndef CBUILD_OCI_CONFIG_H
#define CBUILD_OCI_CONFIG_H

#include "base/digest.h"
#include "base/json.h"
#include "base/strv.h"
#include "oci/platform.h"

enum { CONFIG_SIZE_MAX = 4 * 1024 * 1024, HISTORY_MAX = 65536 };

struct healthcheck {
	struct strv test;
	int64_t interval, timeout, start_period, start_interval; /* nanoseconds */
	int64_t retries;
};

struct history_entry {
	char *created; /* RFC 3339, or NULL */
	char *created_by;
	char *author;
	char *comment;
	bool empty_layer;
};

struct image_config {
	struct platform platform;
	char *author;  /* or NULL */
	char *created; /* or NULL */

	char *user;
	struct strv exposed_ports; /* "80/tcp", sorted when encoded */
	struct strv env;
	struct strv entrypoint, cmd;
	bool has_entrypoint, has_cmd; /* set though empty: "CMD []" */
	struct strv volumes;	      /* sorted when encoded */
	char *working_dir;
	struct strv
		labels; /* name, value, name, value ...; a name appears once; sorted when encoded */
	char *stop_signal;
	bool args_escaped;
	struct healthcheck *healthcheck; /* or NULL */
	struct strv on_build;
	struct strv shell;

	struct digest *diff_ids;
	size_t n_diff_ids;
	struct history_entry *history;
	size_t n_history;

	/* What decoding left out, in words, for the user to see; never encoded. */
	struct strv warnings;
};

struct image_config *image_config_new(void);
void image_config_free(struct image_config *config);
DEFINE_CLEANUP(struct image_config *, image_config_free);
struct image_config *image_config_dup(const struct image_config *config);

/*
 * Strict in types; what is merely unusable is left out with a warning: Env entries without a name
 * (they would pull in the host's variables elsewhere, CVE-2026-57231), and labels under the
 * reserved prefix "io.cbuild.".
 */
int image_config_decode(const char *text, size_t len, struct image_config **ret_config,
			struct error *err) must_check;
/*
 * ERROR_CORRUPT unless there are as many diff_ids as the image has layers, and no more entries of
 * history with a layer than that.
 */
int image_config_check_layers(const struct image_config *config, size_t n_layers, struct error *err)
	must_check;
/* Compact JSON as Go's encoder writes it, but for its HTML escapes. */
void image_config_encode(const struct image_config *config, struct buf *buf);

void image_config_add_diff_id(struct image_config *config, const struct digest *diff_id);
/* The strings are copied; NULL stays NULL. */
void image_config_add_history(struct image_config *config, const struct history_entry *entry);

/*
 * chain_id(L0) = diff_id(L0); chain_id(L0..Ln) = sha256(chain_id(L0..Ln-1) + " " + diff_id(Ln)).
 * With no parent (NULL) it is the diff_id.
 */
struct digest chain_id_extend(const struct digest *parent, const struct digest *diff_id);

#endif
