/* SPDX-License-Identifier: Apache-2.0 */
/* --output: "DIR", "-", or "type=oci,dest=out.tar,...", read into one output of the request. */
#ifndef CBUILD_CLI_OUTPUT_OPTION_H
#define CBUILD_CLI_OUTPUT_OPTION_H

#include "base/error.h"
#include "base/strv.h"
#include "build/request.h"

/*
 * Appends to request->outputs; what the text leaves open is taken from the request, whose other
 * fields are settled already. Lines to be said are added to *lines.
 */
int output_option_add(struct build_request *request, const char *text, struct strv *lines,
		      struct error *err) must_check;
/* "gzip 0 to 9": of --compression-level and compression-level=. */
int compression_level_parse(const char *text, enum layer_compression kind, int *ret_level,
			    struct error *err) must_check;
/* Full references, one a name in the comma list. */
int names_add(const char *text, struct strv *names, struct error *err) must_check;

#endif
