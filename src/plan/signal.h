/* SPDX-License-Identifier: Apache-2.0 */
/* STOPSIGNAL's words: a number above 0, or a Linux name in any case, with or without "SIG". */
#ifndef CBUILD_PLAN_SIGNAL_H
#define CBUILD_PLAN_SIGNAL_H

#include <stdbool.h>

bool signal_is_known(const char *text);
/* The name that is nearest to an unknown one, or NULL. */
const char *signal_nearest(const char *text);

#endif
