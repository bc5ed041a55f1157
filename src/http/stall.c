/* SPDX-License-Identifier: Apache-2.0 */
#include "stall.h"

#define SECOND UINT64_C(1000000000)

bool stall_check(struct stall *stall, uint64_t now, uint64_t bytes, bool waits_for_answer,
		 bool is_paused)
{
	uint64_t allowed = waits_for_answer ? STALL_ANSWER_SECONDS : STALL_SECONDS;

	if (!stall->since || is_paused || bytes - stall->bytes >= STALL_BYTES) {
		stall->since = now;
		stall->bytes = bytes;
		return false;
	}
	return now - stall->since > allowed * SECOND;
}
