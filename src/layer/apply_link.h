/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CBUILD_LAYER_APPLY_LINK_H
#define CBUILD_LAYER_APPLY_LINK_H

#include "apply.h"

/*
 * Another name for something of this tree: the target is looked up with the root as "/", its last
 * component is never followed. What only the layers below have is copied.
 */
int apply_hard_link(struct apply *apply, const struct tar_item *item, const char *name,
		    struct error *err) must_check;

#endif
