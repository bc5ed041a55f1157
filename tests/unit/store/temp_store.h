/* SPDX-License-Identifier: Apache-2.0 */
/* A store in a directory of its own below the working directory, gone after the test. */
#ifndef CBUILD_TESTS_TEMP_STORE_H
#define CBUILD_TESTS_TEMP_STORE_H

#include "../cmocka_head.h"
#include "base/fs.h"
#include "store/store.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

struct temp_store {
	char path[32];
	struct store *store;
};

static inline void must(int result, const struct error *err)
{
	if (result < 0)
		fail_msg("%s", err->text);
}

static inline int temp_store_setup(void **state)
{
	struct temp_store *temp = calloc(1, sizeof(*temp));
	struct error err = ERROR_INIT;

	strcpy(temp->path, "store.XXXXXX");
	if (!mkdtemp(temp->path) || store_open(temp->path, &temp->store, &err) < 0)
		return -1;
	*state = temp;
	return 0;
}

static inline int temp_store_teardown(void **state)
{
	struct temp_store *temp = *state;
	struct error err = ERROR_INIT;

	store_close(temp->store);
	int result = fs_remove_tree(AT_FDCWD, temp->path, &err);
	free(temp);
	return result;
}

/* How many names are in a directory of the store. */
static inline int count_names(const struct temp_store *temp, const char *name)
{
	autofree char *path = NULL;
	int n = 0;

	assert_true(asprintf(&path, "%s/%s", temp->path, name) > 0);
	DIR *dir = opendir(path);
	assert_non_null(dir);
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
		n += entry->d_name[0] != '.';
	(void)closedir(dir);
	return n;
}

static inline void write_text(const struct temp_store *temp, const char *name, const char *text)
{
	autofree char *path = NULL;

	assert_true(asprintf(&path, "%s/%s", temp->path, name) > 0);
	(void)unlink(path);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* Waits for all and says how many did not end with 0. */
static inline int wait_for_children(int n)
{
	int n_failed = 0;

	for (int i = 0; i < n; i++) {
		int status = 0;
		assert_true(wait(&status) > 0);
		n_failed += status != 0;
	}
	return n_failed;
}

#endif
