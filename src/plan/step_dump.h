/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CBUILD_PLAN_STEP_DUMP_H
#define CBUILD_PLAN_STEP_DUMP_H

#include "base/json.h"
#include "plan/plan.h"

json_t *step_dump(const struct step *step);
/* {"step": 3}, {"context": 0}, or null for an empty tree. */
json_t *tree_ref_dump(const struct tree_ref *tree);
/* "linux/arm64" */
json_t *platform_text(const struct platform *platform);

#endif
