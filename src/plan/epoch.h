/* SPDX-License-Identifier: Apache-2.0 */
/* SOURCE_DATE_EPOCH: where its value comes from, and what it may be (dockerfile-language 4.6). */
#ifndef CBUILD_PLAN_EPOCH_H
#define CBUILD_PLAN_EPOCH_H

#include "build_args.h"

struct epoch {
	bool is_set;
	int64_t seconds;
};

/*
 * The caller's (options->has_epoch), else --build-arg, else a global ARG. What it comes to replaces
 * the argument's value in both tables.
 */
int epoch_resolve(const struct dockerfile *dockerfile, const struct plan_options *options,
		  struct build_args *args, struct name_table *globals, struct arena *arena,
		  struct epoch *ret_epoch, struct error *err) must_check;

#endif
