/* SPDX-License-Identifier: Apache-2.0 */
/* --chmod: octal up to 07777, or the symbolic grammar of chmod(1) as BSD has it ("u=rwX,go-w"). */
#ifndef CBUILD_PLAN_CHMOD_H
#define CBUILD_PLAN_CHMOD_H

#include <stdbool.h>

bool chmod_is_valid(const char *mode);

#endif
