/* SPDX-License-Identifier: Apache-2.0 */
/* Which sources of ADD are addresses rather than paths (dockerfile-language 6.3). */
#ifndef CBUILD_PLAN_URL_H
#define CBUILD_PLAN_URL_H

#include <stdbool.h>

bool url_is_http(const char *source);
/* git://, ssh://, user@host:path, or http(s) with a path that ends in ".git". */
bool url_is_git(const char *source);

#endif
