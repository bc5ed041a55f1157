/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who a process is said to be, where every process is really the one id that there is: the rules
 * of setuid(2) and its kin, as functions of values. Each answers 0 or a negative errno, and leaves
 * things as they are then.
 */
#ifndef CBUILD_SANDBOX_CREDENTIALS_H
#define CBUILD_SANDBOX_CREDENTIALS_H

#include "base/macros.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CREDENTIALS_GROUPS_MAX = 128 };

/* "leave it": -1 as the calls have it */
#define CREDENTIALS_SAME UINT32_MAX

struct credentials_ids {
	uint32_t real, effective, saved, files;
};

struct credentials {
	struct credentials_ids users, groups;
	uint32_t supplementary[CREDENTIALS_GROUPS_MAX];
	uint32_t n_supplementary;
	uint32_t keeps_capabilities; /* prctl(PR_SET_KEEPCAPS) */
	uint32_t kept_capabilities;  /* and had them when it stopped being root */
};

int credentials_init(uint32_t uid, uint32_t gid, const uint32_t *groups, size_t n_groups,
		     struct credentials *ret_credentials) must_check;
/* May it do what needs CAP_SETUID, CAP_SETGID, CAP_CHOWN? */
bool credentials_are_privileged(const struct credentials *credentials);
bool credentials_have_group(const struct credentials *credentials, uint32_t gid);

int credentials_set_uid(struct credentials *credentials, uint32_t uid);
int credentials_set_gid(struct credentials *credentials, uint32_t gid);
int credentials_set_reuid(struct credentials *credentials, uint32_t real, uint32_t effective);
int credentials_set_regid(struct credentials *credentials, uint32_t real, uint32_t effective);
int credentials_set_resuid(struct credentials *credentials, uint32_t real, uint32_t effective,
			   uint32_t saved);
int credentials_set_resgid(struct credentials *credentials, uint32_t real, uint32_t effective,
			   uint32_t saved);
/* These answer what it was before, whether it worked or not. */
uint32_t credentials_set_fsuid(struct credentials *credentials, uint32_t uid);
uint32_t credentials_set_fsgid(struct credentials *credentials, uint32_t gid);
int credentials_set_groups(struct credentials *credentials, const uint32_t *groups, size_t n);

/* A new program; set-id ones give an owner, others CREDENTIALS_SAME. */
void credentials_execute(struct credentials *credentials, uint32_t uid, uint32_t gid);
/* chown(2): 0 or -EPERM. */
int credentials_may_chown(const struct credentials *credentials, uint32_t old_uid, uint32_t old_gid,
			  uint32_t uid, uint32_t gid);

#endif
