/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands that work on a store have in common: names and ids of images. */
#ifndef CBUILD_BUILD_MANAGE_FIND_H
#define CBUILD_BUILD_MANAGE_FIND_H

#include "engine.h"

#include "image/image_set.h"

/* "app" is docker.io/library/app:latest; the caller's. */
int manage_full_name(const char *name, char **ret_full, struct error *err) must_check;
/* What a name of the store stands for; 1/0/-1. */
int manage_find(const struct engine *engine, const char *name, struct image_set *ret_set,
		struct error *err) must_check;
/*
 * The image whose id (of its config, its manifest or its index) begins with these digits, four at
 * least; "sha256:" may stand before. An error where there are several. 1/0/-1
 */
int manage_find_id(const struct engine *engine, const char *text, struct image_set *ret_set,
		   struct error *err) must_check;
/* By name, else by id: 1/0/-1. */
int manage_find_any(const struct engine *engine, const char *text, struct image_set *ret_set,
		    struct error *err) must_check;

#endif
