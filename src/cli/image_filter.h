/* SPDX-License-Identifier: Apache-2.0 */
/* `cbuild images --filter`: docker's conditions. Of one kind any will do,
 * but of labels all; all kinds must hold. */
#ifndef CBUILD_CLI_IMAGE_FILTER_H
#define CBUILD_CLI_IMAGE_FILTER_H

#include "base/error.h"
#include "base/strv.h"
#include "build/manage.h"

/* Leaves in *images what fits; `pattern` is the command's own operand, or NULL. */
int image_filter_apply(const char *root, const struct strv *filters, const char *pattern,
		       struct image_summaries *images, struct error *err) must_check;
/* "app" and "v1" of docker.io/library/app:v1. */
void image_name_split(const char *name, struct buf *repository, struct buf *tag);

#endif
