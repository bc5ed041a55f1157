/* SPDX-License-Identifier: Apache-2.0 */
/* The options about what a RUN may take of the machine. */
#ifndef CBUILD_CLI_LIMIT_OPTIONS_H
#define CBUILD_CLI_LIMIT_OPTIONS_H

#include "option.h"

#include "build/request.h"

struct limit_values {
	char *memory, *memory_swap;
	char *cpus, *cpu_period, *cpu_quota, *cpu_shares, *cpuset_cpus, *cpuset_mems;
	char *pids, *shm_size, *step_log, *cgroup_parent;
	struct strv ulimits, resources;
	int effort;
};

void limit_values_release(struct limit_values *values);

/* Bytes; 0 = all is shown. */
int step_log_limit_settle(const struct limit_values *values, uint64_t *ret_bytes, struct error *err)
	must_check;
int limits_settle(const struct limit_values *values, struct limits *ret_limits, struct error *err)
	must_check;

#endif
