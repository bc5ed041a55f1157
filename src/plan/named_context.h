/* SPDX-License-Identifier: Apache-2.0 */
/* --build-context: what stands in place of a name that FROM, --from or a stage bears. */
#ifndef CBUILD_PLAN_NAMED_CONTEXT_H
#define CBUILD_PLAN_NAMED_CONTEXT_H

#include "plan/plan.h"

/* The context for an image or stage name on a platform, or NULL. "scratch" and "context" never
 * have one. */
const struct named_context *named_context_find(const struct plan_options *options, const char *name,
					       const struct platform *platform);
/* The value without the scheme that may stand before it. */
const char *named_context_value(const struct named_context *context);
/* The main context's directory, or NULL. */
const char *main_context_path(const struct plan_options *options);

#endif
