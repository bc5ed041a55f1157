/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How steps are kept apart from the machine in this build: found out once, by trying, when the
 * first step is not cached; from then on it does not change. Without root that is one user
 * namespace, which each job enters before it touches a snapshot.
 */
#ifndef CBUILD_SANDBOX_ISOLATION_H
#define CBUILD_SANDBOX_ISOLATION_H

#include "base/error.h"
#include "base/strv.h"
#include "sandbox/spec.h"

struct isolation;

/* ISOLATION_AUTO takes the strongest that works; another one works or is an error. */
struct isolation *isolation_new(enum sandbox_isolation wanted);
void isolation_free(struct isolation *isolation);
DEFINE_CLEANUP(struct isolation *, isolation_free);

/*
 * In the coordinator, before the fork of the first job that needs it: 1 it was found out just now,
 * 0 it was known, -1 (ERROR_PERMISSION where the machine does not let us, with what would do).
 */
int isolation_ensure(struct isolation *isolation, struct error *err) must_check;

/* Once it was ensured: which it is, and the same in one line with why not a stronger one. */
enum sandbox_isolation isolation_mode(const struct isolation *isolation);
const char *isolation_line(const struct isolation *isolation);

/*
 * Are owners emulated (ISOLATION_NS_SINGLE)? Before it is ensured, what is most likely: nothing is
 * tried for that. Who asks again after that may hear otherwise.
 */
bool isolation_emulates(struct isolation *isolation);

/*
 * In a job, which then is where the snapshots' owners are: nothing as root. Descriptors of
 * directories in `dir_fds` (-1 = none) are opened anew under their numbers. Does nothing the second
 * time.
 */
int isolation_enter(struct isolation *isolation, const int *dir_fds, size_t n, struct error *err)
	must_check;
bool isolation_is_inside(const struct isolation *isolation);
/* Does what is made here belong to others than this user? */
bool isolation_has_namespace(const struct isolation *isolation);
/* The user namespace; -1 = none. Borrowed. */
int isolation_namespace(const struct isolation *isolation);

/* Why a RUN cannot be done in this mode; NULL where it can. */
const char *isolation_refuses_run(const struct isolation *isolation);

/* Does the machine let us? 1 yes, 0 no: `missing` gets what would allow it. By trying. */
int isolation_check(enum sandbox_isolation mode, struct strv *missing, struct error *err)
	must_check;

/* 0 where the kernel has none. */
int isolation_landlock_version(void);

/* "root", "rootless", ... as --isolation has it. */
const char *sandbox_isolation_name(enum sandbox_isolation isolation);

#endif
