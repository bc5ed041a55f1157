/* SPDX-License-Identifier: Apache-2.0 */
/* As docker writes and reads them; errors name the option. */
#include "limit_options.h"

#include "build_options.h"

#include "base/alloc.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define AT(field) offsetof(struct build_values, limits.field)

enum { STRICT, BEST_EFFORT };

static const struct option_choice effort_choices[] = {
	{ "strict", STRICT },
	{ "best-effort", BEST_EFFORT },
	{ NULL, 0 },
};

static const struct option rows[] = {
	OPTION_ROW("memory", 'm', OPTION_TEXT, AT(memory), "SIZE",
		   "memory of one RUN (512m, 2g); beyond it is killed, and the error says so"),
	OPTION_ROW("memory-swap", 0, OPTION_TEXT, AT(memory_swap), "SIZE",
		   "memory and swap together, -1 is without limit; twice --memory"),
	OPTION_ROW("cpus", 0, OPTION_TEXT, AT(cpus), "N", "processors of one RUN (1.5)"),
	OPTION_ROW("cpu-shares", 'c', OPTION_TEXT, AT(cpu_shares), "N",
		   "share of the processors when all are busy; 1024"),
	OPTION_ROW("cpu-period", 0, OPTION_TEXT, AT(cpu_period), "MICROSECONDS",
		   "with --cpu-quota, what --cpus sets; 100000"),
	OPTION_ROW("cpu-quota", 0, OPTION_TEXT, AT(cpu_quota), "MICROSECONDS",
		   "processor time in each period"),
	OPTION_ROW("cpuset-cpus", 0, OPTION_TEXT, AT(cpuset_cpus), "LIST",
		   "the processors that may be used (0-2,4)"),
	OPTION_ROW("cpuset-mems", 0, OPTION_TEXT, AT(cpuset_mems), "LIST", "the memory nodes"),
	OPTION_ROW("pids-limit", 0, OPTION_TEXT, AT(pids), "N",
		   "processes of one RUN, -1 is without limit; 8192 where it can be had"),
	OPTION_ROW("ulimit", 0, OPTION_LIST, AT(ulimits), "NAME=SOFT[:HARD]",
		   "limit of each process: nofile, nproc, core, ...; -1 is without limit"),
	OPTION_ROW("shm-size", 0, OPTION_TEXT, AT(shm_size), "SIZE", "size of /dev/shm; 64m"),
	OPTION_ROW("step-log-limit", 0, OPTION_TEXT, AT(step_log), "SIZE",
		   "of what one RUN prints so much is shown, and its end if it fails; 1g, 0: all"),
	OPTION_ROW("resource", 0, OPTION_LIST, AT(resources), "KEY=VALUE[,...]",
		   "buildx's: memory, memory-swap, cpu-shares, cpu-period, cpu-quota, "
		   "cpuset-cpus, cpuset-mems"),
	OPTION_ROW("cgroup-parent", 0, OPTION_TEXT, AT(cgroup_parent), "PATH",
		   "make the cgroups of steps below this one; cbuild's own"),
	OPTION_ROW("limits", 0, OPTION_CHOICE, AT(effort), "strict|best-effort",
		   "best-effort: what cannot be enforced here is told, no error",
		   .choices = effort_choices),
};

const struct option_table limit_table = { "Limits of a RUN", rows, countof(rows) };

void limit_values_release(struct limit_values *values)
{
	char *texts[] = { values->memory,      values->memory_swap,   values->cpus,
			  values->cpu_period,  values->cpu_quota,     values->cpu_shares,
			  values->cpuset_cpus, values->cpuset_mems,   values->pids,
			  values->shm_size,    values->cgroup_parent, values->step_log };

	for (size_t i = 0; i < countof(texts); i++)
		free(texts[i]);
	strv_release(&values->ulimits);
	strv_release(&values->resources);
}

/* --- numbers ------------------------------------------------------------------------------------
 */

enum {
	MEMORY_MIN = 6 * 1024 * 1024, /* docker's */
	PERIOD_DEFAULT = 100000,
	PERIOD_MIN = 1000, /* the kernel's */
	PERIOD_MAX = 1000000,
	QUOTA_MIN = 1000,
	SHARES_MIN = 2,
	SHARES_MAX = 262144,
	STEP_LOG_DEFAULT = 1024 * 1024 * 1024,
	PIDS_MAX = 4194304,
	CPUS_MAX = 65536
};

static int fail(const char *option, const char *value, const char *reason, struct error *err)
{
	return error_set(err, ERROR_USAGE, "--%s '%.100s': %s", option, value, reason);
}

static bool is_unlimited(const char *text)
{
	return strcmp(text, "-1") == 0;
}

static int read_size(const char *option, const char *text, uint64_t *ret_bytes, struct error *err)
{
	struct error cause;

	if (text_parse_size(text, ret_bytes, &cause) < 0)
		return fail(option, text, "not a size (512m, 2g)", err);
	return 0;
}

static int read_number(const char *option, const char *text, uint64_t min, uint64_t max,
		       uint64_t *ret_number, struct error *err)
{
	struct error cause;
	uint64_t number;

	if (text_parse_unsigned(text, UINT64_MAX / 2, &number, &cause) < 0)
		return fail(option, text, "not a number", err);
	if (number < min || number > max) {
		cleanup(buf_release) struct buf range = BUF_INIT;
		buf_printf(&range, "from %llu to %llu", (unsigned long long)min,
			   (unsigned long long)max);
		return fail(option, text, range.data, err);
	}
	*ret_number = number;
	return 0;
}

/* --- the options --------------------------------------------------------------------------------
 */

static int settle_memory(const struct limit_values *values, struct limits *limits,
			 struct error *err)
{
	const char *swap = values->memory_swap;

	if (values->memory && read_size("memory", values->memory, &limits->memory, err) < 0)
		return -1;
	if (limits->memory && limits->memory < MEMORY_MIN)
		return fail("memory", values->memory, "at least 6m", err);
	if (!swap || strcmp(swap, "0") == 0)
		return 0;
	if (!limits->memory)
		return fail("memory-swap", swap, "needs --memory", err);
	if (is_unlimited(swap)) {
		limits->memory_swap = LIMITS_UNLIMITED;
		return 0;
	}
	if (read_size("memory-swap", swap, &limits->memory_swap, err) < 0)
		return -1;
	if (limits->memory_swap < limits->memory)
		return fail("memory-swap", swap, "it counts both, so at least --memory", err);
	return 0;
}

/* "1.5", to a quota of the usual period. */
static int settle_cpus(const struct limit_values *values, struct limits *limits, struct error *err)
{
	const char *text = values->cpus;
	char *end;

	if (values->cpu_period || values->cpu_quota)
		return fail("cpus", text, "sets --cpu-quota and --cpu-period by itself", err);
	double cpus = strtod(text, &end);
	if (end == text || *end || strspn(text, "0123456789.") != strlen(text) || !isfinite(cpus) ||
	    cpus > CPUS_MAX)
		return fail("cpus", text, "not a number of processors", err);
	if (cpus == 0) /* exactly: docker's "without limit" */
		return 0;
	if (cpus * PERIOD_DEFAULT < QUOTA_MIN)
		return fail("cpus", text, "at least 0.01", err);
	limits->cpu_period = PERIOD_DEFAULT;
	limits->cpu_quota = (uint64_t)(cpus * PERIOD_DEFAULT);
	return 0;
}

static bool is_given(const char *text)
{
	return text && strcmp(text, "0") != 0;
}

static int settle_cpu(const struct limit_values *values, struct limits *limits, struct error *err)
{
	if (values->cpus && settle_cpus(values, limits, err) < 0)
		return -1;
	if (is_given(values->cpu_period) &&
	    read_number("cpu-period", values->cpu_period, PERIOD_MIN, PERIOD_MAX,
			&limits->cpu_period, err) < 0)
		return -1;
	if (is_given(values->cpu_quota) && !is_unlimited(values->cpu_quota) &&
	    read_number("cpu-quota", values->cpu_quota, QUOTA_MIN, UINT64_MAX / 4,
			&limits->cpu_quota, err) < 0)
		return -1;
	if (!is_given(values->cpu_shares))
		return 0;
	return read_number("cpu-shares", values->cpu_shares, SHARES_MIN, SHARES_MAX,
			   &limits->cpu_shares, err);
}

/* "0-2,4" */
static int settle_list(const char *option, const char *text, char **ret_list, struct error *err)
{
	if (!text || !*text)
		return 0;
	for (const char *at = text; *at;) {
		unsigned first, last;
		int len = 0;
		if (sscanf(at, "%5u%n", &first, &len) != 1 || !text_is_digit(*at))
			return fail(option, text, "not a list (0-2,4)", err);
		at += len;
		last = first;
		if (*at == '-' && (!text_is_digit(at[1]) ||
				   sscanf(at + 1, "%5u%n", &last, &len) != 1 || last < first))
			return fail(option, text, "not a list (0-2,4)", err);
		at += *at == '-' ? len + 1 : 0;
		if (*at && (*at != ',' || !at[1]))
			return fail(option, text, "not a list (0-2,4)", err);
		at += *at == ',';
	}
	*ret_list = xstrdup(text);
	return 0;
}

static int settle_rest(const struct limit_values *values, struct limits *limits, struct error *err)
{
	const char *parent = values->cgroup_parent;

	if (values->shm_size && read_size("shm-size", values->shm_size, &limits->shm_size, err) < 0)
		return -1;
	if (values->pids && is_unlimited(values->pids))
		limits->pids = LIMITS_UNLIMITED;
	else if (is_given(values->pids) &&
		 read_number("pids-limit", values->pids, 1, PIDS_MAX, &limits->pids, err) < 0)
		return -1;
	if (!parent || !*parent)
		return 0;
	cleanup(buf_release) struct buf framed = BUF_INIT;
	buf_printf(&framed, "/%s/", parent);
	if (strstr(framed.data, "/../"))
		return fail("cgroup-parent", parent, "'..' is not followed", err);
	limits->cgroup_parent = xstrdup(parent);
	return 0;
}

/* --- ulimit -------------------------------------------------------------------------------------
 */

static int read_ulimit(const char *written, const char *text, uint64_t *ret_limit,
		       struct error *err)
{
	struct error cause;

	if (is_unlimited(text)) {
		*ret_limit = LIMITS_UNLIMITED;
		return 0;
	}
	if (text_parse_unsigned(text, UINT64_MAX / 2, ret_limit, &cause) < 0)
		return fail("ulimit", written, "NAME=SOFT[:HARD], in numbers", err);
	return 0;
}

static int add_ulimit(const char *written, struct limits *limits, struct error *err)
{
	const char *equals = strchr(written, '=');
	struct limits_rlimit limit;

	if (!equals)
		return fail("ulimit", written, "NAME=SOFT[:HARD] is expected", err);
	autofree char *name = xstrndup(written, (size_t)(equals - written));
	autofree char *soft = xstrndup(equals + 1, strcspn(equals + 1, ":"));
	const char *colon = strchr(equals, ':');
	limit.resource = limits_rlimit_find(name);
	if (limit.resource < 0)
		return fail("ulimit", written,
			    "there is no limit of that name (core, cpu, data, fsize, nofile, "
			    "nproc, stack, ...)",
			    err);
	if (read_ulimit(written, soft, &limit.soft, err) < 0)
		return -1;
	limit.hard = limit.soft;
	if (colon && read_ulimit(written, colon + 1, &limit.hard, err) < 0)
		return -1;
	if (limit.soft > limit.hard)
		return fail("ulimit", written, "the soft limit is above the hard one", err);
	/* the last one of a name counts */
	for (size_t i = 0; i < limits->n_rlimits; i++) {
		if (limits->rlimits[i].resource != limit.resource)
			continue;
		limits->rlimits[i] = limit;
		return 0;
	}
	limits->rlimits[limits->n_rlimits++] = limit;
	return 0;
}

static int settle_ulimits(const struct limit_values *values, struct limits *limits,
			  struct error *err)
{
	limits->rlimits = xcalloc(values->ulimits.len, sizeof(*limits->rlimits));
	for (size_t i = 0; i < values->ulimits.len; i++)
		if (add_ulimit(values->ulimits.items[i], limits, err) < 0)
			return -1;
	return 0;
}

/* --- resource -----------------------------------------------------------------------------------
 */

/* One KEY=VALUE, as the option of that name; what that one says itself wins. */
static int add_resource(const char *item, struct limit_values *merged, struct strv *kept,
			struct error *err)
{
	const struct {
		const char *key;
		char **value;
	} keys[] = {
		{ "memory", &merged->memory },		 { "memory-swap", &merged->memory_swap },
		{ "cpu-shares", &merged->cpu_shares },	 { "cpu-period", &merged->cpu_period },
		{ "cpu-quota", &merged->cpu_quota },	 { "cpuset-cpus", &merged->cpuset_cpus },
		{ "cpuset-mems", &merged->cpuset_mems },
	};
	const char *equals = strchr(item, '=');

	for (size_t i = 0; equals && i < countof(keys); i++) {
		size_t len = strlen(keys[i].key);
		if ((size_t)(equals - item) != len || strncmp(item, keys[i].key, len) != 0)
			continue;
		if (!*keys[i].value) {
			strv_add(kept, equals + 1);
			*keys[i].value = kept->items[kept->len - 1];
		}
		return 0;
	}
	return fail("resource", item, "KEY=VALUE with memory, memory-swap, cpu-shares, ...", err);
}

/* A list of processors has commas of its own: what has no '=' goes on with the item before. */
static int merge_resources(const struct limit_values *values, struct limit_values *merged,
			   struct strv *kept, struct error *err)
{
	for (size_t i = 0; i < values->resources.len; i++) {
		const char *at = values->resources.items[i];
		do {
			size_t len = strcspn(at, ",");
			while (at[len] == ',' &&
			       !memchr(at + len + 1, '=', strcspn(at + len + 1, ",")))
				len += 1 + strcspn(at + len + 1, ",");
			autofree char *item = xstrndup(at, len);
			if (add_resource(item, merged, kept, err) < 0)
				return -1;
			at += len;
		} while (*at++);
	}
	return 0;
}

int step_log_limit_settle(const struct limit_values *values, uint64_t *ret_bytes, struct error *err)
{
	if (values->step_log)
		return read_size("step-log-limit", values->step_log, ret_bytes, err);
	*ret_bytes = STEP_LOG_DEFAULT;
	return 0;
}

int limits_settle(const struct limit_values *values, struct limits *ret_limits, struct error *err)
{
	cleanup(limits_release) struct limits limits = { 0 };
	cleanup(strv_release) struct strv kept = STRV_INIT;
	struct limit_values merged = *values;

	if (merge_resources(values, &merged, &kept, err) < 0 ||
	    settle_memory(&merged, &limits, err) < 0 || settle_cpu(&merged, &limits, err) < 0 ||
	    settle_list("cpuset-cpus", merged.cpuset_cpus, &limits.cpuset_cpus, err) < 0 ||
	    settle_list("cpuset-mems", merged.cpuset_mems, &limits.cpuset_mems, err) < 0 ||
	    settle_rest(&merged, &limits, err) < 0 || settle_ulimits(&merged, &limits, err) < 0)
		return -1;
	limits.is_best_effort = values->effort == BEST_EFFORT;
	*ret_limits = limits;
	limits = (struct limits){ 0 };
	return 0;
}
