/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A system call filter that the user brings: JSON as Docker and the OCI runtime specification have
 * it. Rules for other architectures, capabilities and kernels fall away when it is read; calls that
 * this machine's tables do not know cannot be asked for, so a rule for one says nothing.
 */
#ifndef CBUILD_SECCOMP_PROFILE_H
#define CBUILD_SECCOMP_PROFILE_H

#include "base/buf.h"
#include "base/error.h"
#include "base/strv.h"

#include <seccomp.h>
#include <stdint.h>

enum { PROFILE_ARGUMENTS = 6, PROFILE_ARCHS_MAX = 8, PROFILE_RULES_MAX = 4096 };

struct profile_rule {
	struct strv names;
	uint32_t action;
	struct scmp_arg_cmp arguments[PROFILE_ARGUMENTS];
	unsigned n_arguments;
};

struct profile {
	uint32_t default_action;
	uint32_t archs[PROFILE_ARCHS_MAX]; /* besides the native one */
	size_t n_archs;
	struct profile_rule *rules;
	size_t n_rules, size;
};

void profile_release(struct profile *profile);
DEFINE_RELEASE(struct profile, profile_release);

/* What holds for this machine and a step that may hold `capabilities`. */
int profile_read(const char *text, size_t len, uint64_t capabilities, struct profile *ret_profile,
		 struct error *err) must_check;

/* Of the text of a profile that came from `path`: the program, as filter_compile makes it. */
int filter_compile_profile(const char *text, const char *path, uint64_t capabilities,
			   struct buf *ret_program, struct error *err) must_check;

#endif
