/* SPDX-License-Identifier: Apache-2.0 */
/* What the limits of a step did to it, told to whoever reads its log. */
#ifndef CBUILD_EXEC_RUN_LIMITS_H
#define CBUILD_EXEC_RUN_LIMITS_H

#include "base/buf.h"
#include "limits/limits.h"
#include "sandbox/sandbox.h"

struct job_channel;

/* Behind "exit code: 137", with a colon; nothing where memory was not the reason. */
void run_limits_explain(const struct limits *limits, const struct sandbox_result *result,
			struct buf *text);
/* What a step that went on all the same should know, and one that failed for another reason. */
void run_limits_warn(const struct limits *limits, const struct sandbox_result *result,
		     struct job_channel *channel);

#endif
