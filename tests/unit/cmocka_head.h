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

#endif
