/* SPDX-License-Identifier: Apache-2.0 */
#include "layer/member_files.h"

#include "member_record.h"

#include "base/alloc.h"
#include "base/aside.h"
#include "base/dir.h"
#include "base/fs.h"
#include "base/trace.h"
#include "base/vec.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char FOLDER[] = "members";

/* 1/0/-1; 0 = this store has none yet. */
static int open_folder(int root_fd, int *ret_fd, struct error *err)
{
	int fd = openat(root_fd, FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : error_sys(err, "open '%s'", FOLDER);
	*ret_fd = fd;
	return 1;
}

int member_file_put(int root_fd, int tmp_fd, const struct digest *blob, const struct buf *index,
		    struct error *err)
{
	cleanup(aside_release) struct aside aside = ASIDE_INIT;
	autoclose int folder_fd = -1;

	if (mkdirat(root_fd, FOLDER, 0700) < 0 && errno != EEXIST)
		return error_sys(err, "make '%s'", FOLDER);
	int found = open_folder(root_fd, &folder_fd, err);
	if (found <= 0)
		return found < 0 ? -1 : error_set(err, ERROR_SYSTEM, "'%s' went away", FOLDER);
	if (aside_open(tmp_fd, 0600, &aside, err) < 0 ||
	    fs_write_all(aside.fd, index->data, index->len, err) < 0)
		return error_wrap(err, "member index");
	int placed = aside_place(&aside, folder_fd, digest_hex(blob).text, err);
	if (placed)
		return placed < 0 ? -1 : 0;
	return aside_replace(&aside, folder_fd, digest_hex(blob).text, err);
}

int member_file_remove(int root_fd, const struct digest *blob, struct error *err)
{
	autoclose int folder_fd = -1;
	int found = open_folder(root_fd, &folder_fd, err);

	if (found <= 0)
		return found;
	if (unlinkat(folder_fd, digest_hex(blob).text, 0) < 0 && errno != ENOENT)
		return error_sys(err, "remove the member index of %s", digest_format(blob).text);
	return 0;
}

/* 1/0/-1 */
static int read_one(int folder_fd, const struct digest *blob, struct member_index **ret_index,
		    struct error *err)
{
	cleanup(member_index_free) struct member_index *index = NULL;
	autofree char *what = xasprintf("member index of %s", digest_format(blob).text);
	autoclose int fd = openat(folder_fd, digest_hex(blob).text,
				  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : error_sys(err, "open the %s", what);
	if (member_index_read(fd, what, &index, err) < 0)
		return -1;
	if (!digest_equal(member_index_blob(index), blob))
		return error_set(err, ERROR_CORRUPT, "%s is that of another blob", what);
	*ret_index = take_ptr(&index);
	return 1;
}

int member_file_read(int root_fd, const struct digest *blob, struct member_index **ret_index,
		     struct error *err)
{
	autoclose int folder_fd = -1;
	int found = open_folder(root_fd, &folder_fd, err);

	return found <= 0 ? found : read_one(folder_fd, blob, ret_index, err);
}

static bool parse_name(const char *name, struct digest *ret_digest)
{
	struct error ignored = ERROR_INIT;
	autofree char *text = xasprintf("sha256:%s", name);

	return strlen(name) == DIGEST_HEX_LEN && digest_parse(text, ret_digest, &ignored) == 0;
}

int member_files_list(int root_fd, member_file_visitor *visit, void *context, struct error *err)
{
	cleanup(dir_reader_close) struct dir_reader reader = { .fd = -1 };
	const char *name = NULL;
	unsigned char type = 0;
	struct digest blob;

	int more = dir_reader_open_at(root_fd, FOLDER, &reader, err);
	if (more <= 0)
		return more;
	while ((more = dir_reader_next(&reader, &name, &type, err)) > 0)
		if (parse_name(name, &blob) && visit(context, &blob, err) < 0)
			return -1;
	return more;
}

/* --- the newest ------------------------------------------------------------------------------- */

struct candidate {
	struct digest blob;
	struct timespec written;
	uint64_t size;
};

struct candidates {
	int folder_fd;
	VEC(struct candidate) list;
};

/* What has one member is not opened at all: its size says so. */
static int add_candidate(void *context, const struct digest *blob, struct error *err)
{
	struct candidates *candidates = context;
	struct candidate candidate = { .blob = *blob };
	struct stat st;

	(void)err;
	if (fstatat(candidates->folder_fd, digest_hex(blob).text, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISREG(st.st_mode) || (size_t)st.st_size < member_index_size(2))
		return 0;
	candidate.written = st.st_mtim;
	candidate.size = (uint64_t)st.st_size;
	vec_push(&candidates->list, candidate);
	return 0;
}

static int compare_age(const void *a, const void *b)
{
	const struct candidate *left = a, *right = b;

	if (left->written.tv_sec != right->written.tv_sec)
		return left->written.tv_sec < right->written.tv_sec ? 1 : -1;
	if (left->written.tv_nsec != right->written.tv_nsec)
		return left->written.tv_nsec < right->written.tv_nsec ? 1 : -1;
	return memcmp(left->blob.bytes, right->blob.bytes, DIGEST_SIZE);
}

static void load_candidates(const struct candidates *candidates, struct member_files *files)
{
	uint64_t size = 0;

	files->items = xcalloc(candidates->list.len, sizeof(struct member_index *));
	for (size_t i = 0; i < candidates->list.len && files->len < MEMBER_FILES_READ_MAX; i++) {
		const struct candidate *candidate = &candidates->list.items[i];
		struct error err = ERROR_INIT;
		struct member_index *index = NULL;
		size += candidate->size;
		if (size > MEMBER_FILES_BYTES_MAX)
			break;
		if (read_one(candidates->folder_fd, &candidate->blob, &index, &err) > 0)
			files->items[files->len++] = index;
		else
			trace("layer", "an earlier blob is of no help: %s", err.text);
	}
}

void member_files_load(int root_fd, struct member_files *ret_files)
{
	struct candidates candidates = { .folder_fd = -1 };
	struct error err = ERROR_INIT;

	*ret_files = (struct member_files){ 0 };
	if (open_folder(root_fd, &candidates.folder_fd, &err) <= 0)
		return;
	if (member_files_list(root_fd, add_candidate, &candidates, &err) < 0)
		trace("layer", "earlier blobs are of no help: %s", err.text);
	if (candidates.list.len)
		qsort(candidates.list.items, candidates.list.len, sizeof(struct candidate),
		      compare_age);
	load_candidates(&candidates, ret_files);
	vec_release(&candidates.list);
	(void)close(candidates.folder_fd);
}

void member_files_release(struct member_files *files)
{
	for (size_t i = 0; i < files->len; i++)
		member_index_free(files->items[i]);
	free(files->items);
	*files = (struct member_files){ 0 };
}
