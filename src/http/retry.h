/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When to try again, and how long to wait before it: exponential with full jitter, at least as
 * long as the server asked for, within a budget. Pure; time and chance are handed in.
 */
#ifndef CBUILD_HTTP_RETRY_H
#define CBUILD_HTTP_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#define RETRY_SECOND UINT64_C(1000000000)

enum retry_cause {
	RETRY_NEVER = 0,
	RETRY_UNREACHABLE, /* no connection: worth a few quick tries only */
	RETRY_BROKEN,	   /* broke off or stalled while it ran */
	RETRY_BUSY	   /* 408, 425, 429, 500, 502, 503, 504 */
};

struct retry_limits {
	unsigned attempts; /* of the same request, besides the first */
	unsigned unreachable_attempts;
	uint64_t budget;      /* nanoseconds from the first attempt to the start of the last */
	uint64_t fixed_delay; /* between two attempts; 0 = growing, with chance */
};

#define RETRY_LIMITS_DEFAULT                                                            \
	{                                                                               \
		.attempts = 10, .unreachable_attempts = 3, .budget = 300 * RETRY_SECOND \
	}

/* What a user said takes the place of the usual: retries of both kinds (-1 = not said) and the time
 * between two in nanoseconds (0 = not said). */
void retry_limits_set(struct retry_limits *limits, int64_t retries, int64_t delay);

enum retry_cause retry_cause_of_status(int status);
/*
 * The wait before attempt number `tries` + 1 in nanoseconds, or 0: give up. `spent` is the time
 * since the first attempt, `asked` the server's Retry-After in seconds, `chance` any number.
 */
uint64_t retry_delay(const struct retry_limits *limits, enum retry_cause cause, unsigned tries,
		     uint64_t spent, unsigned asked, uint32_t chance);

#endif
