/* SPDX-License-Identifier: Apache-2.0 */
/* cmocka wants these before its own header. */
#ifndef CBUILD_TESTS_CMOCKA_HEAD_H
#define CBUILD_TESTS_CMOCKA_HEAD_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
/* clang-format on */

#include <stdlib.h>

/*
 * This machine has not what a test needs. Where everything is meant to be there (as in CI) the test
 * fails, else it is skipped.
 */
static inline void lacks(const char *what)
{
	if (getenv("TEST_COMPLETE"))
		fail_msg("this machine lacks what the test needs: %s", what);
	skip();
}

#endif
