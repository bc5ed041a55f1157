/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system call filter of a confined step. What is allowed and what is refused stands in tables
 * (seccomp_default.c); compiling them takes milliseconds, so it is done once per build, and a step
 * only loads the program.
 *
 * What no table names answers ENOSYS, so that a new libc falls back instead of failing; what exists
 * and is refused answers EPERM. 32-bit calls have a part of their own; those of x32 are unknown,
 * those of any other architecture kill.
 */
#ifndef CBUILD_SECCOMP_FILTER_H
#define CBUILD_SECCOMP_FILTER_H

#include "base/buf.h"
#include "base/error.h"

#include <stdint.h>

/* A call that is refused (EPERM) for one value of one argument, as the kernel's 32 bits see it. */
struct filter_denied_value {
	const char *name;
	unsigned argument;
	uint32_t value;
};

/* A call that is allowed for one exact value of one argument; others answer EPERM. */
struct filter_allowed_value {
	const char *name;
	unsigned argument;
	uint64_t value;
};

/* The number of a call, where libseccomp does not know it. */
struct filter_number {
	const char *name;
	int number;
};

/* A call that somebody with a capability may make, whatever is said of it otherwise. */
struct filter_grant {
	unsigned capability;
	const char *name;
};

struct filter_table {
	const char *const *allowed; /* NULL-terminated, as the next two */
	const char *const *refused;
	const char *const *refused_compat; /* only in the 32-bit part, besides */
	const struct filter_denied_value *denied_values;
	size_t n_denied_values;
	const struct filter_allowed_value *allowed_values;
	size_t n_allowed_values;
	const struct filter_number *numbers;
	size_t n_numbers;
	const struct filter_number *compat_numbers; /* in the 32-bit part, before libseccomp's */
	size_t n_compat_numbers;
	const struct filter_grant *grants;
	size_t n_grants;
	uint64_t capabilities;	      /* what those who are filtered may hold: for the grants */
	uint32_t clone_refused_flags; /* each of these bits in clone's flags is EPERM */
};

extern const struct filter_table filter_default_table;
/* The same with sockets of four families only; the others cannot be made. */
extern const struct filter_table filter_strict_table;

/* The program, an array of struct sock_filter. */
int filter_compile(const struct filter_table *table, struct buf *ret_program, struct error *err)
	must_check;
/* Appends what libseccomp (a scmp_filter_ctx) makes. */
int filter_export(void *filter, struct buf *program, struct error *err) must_check;
/* What a step in a chroot is refused besides. */
int filter_compile_chroot(struct buf *ret_program, struct error *err) must_check;
/* Confines the calling thread. Needs no_new_privs or CAP_SYS_ADMIN (no_new_privs stays off, so that
 * sudo works). */
int filter_load(const struct buf *program, struct error *err) must_check;

#endif
