/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RUN for another platform than this machine's: some the processor executes all the same (386 on
 * amd64). For the rest there is no point in starting.
 */
#include "phases.h"

#include "base/alloc.h"
#include "sandbox/sandbox.h"

#include <string.h>

static bool can_run(const struct platform *wanted, const struct platform *own)
{
	if (platform_match(wanted, own))
		return true;
	return strcmp(wanted->os, own->os) == 0 && sandbox_executes(wanted->architecture);
}

static int refuse(const struct build *build, const struct step *step, struct error *err)
{
	const struct platform *own = &build->options.build_platform;
	cleanup(buf_release) struct buf wanted = BUF_INIT, have = BUF_INIT;
	size_t title = strcspn(step->title, "]");

	platform_format(&step->platform, &wanted);
	platform_format(own, &have);
	(void)error_at(
		err, ERROR_UNSUPPORTED, step->at,
		"%.*s]: this RUN is for %s, which this machine (%s) does not execute, and "
		"running under emulation is not supported yet. What helps: build on a machine "
		"of that platform, or let the stage run here and compile for the other "
		"platform: FROM --platform=$BUILDPLATFORM, with ARG TARGETARCH",
		(int)title, step->title, wanted.data, have.data);
	return -1;
}

int build_check_platforms(const struct build *build, struct error *err)
{
	const struct plan *plan = build->plan;
	const struct platform *known = &build->options.build_platform;

	for (size_t i = 0; i < plan->n_steps; i++) {
		const struct step *step = &plan->steps[i];
		if (step->kind != STEP_RUN || platform_equal(&step->platform, known))
			continue;
		if (!can_run(&step->platform, &build->options.build_platform))
			return refuse(build, step, err);
		known = &step->platform;
	}
	return 0;
}
