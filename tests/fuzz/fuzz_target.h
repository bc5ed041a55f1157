/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CBUILD_TESTS_FUZZ_TARGET_H
#define CBUILD_TESTS_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

/* What libFuzzer calls, and replay.c in its place. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
