/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target over every file of the directories it is given. */
#include "fuzz_target.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { INPUT_MAX = 16 * 1024 * 1024 };

static int replay_file(int dir_fd, const char *name)
{
	cleanup(buf_release) struct buf input = BUF_INIT;
	struct error err = ERROR_INIT;

	if (fs_read_whole(dir_fd, name, INPUT_MAX, name, &input, &err) <= 0) {
		(void)fprintf(stderr, "%s: %s\n", name, err.text);
		return -1;
	}
	/* a copy of exactly this size, so that a sanitizer sees the first byte behind it */
	uint8_t *copy = malloc(input.len + 1);
	if (!copy)
		return -1;
	memcpy(copy + 1, input.data, input.len);
	(void)LLVMFuzzerTestOneInput(copy + 1, input.len);
	free(copy);
	return 0;
}

static int replay_dir(const char *path)
{
	int n = 0;
	DIR *dir = opendir(path);

	if (!dir) {
		perror(path);
		return -1;
	}
	for (const struct dirent *entry; (entry = readdir(dir)) && n >= 0;) {
		if (entry->d_name[0] == '.')
			continue;
		n = replay_file(dirfd(dir), entry->d_name) < 0 ? -1 : n + 1;
	}
	(void)closedir(dir);
	return n;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		int n = replay_dir(argv[i]);
		(void)printf("%s: %d inputs\n", argv[i], n);
		if (n <= 0)
			return 1;
	}
	return argc > 1 ? 0 : 2;
}
