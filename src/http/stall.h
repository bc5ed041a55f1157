/* SPDX-License-Identifier: Apache-2.0 */
/* Notices a transfer that has all but stopped: less than 1 KiB/s for 30 seconds. */
#ifndef CBUILD_HTTP_STALL_H
#define CBUILD_HTTP_STALL_H

#include <stdbool.h>
#include <stdint.h>

enum { STALL_SECONDS = 30, STALL_BYTES = STALL_SECONDS * 1024, STALL_ANSWER_SECONDS = 300 };

struct stall {
	uint64_t since; /* start of the window, CLOCK_MONOTONIC ns; 0 = not begun */
	uint64_t bytes; /* moved when it began */
};

/*
 * `bytes` moved so far, both ways. `waits_for_answer`: all was sent and nothing came back yet;
 * a registry that stores a large upload needs minutes for that. `is_paused`: it waits for us.
 */
bool stall_check(struct stall *stall, uint64_t now, uint64_t bytes, bool waits_for_answer,
		 bool is_paused);

#endif
