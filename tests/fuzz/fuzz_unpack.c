/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a layer, unpacked beneath a root: it works or is refused, and nothing beside the
 * root changes. The first byte picks the mode. Headers get the checksums they need, or hardly any
 * input would be looked at.
 */
#include "fuzz_target.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "layer/unpack.h"

#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { BLOCK = 512, AT_CHECKSUM = 148, AT_MAGIC = 257, SIZE_LIMIT = 1 << 20 };

struct place {
	char path[64];
	int fd, root_fd;
};

static void mend_checksums(uint8_t *tar, size_t size)
{
	for (size_t at = 0; at + BLOCK <= size; at += BLOCK) {
		unsigned sum = 0;
		char text[8];
		if (memcmp(tar + at + AT_MAGIC, "ustar", 5) != 0)
			continue;
		memset(tar + at + AT_CHECKSUM, ' ', sizeof(text));
		for (size_t i = 0; i < BLOCK; i++)
			sum += tar[at + i];
		(void)snprintf(text, sizeof(text), "%06o", sum);
		memcpy(tar + at + AT_CHECKSUM, text, 7);
	}
}

static int set_no_owner(void *context, int fd, const char *name, uint32_t uid, uint32_t gid,
			struct error *err)
{
	(void)context, (void)fd, (void)name, (void)uid, (void)gid, (void)err;
	return 0;
}

static void make_place(struct place *place)
{
	int result = 0;

	strcpy(place->path, "/tmp/cbuild-fuzz-XXXXXX");
	if (!mkdtemp(place->path))
		abort();
	place->fd = open(place->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	result |= mkdirat(place->fd, "root", 0700) | mkdirat(place->fd, "canary", 0700);
	result |= mkdirat(place->fd, "canary/dir", 0700);
	place->root_fd = openat(place->fd, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert(result == 0 && place->root_fd >= 0);
}

static unsigned count_names(int dir_fd, const char *path)
{
	DIR *dir = fdopendir(openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	unsigned n = 0;

	assert(dir);
	while (readdir(dir))
		n++;
	(void)closedir(dir);
	return n;
}

static void check_and_remove(struct place *place)
{
	struct error err = ERROR_INIT;
	struct stat st;

	/* "." and ".." are counted too */
	assert(count_names(place->fd, ".") == 4 && count_names(place->fd, "canary") == 3 &&
	       count_names(place->fd, "canary/dir") == 2);
	assert(fstatat(place->fd, "canary", &st, 0) == 0 && (st.st_mode & 07777) == 0700);
	(void)close(place->root_fd);
	(void)close(place->fd);
	int tmp_fd = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fs_remove_tree(tmp_fd, place->path + strlen("/tmp/"), &err) < 0) {
		(void)fprintf(stderr, "%s\n", err.text);
		abort();
	}
	(void)close(tmp_fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct unpack_options options = { .overlay_prefix = "user.overlay.",
					  .set_owner = set_no_owner,
					  .skips_devices = true,
					  .max_size = SIZE_LIMIT,
					  .max_entries = 1000 };
	struct unpack_result result;
	struct error err = ERROR_INIT;
	struct place place;

	if (!size || size > SIZE_LIMIT)
		return 0;
	options.mode = data[0] & 1 ? UNPACK_MERGE : UNPACK_OVERLAY_LOWER;
	size--;
	autofree uint8_t *tar = xmalloc(size + 1);
	memcpy(tar, data + 1, size);
	mend_checksums(tar, size);
	autoclose int fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (fs_write_all(fd, tar, size, &err) < 0)
		return 0;
	make_place(&place);
	if (layer_unpack(fd, place.root_fd, &options, NULL, &result, &err) == 0) {
		struct digest digest = digest_of(tar, size);
		assert(result.size != size || digest_equal(&digest, &result.diff_id));
	} else {
		assert(err.text[0]);
	}
	check_and_remove(&place);
	return 0;
}
