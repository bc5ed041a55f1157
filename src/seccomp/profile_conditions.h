/* SPDX-License-Identifier: Apache-2.0 */
/* When a rule of a seccomp profile holds: its "includes" and "excludes", as Moby reads them. */
#ifndef CBUILD_SECCOMP_PROFILE_CONDITIONS_H
#define CBUILD_SECCOMP_PROFILE_CONDITIONS_H

#include "base/error.h"
#include "base/json.h"

/* All of "includes" must hold: 1, 0 or -1. `capabilities`: those of the step, UINT64_MAX all. */
int profile_includes(const json_t *rule, uint64_t capabilities, struct error *err) must_check;
/* Any of "excludes" will do. */
int profile_excludes(const json_t *rule, uint64_t capabilities, struct error *err) must_check;

/* A member that is misspelled would be a wall that nobody misses. */
int profile_check_members(const json_t *object, const char *const *known, struct error *err)
	must_check;

#endif
