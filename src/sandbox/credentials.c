/* SPDX-License-Identifier: Apache-2.0 */
#include "credentials.h"

#include <errno.h>
#include <string.h>

int credentials_init(uint32_t uid, uint32_t gid, const uint32_t *groups, size_t n_groups,
		     struct credentials *ret_credentials)
{
	struct credentials credentials = {
		.users = { uid, uid, uid, uid },
		.groups = { gid, gid, gid, gid },
	};

	if (n_groups > CREDENTIALS_GROUPS_MAX)
		return -EINVAL;
	for (size_t i = 0; i < n_groups; i++)
		credentials.supplementary[i] = groups[i];
	credentials.n_supplementary = (uint32_t)n_groups;
	*ret_credentials = credentials;
	return 0;
}

bool credentials_are_privileged(const struct credentials *credentials)
{
	return credentials->users.effective == 0 || credentials->kept_capabilities;
}

bool credentials_have_group(const struct credentials *credentials, uint32_t gid)
{
	if (gid == credentials->groups.files)
		return true;
	for (uint32_t i = 0; i < credentials->n_supplementary; i++)
		if (credentials->supplementary[i] == gid)
			return true;
	return false;
}

/* One that it has already, or any where it is privileged. */
static bool may_take(const struct credentials *credentials, const struct credentials_ids *ids,
		     uint32_t id)
{
	return id == CREDENTIALS_SAME || credentials_are_privileged(credentials) ||
	       id == ids->real || id == ids->effective || id == ids->saved;
}

/* Who stops being root loses what root may, unless it asked to keep it. */
static void note_users(struct credentials *credentials, uint32_t effective_before)
{
	if (effective_before == 0 && credentials->users.effective != 0)
		credentials->kept_capabilities = credentials->keeps_capabilities;
}

static int set_all(struct credentials *credentials, struct credentials_ids *ids, uint32_t id)
{
	if (id == CREDENTIALS_SAME)
		return -EINVAL;
	if (credentials_are_privileged(credentials)) {
		*ids = (struct credentials_ids){ id, id, id, id };
		return 0;
	}
	if (id != ids->real && id != ids->saved)
		return -EPERM;
	ids->effective = ids->files = id;
	return 0;
}

int credentials_set_uid(struct credentials *credentials, uint32_t uid)
{
	uint32_t before = credentials->users.effective;

	int result = set_all(credentials, &credentials->users, uid);
	note_users(credentials, before);
	return result;
}

int credentials_set_gid(struct credentials *credentials, uint32_t gid)
{
	return set_all(credentials, &credentials->groups, gid);
}

static int set_two(struct credentials *credentials, struct credentials_ids *ids, uint32_t real,
		   uint32_t effective)
{
	uint32_t real_before = ids->real;
	bool is_privileged = credentials_are_privileged(credentials);

	/* the saved one is no reason to have it as the real one */
	if (real != CREDENTIALS_SAME && !is_privileged && real != ids->real &&
	    real != ids->effective)
		return -EPERM;
	if (!may_take(credentials, ids, effective))
		return -EPERM;
	if (real != CREDENTIALS_SAME)
		ids->real = real;
	if (effective != CREDENTIALS_SAME)
		ids->effective = effective;
	if (real != CREDENTIALS_SAME || (effective != CREDENTIALS_SAME && effective != real_before))
		ids->saved = ids->effective;
	ids->files = ids->effective;
	return 0;
}

int credentials_set_reuid(struct credentials *credentials, uint32_t real, uint32_t effective)
{
	uint32_t before = credentials->users.effective;

	int result = set_two(credentials, &credentials->users, real, effective);
	note_users(credentials, before);
	return result;
}

int credentials_set_regid(struct credentials *credentials, uint32_t real, uint32_t effective)
{
	return set_two(credentials, &credentials->groups, real, effective);
}

static int set_three(struct credentials *credentials, struct credentials_ids *ids, uint32_t real,
		     uint32_t effective, uint32_t saved)
{
	if (!may_take(credentials, ids, real) || !may_take(credentials, ids, effective) ||
	    !may_take(credentials, ids, saved))
		return -EPERM;
	/* as Linux 6.3 has it: what changes nothing leaves the id for files alone */
	if ((real == CREDENTIALS_SAME || real == ids->real) &&
	    (effective == CREDENTIALS_SAME ||
	     (effective == ids->effective && effective == ids->files)) &&
	    (saved == CREDENTIALS_SAME || saved == ids->saved))
		return 0;
	if (real != CREDENTIALS_SAME)
		ids->real = real;
	if (effective != CREDENTIALS_SAME)
		ids->effective = effective;
	if (saved != CREDENTIALS_SAME)
		ids->saved = saved;
	ids->files = ids->effective;
	return 0;
}

int credentials_set_resuid(struct credentials *credentials, uint32_t real, uint32_t effective,
			   uint32_t saved)
{
	uint32_t before = credentials->users.effective;

	int result = set_three(credentials, &credentials->users, real, effective, saved);
	note_users(credentials, before);
	return result;
}

int credentials_set_resgid(struct credentials *credentials, uint32_t real, uint32_t effective,
			   uint32_t saved)
{
	return set_three(credentials, &credentials->groups, real, effective, saved);
}

static uint32_t set_files(struct credentials *credentials, struct credentials_ids *ids, uint32_t id)
{
	uint32_t before = ids->files;

	if (id != CREDENTIALS_SAME && (id == before || may_take(credentials, ids, id)))
		ids->files = id;
	return before;
}

uint32_t credentials_set_fsuid(struct credentials *credentials, uint32_t uid)
{
	return set_files(credentials, &credentials->users, uid);
}

uint32_t credentials_set_fsgid(struct credentials *credentials, uint32_t gid)
{
	return set_files(credentials, &credentials->groups, gid);
}

int credentials_set_groups(struct credentials *credentials, const uint32_t *groups, size_t n)
{
	if (!credentials_are_privileged(credentials))
		return -EPERM;
	if (n > CREDENTIALS_GROUPS_MAX)
		return -EINVAL;
	memset(credentials->supplementary, 0, sizeof(credentials->supplementary));
	for (size_t i = 0; i < n; i++)
		credentials->supplementary[i] = groups[i];
	credentials->n_supplementary = (uint32_t)n;
	return 0;
}

static void execute(struct credentials_ids *ids, uint32_t id)
{
	if (id != CREDENTIALS_SAME)
		ids->effective = id;
	ids->saved = ids->files = ids->effective;
}

void credentials_execute(struct credentials *credentials, uint32_t uid, uint32_t gid)
{
	execute(&credentials->users, uid);
	execute(&credentials->groups, gid);
	credentials->keeps_capabilities = credentials->kept_capabilities = 0;
}

int credentials_may_chown(const struct credentials *credentials, uint32_t old_uid, uint32_t old_gid,
			  uint32_t uid, uint32_t gid)
{
	if (credentials->users.files == 0)
		return 0;
	if (old_uid != credentials->users.files || (uid != CREDENTIALS_SAME && uid != old_uid))
		return -EPERM;
	if (gid != CREDENTIALS_SAME && gid != old_gid && !credentials_have_group(credentials, gid))
		return -EPERM;
	return 0;
}
