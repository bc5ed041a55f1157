/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include "state.h"

#include "base/alloc.h"
#include "base/dir.h"
#include "base/fs.h"
#include "base/lock.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static const char LAYOUT[] = "{\"imageLayoutVersion\":\"1.0.0\"}";
static const char EMPTY_INDEX[] =
	"{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"manifests\":[]}";

enum { VERSION_SIZE_MAX = 32 };

void store_close(struct store *store)
{
	if (!store)
		return;
	if (store->lease && store->owner == getpid())
		lease_end(store->lease);
	if (store->lease)
		lease_release(store->lease);
	free(store->lease);
	if (store->blobs_fd >= 0)
		(void)close(store->blobs_fd);
	if (store->root_fd >= 0)
		(void)close(store->root_fd);
	free(store->path);
	free(store);
}

/* 1 a version that we know, 0 none yet (or one that was torn before the store was ever used). */
static int read_version(const struct store *store, struct error *err)
{
	char text[VERSION_SIZE_MAX + 1] = { 0 };
	autoclose int fd = openat(store->root_fd, "version", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	uint64_t version = 0;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return error_sys(err, "open 'version'");
	ssize_t len = read(fd, text, VERSION_SIZE_MAX);
	if (len < 0)
		return error_sys(err, "read 'version'");
	if (!len)
		return 0;
	text[strcspn(text, "\n")] = '\0';
	if (text_parse_unsigned(text, UINT32_MAX, &version, err) < 0 || !version) {
		err->code = ERROR_CORRUPT;
		return error_wrap(err, "'version'");
	}
	if (version > STORE_VERSION)
		return error_set(
			err, ERROR_UNSUPPORTED,
			"it has format %llu, this cbuild knows formats up to %d: use a newer "
			"cbuild, or another directory with --root",
			(unsigned long long)version, STORE_VERSION);
	return 1;
}

static bool is_ours(const char *name)
{
	static const char *const names[] = {
		"blobs",   "cache",	 "index.json", "leases",    "lock", "lost+found",
		"members", "oci-layout", "partial",    "snapshots", "tmp",  "version",
	};

	for (size_t i = 0; i < countof(names); i++)
		if (strcmp(names[i], name) == 0 ||
		    (text_has_prefix(name, names[i]) && name[strlen(names[i])] == '.'))
			return true;
	return false;
}

/* A mistyped --root must not fill somebody's home directory. */
static int refuse_foreign_directory(const struct store *store, struct error *err)
{
	cleanup(dir_reader_close) struct dir_reader reader = { .fd = -1 };
	const char *name = NULL;
	unsigned char type = 0;
	int more;

	if (dir_reader_open(store->root_fd, &reader, err) < 0)
		return -1;
	while ((more = dir_reader_next(&reader, &name, &type, err)) > 0)
		if (!is_ours(name))
			return error_set(
				err, ERROR_USAGE,
				"it is neither empty nor a store (there is '%s' in it): choose "
				"another directory with --root",
				name);
	return more;
}

static int make_dir(const struct store *store, const char *name, struct error *err)
{
	if (mkdirat(store->root_fd, name, 0700) < 0 && errno != EEXIST)
		return error_sys(err, "make directory '%s'", name);
	return 0;
}

static int write_missing(const struct store *store, const char *name, const char *text,
			 struct error *err)
{
	struct stat st;

	if (fstatat(store->root_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_size > 0)
		return 0;
	return fs_write_atomic(store->root_fd, name, text, strlen(text), 0600, err);
}

/* The version is written last: a store that has one is complete. */
static int make_layout(const struct store *store, struct error *err)
{
	static const char *const dirs[] = { "blobs", "blobs/sha256", "leases", "tmp" };

	if (fchmod(store->root_fd, 0700) < 0)
		return error_sys(err, "change mode");
	for (size_t i = 0; i < countof(dirs); i++)
		if (make_dir(store, dirs[i], err) < 0)
			return -1;
	autofree char *version = xasprintf("%d\n", STORE_VERSION);
	if (write_missing(store, "oci-layout", LAYOUT, err) < 0 ||
	    write_missing(store, "index.json", EMPTY_INDEX, err) < 0)
		return -1;
	return fs_write_atomic(store->root_fd, "version", version, strlen(version), 0600, err);
}

static int make_store(const struct store *store, struct error *err)
{
	autoclose int lock = -1;

	if (refuse_foreign_directory(store, err) < 0 ||
	    lock_take(store->root_fd, "lock", LOCK_EXCLUSIVE, &lock, err) < 0)
		return -1;
	int found = read_version(store, err);
	if (found)
		return found < 0 ? -1 : 0;
	return make_layout(store, err);
}

static int check_owner(const struct store *store, struct error *err)
{
	struct stat st;

	if (fstat(store->root_fd, &st) < 0)
		return error_sys(err, "stat");
	if (st.st_uid != geteuid())
		return error_set(
			err, ERROR_PERMISSION,
			"it belongs to user %u, and this is user %u: a store has one user; "
			"choose another directory with --root",
			st.st_uid, geteuid());
	return 0;
}

static int open_parts(struct store *store, struct error *err)
{
	if (check_owner(store, err) < 0)
		return -1;
	int found = read_version(store, err);
	if (found < 0 || (!found && make_store(store, err) < 0))
		return -1;
	store->blobs_fd =
		openat(store->root_fd, "blobs/sha256", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (store->blobs_fd < 0)
		return error_sys(err, "open 'blobs/sha256'");
	struct lease lease = LEASE_INIT;
	if (lease_take(store->root_fd, &lease, err) < 0)
		return -1;
	store->lease = xmalloc(sizeof(lease));
	*store->lease = lease;
	return 0;
}

int store_open(const char *host_path, struct store **ret_store, struct error *err)
{
	cleanup(store_close) struct store *store = xcalloc(1, sizeof(*store));

	*store = (struct store){
		.path = xstrdup(host_path),
		.root_fd = open(host_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		.blobs_fd = -1,
		.owner = getpid(),
	};
	if (store->root_fd < 0 && fs_open_dir(host_path, true, &store->root_fd, err) < 0)
		return error_wrap(err, "store");
	if (open_parts(store, err) < 0)
		return error_wrap(err, "store '%s'", host_path);
	*ret_store = take_ptr(&store);
	return 0;
}

int store_root_fd(const struct store *store)
{
	return store->root_fd;
}

int store_tmp_fd(const struct store *store)
{
	return lease_tmp_fd(store->lease);
}

void store_dir_fds(const struct store *store, int fds[STORE_DIR_FDS])
{
	const struct lease *lease = store->lease;
	const int open_fds[STORE_DIR_FDS] = { store->root_fd, store->blobs_fd, lease->all_fd,
					      lease->all_tmp_fd, lease->tmp_fd };

	memcpy(fds, open_fds, sizeof(open_fds));
}

int store_sweep_again(const struct store *store, struct error *err)
{
	return lease_sweep_again(store->lease, err);
}

int store_clear_tmp(const struct store *store)
{
	return lease_clear_tmp(store->lease);
}

/* Where a file has a name from its birth (NFS, some of FUSE) it loses it at once. */
static int open_and_unlink(int dir_fd)
{
	cleanup(buf_release) struct buf name = BUF_INIT;

	fs_random_name("nameless", &name);
	int fd = openat(dir_fd, name.data, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		(void)unlinkat(dir_fd, name.data, 0);
	return fd;
}

int store_open_nameless(const struct store *store, int *ret_fd, struct error *err)
{
	int dir_fd = store->lease->all_tmp_fd;
	int fd = openat(dir_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
		fd = open_and_unlink(dir_fd);
	if (fd < 0)
		return error_sys(err, "temporary file in the store");
	*ret_fd = fd;
	return 0;
}

/* Apart from the leases, all of which somebody may sweep. */
static const char PINS_LOCK[] = "leases.lock";

int store_pin(struct store *store, const struct digest *digests, size_t n, struct error *err)
{
	autoclose int lock = -1;

	if (!n)
		return 0;
	if (lock_take(store->root_fd, PINS_LOCK, LOCK_SHARED, &lock, err) < 0)
		return -1;
	return lease_pin(store->lease, digests, n, err);
}

int store_collect(struct store *store, struct map *pins, int *ret_lock_fd, struct error *err)
{
	autoclose int lock = -1;

	if (lock_take(store->root_fd, PINS_LOCK, LOCK_EXCLUSIVE, &lock, err) < 0)
		return -1;
	int said = lease_read_pins(store->lease, pins, err);
	if (said > 0)
		*ret_lock_fd = take_fd(&lock);
	return said;
}

int store_is_idle(const struct store *store, struct error *err)
{
	return lease_is_alone(store->lease, err);
}

const char *store_path(const struct store *store)
{
	return store->path;
}
