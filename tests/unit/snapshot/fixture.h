/* SPDX-License-Identifier: Apache-2.0 */
/* Snapshots in a directory of their own below the working directory, gone after the test. */
#ifndef CBUILD_TESTS_SNAPSHOT_FIXTURE_H
#define CBUILD_TESTS_SNAPSHOT_FIXTURE_H

#include "tree.h"

#include "snapshot/snapshot.h"

#include <dirent.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/wait.h>

struct fixture {
	char path[48];
	int root_fd, tmp_fd;
	struct snapshots *snapshots;
};

static inline int tmp_of_fixture(void *fixture)
{
	return ((struct fixture *)fixture)->tmp_fd;
}

/* The contract is one for all drivers: ctest runs it once for each, named in the environment. */
static inline enum snapshot_kind wanted_kind(void)
{
	const char *name = getenv("CBUILD_TEST_SNAPSHOTS");

	if (name && strcmp(name, "copy") == 0)
		return SNAPSHOTS_COPY;
	return name && strcmp(name, "plain") == 0 ? SNAPSHOTS_COPY_PLAIN : SNAPSHOTS_AUTO;
}

/* Colons, commas and backslashes in the path of a store are no business of overlay's. */
static inline int fixture_setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct error err = ERROR_INIT;

	strcpy(fixture->path, "a:b,c\\d e.XXXXXX");
	if (!mkdtemp(fixture->path) ||
	    fs_open_dir(fixture->path, false, &fixture->root_fd, &err) < 0 ||
	    mkdirat(fixture->root_fd, "tmp", 0700) < 0)
		return -1;
	fixture->tmp_fd = open_subdir(fixture->root_fd, "tmp");
	if (snapshots_open(fixture->root_fd, -1, &fixture->snapshots, &err) < 0)
		return -1;
	snapshots_set_tmp(fixture->snapshots, tmp_of_fixture, fixture);
	snapshots_prefer(fixture->snapshots, wanted_kind());
	*state = fixture;
	return 0;
}

static inline int fixture_teardown(void **state)
{
	struct fixture *fixture = *state;
	struct error err = ERROR_INIT;

	snapshots_close(fixture->snapshots);
	(void)close(fixture->tmp_fd);
	(void)close(fixture->root_fd);
	int result = fs_remove_tree(AT_FDCWD, fixture->path, &err);
	free(fixture);
	return result;
}

/* Not the machine's own root, but one whose ids are mapped. */
static inline bool is_mapped(void)
{
	unsigned inside = 0, outside = 0, count = 0;
	FILE *map = fopen("/proc/self/uid_map", "re");
	int n = map ? fscanf(map, "%u %u %u", &inside, &outside, &count) : 0;

	if (map)
		(void)fclose(map);
	return n == 3 && count != UINT32_MAX;
}

/* The snapshots of a store: is there one flavour, of this driver, and with that entry? */
static inline void assert_in_flavour(int root_fd, const char *driver, const char *name)
{
	int fd = open_subdir(root_fd, "snapshots"), n = 0;
	DIR *dir = fdopendir(fd);
	struct dirent *entry;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		n++;
		assert_int_equal(strncmp(entry->d_name, driver, strlen(driver)), 0);
		int flavour_fd = open_subdir(fd, entry->d_name);
		assert_int_equal(faccessat(flavour_fd, name, F_OK, 0), 0);
		(void)close(flavour_fd);
	}
	assert_int_equal(n, 1);
	(void)closedir(dir);
}

/* Mounts of these tests are nobody else's. */
static inline int private_mounts(void **state)
{
	(void)state;
	if (unshare(CLONE_NEWNS) < 0)
		return -1;
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

static inline struct digest id_of(unsigned number)
{
	return digest_of(&number, sizeof(number));
}

static inline struct snapshot_draft *new_draft(const struct fixture *fixture)
{
	struct snapshot_draft *draft = NULL;
	struct error err = ERROR_INIT;

	must(snapshot_draft_new(fixture->snapshots, &draft, &err), &err);
	return draft;
}

static inline void commit(struct snapshot_draft *draft, unsigned number)
{
	struct digest id = id_of(number);
	struct error err = ERROR_INIT;

	must(snapshot_commit(draft, &id, &err), &err);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

#endif
