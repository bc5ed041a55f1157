/* SPDX-License-Identifier: Apache-2.0 */
/* What packing from entries and packing from a tar have in common: options made definite. */
#ifndef CBUILD_LAYER_PACKING_H
#define CBUILD_LAYER_PACKING_H

#include "layer/pack.h"

/* Level and number of threads as they will be used; ERROR_USAGE for a level that is none. */
int pack_options_resolve(const struct pack_options *options, struct pack_options *ret_options,
			 struct error *err) must_check;

#endif
