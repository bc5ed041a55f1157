/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of setuid(2) and its kin as values; the kernel's are the model. */
#include "credentials.h"

#include "../cmocka_head.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct credentials of(uint32_t uid, uint32_t gid)
{
	struct credentials credentials;

	assert_int_equal(credentials_init(uid, gid, NULL, 0, &credentials), 0);
	return credentials;
}

static void check(const struct credentials_ids *ids, uint32_t real, uint32_t effective,
		  uint32_t saved, uint32_t files)
{
	assert_int_equal(ids->real, real);
	assert_int_equal(ids->effective, effective);
	assert_int_equal(ids->saved, saved);
	assert_int_equal(ids->files, files);
}

static void root_becomes_anybody_for_good(void **state)
{
	struct credentials credentials = of(0, 0);

	(void)state;
	assert_int_equal(credentials_set_gid(&credentials, 5), 0);
	assert_int_equal(credentials_set_uid(&credentials, 7), 0);
	check(&credentials.users, 7, 7, 7, 7);
	check(&credentials.groups, 5, 5, 5, 5);
	assert_int_equal(credentials_set_uid(&credentials, 0), -EPERM);
	assert_int_equal(credentials_set_resuid(&credentials, 0, CREDENTIALS_SAME, 7), -EPERM);
	assert_int_equal(credentials_set_gid(&credentials, 0), -EPERM);
	check(&credentials.users, 7, 7, 7, 7);
}

static void the_saved_one_leads_back(void **state)
{
	struct credentials credentials = of(0, 0);

	(void)state;
	assert_int_equal(credentials_set_resuid(&credentials, 8, 8, 0), 0);
	assert_false(credentials_are_privileged(&credentials));
	assert_int_equal(credentials_set_reuid(&credentials, 0, CREDENTIALS_SAME), -EPERM);
	assert_int_equal(credentials_set_reuid(&credentials, CREDENTIALS_SAME, 0), 0);
	check(&credentials.users, 8, 0, 0, 0);
	assert_true(credentials_are_privileged(&credentials));
}

static void capabilities_that_are_kept_are_used_once(void **state)
{
	struct credentials credentials = of(0, 0);

	(void)state;
	credentials.keeps_capabilities = 1;
	assert_int_equal(credentials_set_resuid(&credentials, 9, 9, 9), 0);
	assert_true(credentials_are_privileged(&credentials));
	assert_int_equal(credentials_set_groups(&credentials, NULL, 0), 0);
	credentials_execute(&credentials, CREDENTIALS_SAME, CREDENTIALS_SAME);
	assert_false(credentials_are_privileged(&credentials));
	assert_int_equal(credentials_set_groups(&credentials, NULL, 0), -EPERM);
}

static void a_program_sets_ids(void **state)
{
	struct credentials credentials = of(1000, 1000);

	(void)state;
	credentials_execute(&credentials, 0, 42);
	check(&credentials.users, 1000, 0, 0, 0);
	check(&credentials.groups, 1000, 42, 42, 42);
	assert_true(credentials_are_privileged(&credentials));
}

static void owners_give_their_groups_only(void **state)
{
	const uint32_t groups[] = { 20, 30 };
	struct credentials credentials;

	(void)state;
	assert_int_equal(credentials_init(10, 11, groups, 2, &credentials), 0);
	assert_int_equal(credentials_may_chown(&credentials, 10, 11, CREDENTIALS_SAME, 20), 0);
	assert_int_equal(credentials_may_chown(&credentials, 10, 99, 10, 99), 0);
	assert_int_equal(credentials_may_chown(&credentials, 10, 11, CREDENTIALS_SAME, 40), -EPERM);
	assert_int_equal(credentials_may_chown(&credentials, 10, 11, 12, 11), -EPERM);
	assert_int_equal(credentials_may_chown(&credentials, 12, 11, CREDENTIALS_SAME, 11), -EPERM);
	credentials = of(0, 0);
	assert_int_equal(credentials_may_chown(&credentials, 12, 11, 77, 78), 0);
}

static void there_is_a_ceiling_to_groups(void **state)
{
	uint32_t groups[CREDENTIALS_GROUPS_MAX + 1] = { 0 };
	struct credentials credentials = of(0, 0);

	(void)state;
	assert_int_equal(credentials_set_groups(&credentials, groups, CREDENTIALS_GROUPS_MAX), 0);
	assert_int_equal(credentials_set_groups(&credentials, groups, CREDENTIALS_GROUPS_MAX + 1),
			 -EINVAL);
	assert_int_equal(credentials.n_supplementary, CREDENTIALS_GROUPS_MAX);
	assert_int_equal(credentials_init(1, 1, groups, CREDENTIALS_GROUPS_MAX + 1, &credentials),
			 -EINVAL);
}

/* --- against the kernel, as root: long random walks of both
 * ---------------------------------------
 */

enum { WALKS = 300, STEPS = 12 };

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 16;
}

static uint32_t some_id(uint32_t *seed)
{
	static const uint32_t ids[] = { 0, 1, 2, 1000, CREDENTIALS_SAME };

	return ids[next_random(seed) % countof(ids)];
}

static long answer(long result)
{
	return result < 0 ? -errno : result;
}

/* One call of both; they answer the same. */
static bool take_step(uint32_t *seed, struct credentials *credentials)
{
	uint32_t a = some_id(seed), b = some_id(seed), c = some_id(seed);

	/* with -1 there Linux 6.3 leaves the id for files alone where nothing else changes */
	uint32_t d = b == CREDENTIALS_SAME ? 2 : b;
	switch (next_random(seed) % 8) {
	case 0:
		return answer(syscall(SYS_setuid, a)) == credentials_set_uid(credentials, a);
	case 1:
		return answer(syscall(SYS_setgid, a)) == credentials_set_gid(credentials, a);
	case 2:
		return answer(syscall(SYS_setreuid, a, b)) ==
		       credentials_set_reuid(credentials, a, b);
	case 3:
		return answer(syscall(SYS_setregid, a, b)) ==
		       credentials_set_regid(credentials, a, b);
	case 4:
		return answer(syscall(SYS_setresuid, a, d, c)) ==
		       credentials_set_resuid(credentials, a, d, c);
	case 5:
		return answer(syscall(SYS_setresgid, a, d, c)) ==
		       credentials_set_resgid(credentials, a, d, c);
	case 6:
		return syscall(SYS_setfsuid, a) == credentials_set_fsuid(credentials, a);
	default:
		return syscall(SYS_setfsgid, a) == credentials_set_fsgid(credentials, a);
	}
}

static bool is_as_kernel_has_it(const struct credentials *credentials)
{
	uint32_t uids[3], gids[3];

	return syscall(SYS_getresuid, &uids[0], &uids[1], &uids[2]) == 0 &&
	       syscall(SYS_getresgid, &gids[0], &gids[1], &gids[2]) == 0 &&
	       uids[0] == credentials->users.real && uids[1] == credentials->users.effective &&
	       uids[2] == credentials->users.saved && gids[0] == credentials->groups.real &&
	       gids[1] == credentials->groups.effective && gids[2] == credentials->groups.saved &&
	       syscall(SYS_setfsuid, UINT32_MAX) == credentials->users.files &&
	       syscall(SYS_setfsgid, UINT32_MAX) == credentials->groups.files;
}

static int walk(uint32_t seed)
{
	struct credentials credentials = of(0, 0);

	if (!is_as_kernel_has_it(&credentials))
		return 77;
	for (int i = 0; i < STEPS; i++)
		if (!take_step(&seed, &credentials) || !is_as_kernel_has_it(&credentials))
			return 1 + i;
	return 0;
}

static void random_walks_end_where_the_kernels_do(void **state)
{
	(void)state;
	if (geteuid() != 0)
		lacks("root");
	for (uint32_t i = 0; i < WALKS; i++) {
		int status = 0;
		pid_t pid = fork();
		if (pid == 0)
			_exit(walk(i * 2654435761u + 1));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		/* 77: a root that is none, as in a user namespace of few ids */
		if (WEXITSTATUS(status) && WEXITSTATUS(status) != 77)
			fail_msg("walk %u: step %d differs", i, WEXITSTATUS(status));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(root_becomes_anybody_for_good),
		cmocka_unit_test(the_saved_one_leads_back),
		cmocka_unit_test(capabilities_that_are_kept_are_used_once),
		cmocka_unit_test(a_program_sets_ids),
		cmocka_unit_test(owners_give_their_groups_only),
		cmocka_unit_test(there_is_a_ceiling_to_groups),
		cmocka_unit_test(random_walks_end_where_the_kernels_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
