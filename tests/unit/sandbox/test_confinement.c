/* SPDX-License-Identifier: Apache-2.0 */
/* Each wall left out must be noticed: a step never runs without one. */
#include "capabilities.h"
#include "confinement.h"

#include "../cmocka_head.h"
#include "seccomp/filter.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* Docker's default set, as /proc/PID/status shows it. */
static const uint64_t docker_set = UINT64_C(0xa80425fb);
static const uint64_t net_raw = UINT64_C(1) << 13;

static void allows_dockers_capabilities(void **state)
{
	(void)state;
	assert_true(capabilities_allowed(SANDBOX_CONFINED, SANDBOX_NETWORK_HOST) == docker_set);
	assert_true(capabilities_allowed(SANDBOX_CONFINED, SANDBOX_NETWORK_NONE) ==
		    (docker_set & ~net_raw));
	assert_true(capabilities_allowed(SANDBOX_INSECURE, SANDBOX_NETWORK_HOST) == UINT64_MAX);
}

enum left_out { NOTHING, FILTER, BOUNDING, LIMIT, USER };

static int confine(const struct confinement *confinement, enum left_out left_out, struct error *err)
{
	struct confinement entered = *confinement;

	if (left_out == FILTER)
		entered.filter = NULL;
	if (left_out == USER)
		entered.uid = 4242;
	if (left_out == BOUNDING)
		return filter_load(entered.filter, err) < 0 ||
				       capabilities_limit(entered.capabilities, err) < 0
			       ? -1
			       : confinement_check(confinement, err);
	if (left_out == LIMIT)
		return filter_load(entered.filter, err) < 0 ||
				       capabilities_bound(entered.capabilities, err) < 0
			       ? -1
			       : confinement_check(confinement, err);
	return confinement_enter(&entered, err) < 0 ? -1 : confinement_check(confinement, err);
}

/* What the check says in a child, which nothing brings back out of its confinement. */
static struct error check_in_child(enum left_out left_out)
{
	cleanup(buf_release) struct buf filter = BUF_INIT;
	struct error *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct confinement confinement = {
		.capabilities = docker_set, .filter = &filter, .scope_fd = -1, .outer_fd = -1
	};
	struct error err = ERROR_INIT;

	assert_true(shared != MAP_FAILED);
	assert_int_equal(filter_compile(&filter_default_table, &filter, &err), 0);
	pid_t pid = fork();
	if (pid == 0)
		_exit(confine(&confinement, left_out, shared) < 0 ? 1 : 0);
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	err = *shared;
	if (WEXITSTATUS(status) == 0)
		err.code = ERROR_NONE;
	assert_int_equal(munmap(shared, sizeof(*shared)), 0);
	return err;
}

static void needs_root(void)
{
	if (geteuid() != 0 || prctl(PR_CAPBSET_READ, 21 /* SYS_ADMIN */, 0, 0, 0) != 1)
		lacks("CAP_SYS_ADMIN");
}

static void a_confined_thread_passes(void **state)
{
	(void)state;
	needs_root();
	struct error err = check_in_child(NOTHING);
	if (err.code != ERROR_NONE)
		fail_msg("%s", err.text);
}

/* S-08 */
static void each_missing_wall_is_named(void **state)
{
	static const struct {
		enum left_out left_out;
		const char *text;
	} cases[] = {
		{ FILTER, "the system call filter is not there" },
		{ BOUNDING, "is still in the bounding set" },
		{ LIMIT, "are more than a80425fb" },
		{ USER, "user and group are 4242:0, not 0:0" },
	};

	(void)state;
	needs_root();
	for (size_t i = 0; i < countof(cases); i++) {
		struct error err = check_in_child(cases[i].left_out);
		assert_int_not_equal(err.code, ERROR_NONE);
		if (!strstr(err.text, cases[i].text) || !strstr(err.text, "not confined"))
			fail_msg("'%s' does not say '%s'", err.text, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allows_dockers_capabilities),
		cmocka_unit_test(a_confined_thread_passes),
		cmocka_unit_test(each_missing_wall_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
