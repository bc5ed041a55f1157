/* SPDX-License-Identifier: Apache-2.0 */
#include "run_limits.h"

#include "job/job.h"

#include <inttypes.h>

enum { KIB = 1024, MIB = 1024 * 1024, STATUS_KILLED = 128 + 9 };

/* In the unit that it was given in, as far as that can be seen. */
static void add_memory(uint64_t bytes, struct buf *text)
{
	if (bytes % MIB == 0)
		buf_printf(text, "%" PRIu64 " MiB", bytes / MIB);
	else if (bytes % KIB == 0)
		buf_printf(text, "%" PRIu64 " KiB", bytes / KIB);
	else
		buf_printf(text, "%" PRIu64 " bytes", bytes);
}

void run_limits_explain(const struct limits *limits, const struct sandbox_result *result,
			struct buf *text)
{
	if (!result->oom_kills && result->outer_oom_kills && result->status == STATUS_KILLED) {
		buf_add_text(text, ": memory ran out in the cgroup that cbuild runs in");
		if (result->outer_memory) {
			buf_add_text(text, ", which has ");
			add_memory(result->outer_memory, text);
		}
	}
	if (!result->oom_kills)
		return;
	buf_add_text(text, ": it ran out of memory, which --memory limits to ");
	add_memory(limits->memory, text);
}

void run_limits_warn(const struct limits *limits, const struct sandbox_result *result,
		     struct job_channel *channel)
{
	cleanup(buf_release) struct buf memory = BUF_INIT;

	add_memory(limits->memory, &memory);
	if (result->oom_kills && !result->status)
		job_warn(channel,
			 "%" PRIu64 " process%s killed, because --memory limits the step to %s",
			 result->oom_kills, result->oom_kills == 1 ? " was" : "es were",
			 memory.data);
	if (result->refused_pids && limits->pids)
		job_warn(channel,
			 "no process could be made %" PRIu64
			 " times, because --pids-limit allows %" PRIu64,
			 result->refused_pids, limits->pids);
}
