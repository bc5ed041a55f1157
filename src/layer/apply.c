/* SPDX-License-Identifier: Apache-2.0 */
#include "apply.h"

#include "apply_link.h"
#include "apply_xattr.h"
#include "entry_name.h"
#include "tree_marks.h"

#include "base/fs.h"
#include "base/fs_record.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

void apply_init(struct apply *apply, int dir_fd, struct tar_reader *reader,
		const struct unpack_options *options)
{
	*apply = (struct apply){ .options = options,
				 .reader = reader,
				 .path = BUF_INIT,
				 .parent = BUF_INIT,
				 .target = BUF_INIT };
	tree_init(&apply->tree, dir_fd, options);
}

void apply_release(struct apply *apply)
{
	tree_release(&apply->tree);
	buf_release(&apply->path);
	buf_release(&apply->parent);
	buf_release(&apply->target);
}

static struct tree_meta meta_of(const struct apply *apply, const struct tar_item *item)
{
	struct tree_meta meta = { .mode = item->mode,
				  .uid = item->uid,
				  .gid = item->gid,
				  .mtime = { item->mtime, (long)item->mtime_nsec } };

	/* BuildKit's ADD knows no time before 1970 */
	if (apply->options->mode == UNPACK_MERGE && item->mtime < 0)
		meta.mtime = (struct timespec){ 0 };
	if (apply->options->has_owner) {
		meta.uid = apply->options->uid;
		meta.gid = apply->options->gid;
	}
	return meta;
}

static int write_at(int fd, const char *data, size_t len, uint64_t offset, struct error *err)
{
	while (len) {
		ssize_t n = pwrite(fd, data, len, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_sys(err, "write");
		data += n;
		len -= (size_t)n;
		offset += (size_t)n;
	}
	return 0;
}

/* Holes stay holes. */
static int write_content(struct apply *apply, const struct tar_item *item, int fd,
			 struct error *err)
{
	const void *data = NULL;
	uint64_t offset = 0, end = 0;
	size_t len = 0;

	for (;;) {
		int found = tar_reader_data(apply->reader, &data, &len, &offset, err);
		if (found < 0)
			return -1;
		if (!found)
			break;
		if (offset > item->size || len > item->size - offset)
			return error_set(err, ERROR_CORRUPT, "more content than was declared");
		if (write_at(fd, data, len, offset, err) < 0)
			return -1;
		if (len)
			end = offset + len;
	}
	if (end < item->size && ftruncate(fd, (off_t)item->size) < 0)
		return error_sys(err, "set the size");
	return 0;
}

static int set_file_meta(struct apply *apply, const struct tar_item *item, int fd,
			 struct error *err)
{
	struct tree_meta meta = meta_of(apply, item);
	struct timespec times[2] = { meta.mtime, meta.mtime };

	bool has_records = apply->options->has_records;
	/* in this order: a new owner takes away set-id bits and capabilities */
	if (tree_set_owner(&apply->tree, fd, NULL, meta.uid, meta.gid, err) < 0)
		return -1;
	if (has_records && tree_record(fd, S_IFREG, &meta, 0, 0, err) < 0)
		return -1;
	if (!has_records && fchmod(fd, meta.mode) < 0)
		return error_sys(err, "set the mode");
	if (apply_xattrs(apply->reader, fd, true, has_records, err) < 0)
		return -1;
	return futimens(fd, times) < 0 ? error_sys(err, "set the time") : 0;
}

/* Tries first: most often there is nothing of that name. */
static int create_file(struct apply *apply, const char *name, struct error *err)
{
	enum { FLAGS = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC };

	int fd = openat(apply->tree.fd, name, FLAGS, 0600);
	if (fd < 0 && errno == EEXIST) {
		if (tree_clear(&apply->tree, name, err) < 0)
			return -1;
		fd = openat(apply->tree.fd, name, FLAGS, 0600);
	}
	return fd < 0 ? error_sys(err, "create") : fd;
}

static int apply_file(struct apply *apply, const struct tar_item *item, const char *name,
		      struct error *err)
{
	autoclose int fd = create_file(apply, name, err);

	if (fd < 0 || tree_take_mark(&apply->tree, apply->tree.fd, name, err) < 0 ||
	    write_content(apply, item, fd, err) < 0)
		return -1;
	return set_file_meta(apply, item, fd, err);
}

static int apply_dir(struct apply *apply, const struct tar_item *item, const char *name,
		     struct error *err)
{
	struct tree_meta meta = meta_of(apply, item);
	autoclose int fd = -1;

	if (tree_make_dir(&apply->tree, name, &fd, err) < 0 ||
	    apply_xattrs(apply->reader, fd, false, apply->options->has_records, err) < 0)
		return -1;
	return tree_set_dir_meta(&apply->tree, fd, apply->path.data, &meta, err);
}

static bool is_device(const struct tar_item *item)
{
	return item->type == FS_CHAR_DEVICE || item->type == FS_BLOCK_DEVICE;
}

/* A plain file says what it stands for; another name of a file keeps what that is. */
static int record_node(struct apply *apply, const struct tar_item *item, const char *name,
		       struct error *err)
{
	struct tree_meta meta = meta_of(apply, item);
	struct timespec times[2] = { meta.mtime, meta.mtime };
	struct fs_record before = { .mode = S_IFREG };
	autoclose int fd =
		openat(apply->tree.fd, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	uint32_t type = S_IFREG;

	if (fd < 0 || fs_record_read(fd, NULL, &before, err) < 0)
		return fd < 0 ? error_sys(err, "open") : -1;
	if (item->type == FS_HARDLINK)
		type = before.mode & S_IFMT;
	else if (item->type == FS_CHAR_DEVICE)
		type = S_IFCHR;
	else if (item->type == FS_BLOCK_DEVICE)
		type = S_IFBLK;
	else if (item->type == FS_FIFO)
		type = S_IFIFO;
	if (tree_record(fd, type, &meta, item->dev_major, item->dev_minor, err) < 0)
		return -1;
	return futimens(fd, times) < 0 ? error_sys(err, "set the time") : 0;
}

static int set_node_owner(struct apply *apply, const struct tar_item *item, const char *name,
			  const struct tree_meta *meta, struct error *err)
{
	const struct fs_entry device = { .type = item->type,
					 .dev_major = item->dev_major,
					 .dev_minor = item->dev_minor };
	int dir_fd = apply->tree.fd;

	if (is_device(item) && apply->options->has_recorded_owners)
		return tree_record_device(dir_fd, name, &device, meta->uid, meta->gid, err);
	return tree_set_owner(&apply->tree, dir_fd, name, meta->uid, meta->gid, err);
}

/* Owner, mode (not of symlinks, which have none) and time of what is never opened. */
static int set_node_meta(struct apply *apply, const struct tar_item *item, const char *name,
			 struct error *err)
{
	struct tree_meta meta = meta_of(apply, item);
	struct timespec times[2] = { meta.mtime, meta.mtime };
	int dir_fd = apply->tree.fd;

	if (apply->options->has_records && item->type != FS_SYMLINK)
		return record_node(apply, item, name, err);
	if (set_node_owner(apply, item, name, &meta, err) < 0)
		return -1;
	if (item->type != FS_SYMLINK && fchmodat(dir_fd, name, meta.mode, AT_SYMLINK_NOFOLLOW) < 0)
		return error_sys(err, "set the mode");
	if (utimensat(dir_fd, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return error_sys(err, "set the time");
	return 0;
}

/* In place of what cannot be made or could not be owned. */
static bool is_stood_for(const struct apply *apply, const struct tar_item *item)
{
	if (apply->options->has_recorded_owners)
		return is_device(item);
	return apply->options->has_records && item->type != FS_SYMLINK;
}

static int make_node(struct apply *apply, const struct tar_item *item, const char *name)
{
	const struct fs_entry entry = { .type = item->type,
					.target = item->target,
					.dev_major = item->dev_major,
					.dev_minor = item->dev_minor };

	if (is_stood_for(apply, item))
		return mknodat(apply->tree.fd, name, S_IFREG | 0600, 0);
	return fs_entry_make_node(apply->tree.fd, name, &entry);
}

/* Symlinks, devices and FIFOs. */
static int apply_node(struct apply *apply, const struct tar_item *item, const char *name,
		      struct error *err)
{
	if (item->type == FS_CHAR_DEVICE && !item->dev_major && !item->dev_minor)
		return error_set(err, ERROR_CORRUPT,
				 "character device 0/0, which overlayfs would take for a deletion");
	if (item->type == FS_SYMLINK && strlen(item->target) >= UNPACK_PATH_MAX)
		return error_set(err, ERROR_CORRUPT, "symlink target has more than %d bytes",
				 UNPACK_PATH_MAX - 1);
	if (is_device(item) && apply->options->skips_devices) {
		apply->n_skipped_devices++;
		return 0;
	}
	/* checked before anything is made */
	if (apply_xattrs(apply->reader, -1, false, false, err) < 0)
		return -1;
	int result = make_node(apply, item, name);
	if (result < 0 && errno == EEXIST) {
		if (tree_clear(&apply->tree, name, err) < 0)
			return -1;
		result = make_node(apply, item, name);
	}
	if (result < 0)
		return error_sys(err, item->type == FS_SYMLINK ? "make symlink" : "make node");
	if (tree_take_mark(&apply->tree, apply->tree.fd, name, err) < 0)
		return -1;
	return set_node_meta(apply, item, name, err);
}

/*
 * In a merge the link's own header says what owner, mode and time the file has from now on, as in
 * BuildKit (a new owner takes the capabilities away); in a layer it is a name and nothing else.
 */
static int apply_link(struct apply *apply, const struct tar_item *item, const char *name,
		      struct error *err)
{
	struct tar_item same = *item;
	struct stat st;

	if (apply_hard_link(apply, item, name, err) < 0 ||
	    tree_take_mark(&apply->tree, apply->tree.fd, name, err) < 0)
		return -1;
	if (apply->options->mode != UNPACK_MERGE)
		return 0;
	if (tree_find(&apply->tree, name, &st, err) < 0)
		return -1;
	if (S_ISLNK(st.st_mode)) {
		/* a symlink keeps the time that its first name gave it */
		same.type = FS_SYMLINK;
		same.mtime = st.st_mtim.tv_sec;
		same.mtime_nsec = (uint32_t)st.st_mtim.tv_nsec;
	}
	return set_node_meta(apply, &same, name, err);
}

/* The root is the caller's in a merge; a layer may say what it shall be. */
static int apply_root(struct apply *apply, const struct tar_item *item, struct error *err)
{
	struct tree_meta meta = meta_of(apply, item);

	if (item->type != FS_DIR)
		return error_set(err, ERROR_CORRUPT, "the root of the archive is no directory");
	if (apply->options->mode == UNPACK_MERGE)
		return 0;
	if (tree_leave(&apply->tree, err) < 0 ||
	    apply_xattrs(apply->reader, apply->tree.root_fd, false, apply->options->has_records,
			 err) < 0)
		return -1;
	return tree_set_dir_meta(&apply->tree, apply->tree.root_fd, "", &meta, err);
}

/*
 * Deletes in the layers below only: what this layer itself has under the name stays, whichever
 * comes first in the archive, and a directory then hides what is below it.
 */
static int apply_whiteout(struct apply *apply, const char *name, struct error *err)
{
	struct stat st;

	int made = tree_mark_gone(&apply->tree, name, err);
	if (made)
		return made < 0 ? -1 : 0;
	int found = tree_find(&apply->tree, name, &st, err);
	if (found <= 0 || !S_ISDIR(st.st_mode))
		return found < 0 ? -1 : 0;
	autoclose int fd =
		openat(apply->tree.fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_sys(err, "open directory '%s'", name);
	return tree_mark_opaque(&apply->tree, fd, err);
}

static int enter_parent(struct apply *apply, const struct tar_item *item, const char **ret_name,
			struct error *err)
{
	const char *name = path_base_name(apply->path.data);
	struct timespec mtime = { item->mtime, (long)item->mtime_nsec };
	size_t len = (size_t)(name - apply->path.data);

	buf_clear(&apply->parent);
	buf_add(&apply->parent, apply->path.data, len ? len - 1 : 0);
	*ret_name = name;
	return tree_enter(&apply->tree, apply->parent.data, &mtime, err);
}

static int apply_mark(struct apply *apply, enum entry_meaning meaning, const char *name,
		      struct error *err)
{
	if (meaning == ENTRY_WHITEOUT)
		return apply_whiteout(apply, name, err);
	if (!*apply->parent.data)
		apply->is_root_opaque = true;
	return tree_mark_opaque(&apply->tree, apply->tree.fd, err);
}

static int apply_named(struct apply *apply, const struct tar_item *item, struct error *err)
{
	enum entry_meaning meaning = ENTRY_ORDINARY;
	const char *name = NULL, *deleted = NULL;

	if (apply->options->mode == UNPACK_OVERLAY_LOWER &&
	    entry_name_read(apply->path.data, &meaning, &deleted, err) < 0)
		return -1;
	if (meaning == ENTRY_IGNORED)
		return 0;
	if (enter_parent(apply, item, &name, err) < 0)
		return -1;
	if (meaning != ENTRY_ORDINARY)
		return apply_mark(apply, meaning, deleted, err);
	if (item->type == FS_FILE)
		return apply_file(apply, item, name, err);
	if (item->type == FS_DIR)
		return apply_dir(apply, item, name, err);
	if (item->type == FS_HARDLINK)
		return apply_link(apply, item, name, err);
	return apply_node(apply, item, name, err);
}

/* As ADD has it: an entry without a name is the root, which stays as it is. */
static bool is_nameless(const struct apply *apply, const struct tar_item *item)
{
	return apply->options->mode == UNPACK_MERGE && !*item->path;
}

int apply_item(struct apply *apply, const struct tar_item *item, struct error *err)
{
	if (is_nameless(apply, item))
		return 0;
	if (entry_name_clean(item->path, "name", &apply->path, err) < 0)
		return -1;
	int result = apply->path.len ? apply_named(apply, item, err) : apply_root(apply, item, err);
	if (result == 0)
		return 0;
	/* the archive's fault, not the machine's */
	if (err->sys == ENAMETOOLONG || err->sys == ELOOP)
		err->code = ERROR_CORRUPT;
	return error_wrap(err, "'%.300s'", apply->path.data);
}

int apply_finish(struct apply *apply, struct error *err)
{
	return tree_finish(&apply->tree, err);
}
