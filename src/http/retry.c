/* SPDX-License-Identifier: Apache-2.0 */
#include "http/retry.h"

#include <stddef.h>

#define FIRST_DELAY	  (RETRY_SECOND / 2)
#define LONGEST_DELAY	  (30 * RETRY_SECOND)
#define UNREACHABLE_DELAY (RETRY_SECOND / 4)
#define SHORTEST_DELAY	  (RETRY_SECOND / 20)

enum retry_cause retry_cause_of_status(int status)
{
	static const int busy[] = { 408, 425, 429, 500, 502, 503, 504 };

	for (size_t i = 0; i < sizeof(busy) / sizeof(busy[0]); i++)
		if (status == busy[i])
			return RETRY_BUSY;
	return RETRY_NEVER;
}

void retry_limits_set(struct retry_limits *limits, int64_t retries, int64_t delay)
{
	if (retries >= 0)
		limits->attempts = limits->unreachable_attempts = (unsigned)retries;
	if (delay > 0)
		limits->fixed_delay = (uint64_t)delay;
}

uint64_t retry_delay(const struct retry_limits *limits, enum retry_cause cause, unsigned tries,
		     uint64_t spent, unsigned asked, uint32_t chance)
{
	bool is_unreachable = cause == RETRY_UNREACHABLE;
	unsigned most = limits->attempts;

	if (is_unreachable && limits->unreachable_attempts < most)
		most = limits->unreachable_attempts;
	if (cause == RETRY_NEVER || tries >= most)
		return 0;
	if (limits->fixed_delay)
		return asked * RETRY_SECOND > limits->fixed_delay ? asked * RETRY_SECOND
								  : limits->fixed_delay;
	uint64_t ceiling = is_unreachable ? UNREACHABLE_DELAY : FIRST_DELAY;
	for (unsigned i = 0; i < tries && ceiling < LONGEST_DELAY; i++)
		ceiling *= 2;
	if (ceiling > LONGEST_DELAY)
		ceiling = LONGEST_DELAY;
	uint64_t delay = SHORTEST_DELAY + (ceiling >> 16) * (chance >> 16);
	/* what was asked for is a lower bound; jitter on top keeps a fleet from coming back at once
	 */
	if (asked)
		delay = asked * RETRY_SECOND + delay % RETRY_SECOND;
	return spent + delay > limits->budget ? 0 : delay;
}
