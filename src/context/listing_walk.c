/* SPDX-License-Identifier: Apache-2.0 */
#include "listing_walk.h"

#include "plain_open.h"

#include "base/alloc.h"
#include "base/dir.h"
#include "base/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

/* Something in a directory that is listed, or may have something below that is. */
struct child {
	char *name;
	char *target; /* of a symlink */
	struct stat st;
	struct ignore_state state; /* of a directory */
	bool is_kept;		   /* listed itself */
	bool is_whole;		   /* wanted, with all below */
};

/*
 * A directory on the way down. It is read in one go and closed before its children are visited, so
 * that depth costs no descriptors.
 */
struct frame {
	char *path;
	struct child self;
	bool is_listed;
	struct child *children;
	size_t n_children, at;
};

struct walk {
	int context_fd;
	const struct ignore *ignore; /* or NULL */
	const struct wanted *wanted;
	const struct content_memo *memo; /* or NULL */
	VEC(struct frame) frames;
	struct ignore_state state; /* of the entry at hand */
	struct walk_result *result;
};

void walk_result_release(struct walk_result *result)
{
	vec_release(&result->draft.records);
	buf_release(&result->draft.texts);
	vec_release(&result->unread);
	vec_release(&result->linked);
	strv_release(&result->matched_links);
}

static void child_release(struct child *child)
{
	free(child->name);
	free(child->target);
	ignore_state_release(&child->state);
}

static void frame_release(struct frame *frame)
{
	free(frame->path);
	child_release(&frame->self);
	for (size_t i = frame->at; i < frame->n_children; i++)
		child_release(&frame->children[i]);
	free(frame->children);
}

static void walk_release(struct walk *walk)
{
	for (size_t i = 0; i < walk->frames.len; i++)
		frame_release(&walk->frames.items[i]);
	vec_release(&walk->frames);
	ignore_state_release(&walk->state);
}
DEFINE_RELEASE(struct walk, walk_release);

static uint64_t add_text(struct buf *texts, const char *text)
{
	uint64_t at = texts->len;

	buf_add(texts, text, strlen(text) + 1);
	return at;
}

static void remember_file(struct walk *walk, const struct stat *st, size_t number)
{
	struct walk_result *result = walk->result;
	struct listing_record *record = &result->draft.records.items[number];
	struct digest digest;

	if (walk->memo && content_memo_find(walk->memo, st, &digest)) {
		record->has_digest = true;
		memcpy(record->digest, digest.bytes, DIGEST_SIZE);
	} else {
		vec_push(&result->unread, (struct unread_file){ .record = number, .st = *st });
	}
}

static int add_record(struct walk *walk, const char *path, const struct child *child,
		      struct error *err)
{
	struct walk_result *result = walk->result;
	struct listing_draft *draft = &result->draft;
	struct fs_entry entry = { .path = path };
	size_t number = draft->records.len;

	if (number == LISTING_ENTRIES_MAX)
		return error_set(err, ERROR_UNSUPPORTED,
				 "more than %d entries in the build context", LISTING_ENTRIES_MAX);
	fs_entry_from_stat(&child->st, &entry);
	vec_push(&draft->records, (struct listing_record){
					  .path_at = add_text(&draft->texts, path),
					  .path_len = (uint32_t)strlen(path),
					  .size = entry.size,
					  .mtime = entry.mtime,
					  .mtime_nsec = entry.mtime_nsec,
					  .mode = entry.mode,
					  .dev_major = entry.dev_major,
					  .dev_minor = entry.dev_minor,
					  .first_link = number,
					  .type = entry.type,
				  });
	struct listing_record *record = &draft->records.items[number];
	if (child->target) {
		record->target_at = add_text(&draft->texts, child->target);
		record->target_len = (uint32_t)strlen(child->target);
	}
	if (entry.type == FS_FILE)
		remember_file(walk, &child->st, number);
	if (entry.type != FS_DIR && child->st.st_nlink > 1)
		vec_push(&result->linked,
			 (struct linked_file){ child->st.st_dev, child->st.st_ino, number });
	return 0;
}

/* Lists the directories above what is about to be listed. */
static int list_parents(struct walk *walk, struct error *err)
{
	for (size_t i = 0; i < walk->frames.len; i++) {
		struct frame *frame = &walk->frames.items[i];
		if (frame->is_listed)
			continue;
		if (add_record(walk, frame->path, &frame->self, err) < 0)
			return -1;
		frame->is_listed = true;
	}
	return 0;
}

static int changed(const char *path, struct error *err)
{
	return error_set(err, ERROR_CHANGED, "'%s' in the build context changes while it is read",
			 path);
}

/* What stat and readlink say; 0 when it is gone again. */
static int stat_child(int dir_fd, const char *path, struct child *child, struct error *err)
{
	char target[PATH_MAX];

	if (fstatat(dir_fd, child->name, &child->st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : error_sys(err, "'%s' in the build context", path);
	if (!S_ISLNK(child->st.st_mode))
		return 1;
	ssize_t len = readlinkat(dir_fd, child->name, target, sizeof(target) - 1);
	if (len < 0)
		return errno == EINVAL || errno == ENOENT ? changed(path, err)
							  : error_sys(err, "read link '%s'", path);
	child->target = xstrndup(target, (size_t)len);
	return 1;
}

/*
 * Is the entry listed, or may something below it be? `type` is getdents' and may be unknown. Asks
 * for the ignore rules last: they cost more than the rest.
 */
static int judge_child(struct walk *walk, const struct frame *frame, const char *path,
		       unsigned char type, struct child *child, struct error *err)
{
	enum wanted_answer answer = WANTED_ALL;
	bool may_be_dir = type == DT_DIR || type == DT_UNKNOWN;
	bool may_be_link = type == DT_LNK || type == DT_UNKNOWN;

	if ((!frame->self.is_whole || may_be_link) &&
	    wanted_ask(walk->wanted, path, &answer, err) < 0)
		return -1;
	child->is_whole = frame->self.is_whole || answer >= WANTED_ALL;
	if (!child->is_whole && !(answer == WANTED_BELOW && may_be_dir))
		return 0;
	child->is_kept = child->is_whole;
	if (walk->ignore) {
		if (ignore_step(walk->ignore, &frame->self.state, path, &walk->state, err) < 0)
			return -1;
		child->is_kept = child->is_kept && !walk->state.is_ignored;
		if (walk->state.is_ignored &&
		    !(may_be_dir && ignore_may_reinclude(walk->ignore, &walk->state, path)))
			return 0;
	}
	if (answer == WANTED_MATCHED && may_be_link && child->is_kept)
		strv_add(&walk->result->matched_links, path);
	return 1;
}

/* Judges, and fills the child in; 1 it counts, 0 it does not. */
static int make_child(struct walk *walk, int dir_fd, const struct frame *frame, const char *path,
		      unsigned char type, struct child *child, struct error *err)
{
	int counts = judge_child(walk, frame, path, type, child, err);

	if (counts <= 0)
		return counts;
	counts = stat_child(dir_fd, path, child, err);
	if (counts <= 0)
		return counts;
	if (!S_ISDIR(child->st.st_mode))
		return child->is_kept;
	/* What applies to a directory is needed as long as its children are visited. */
	child->state = walk->state;
	walk->state = (struct ignore_state)IGNORE_STATE_INIT;
	return 1;
}

static int compare_children(const void *a, const void *b)
{
	return strcmp(((const struct child *)a)->name, ((const struct child *)b)->name);
}

static int read_children(struct walk *walk, struct dir_reader *reader, struct frame *frame,
			 struct error *err)
{
	size_t size = 0;
	const char *name = NULL;
	unsigned char type = 0;
	int more;

	while ((more = dir_reader_next(reader, &name, &type, err)) > 0) {
		struct child child = { .name = xstrdup(name) };
		autofree char *path = path_join(frame->path, name);
		int counts = make_child(walk, reader->fd, frame, path, type, &child, err);
		if (counts <= 0) {
			child_release(&child);
			if (counts < 0)
				return -1;
			continue;
		}
		if (frame->n_children == size) {
			size = size ? 2 * size : 16;
			frame->children = xrealloc(frame->children, size, sizeof(child));
		}
		frame->children[frame->n_children++] = child;
	}
	if (more == 0 && frame->n_children)
		qsort(frame->children, frame->n_children, sizeof(*frame->children),
		      compare_children);
	return more;
}

/* An ignored directory that we may not read is ignored with all that it may hold. */
static int enter_dir(struct walk *walk, struct frame *frame, struct error *err)
{
	cleanup(dir_reader_close) struct dir_reader reader = { .fd = -1 };
	int fd = plain_open(walk->context_fd, frame->path, O_RDONLY | O_DIRECTORY);

	if (fd < 0 && errno == EACCES && !frame->self.is_kept && frame->self.state.is_ignored)
		return 0;
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		return changed(frame->path, err);
	if (fd < 0)
		return error_sys(err, "open directory '%s' in the build context", frame->path);
	dir_reader_give(&reader, fd);
	return read_children(walk, &reader, frame, err);
}

/* Takes the child over. */
static int push_dir(struct walk *walk, char *path, struct child *child, struct error *err)
{
	struct frame frame = { .path = path, .self = *child };

	*child = (struct child){ .name = NULL };
	if (frame.self.is_kept &&
	    (list_parents(walk, err) < 0 || add_record(walk, frame.path, &frame.self, err) < 0)) {
		frame_release(&frame);
		return -1;
	}
	frame.is_listed = frame.self.is_kept;
	int result = enter_dir(walk, &frame, err);
	vec_push(&walk->frames, frame);
	return result;
}

static int visit_child(struct walk *walk, struct frame *frame, struct child *child,
		       struct error *err)
{
	autofree char *path = path_join(frame->path, child->name);

	if (S_ISDIR(child->st.st_mode))
		return push_dir(walk, take_ptr(&path), child, err);
	if (list_parents(walk, err) < 0)
		return -1;
	return add_record(walk, path, child, err);
}

static int push_root(struct walk *walk, struct error *err)
{
	struct child root = { .is_kept = true };
	enum wanted_answer answer = WANTED_NOT;

	if (fstat(walk->context_fd, &root.st) < 0)
		return error_sys(err, "build context");
	if (wanted_ask(walk->wanted, "", &answer, err) < 0)
		return -1;
	root.is_whole = answer >= WANTED_ALL;
	return push_dir(walk, xstrdup(""), &root, err);
}

int listing_walk(int context_fd, const struct ignore *ignore, const struct wanted *wanted,
		 const struct content_memo *memo, struct walk_result *result, struct error *err)
{
	cleanup(walk_release) struct walk walk = {
		.context_fd = context_fd,
		.ignore = ignore,
		.wanted = wanted,
		.memo = memo,
		.result = result,
	};

	/* The text that records without a target point to. */
	(void)add_text(&result->draft.texts, "");
	if (push_root(&walk, err) < 0)
		return -1;
	while (walk.frames.len) {
		struct frame *frame = &walk.frames.items[walk.frames.len - 1];
		if (frame->at == frame->n_children) {
			frame_release(frame);
			walk.frames.len--;
			continue;
		}
		/* The frame may move when its child becomes one. */
		struct child child = frame->children[frame->at++];
		int visited = visit_child(&walk, frame, &child, err);
		child_release(&child);
		if (visited < 0)
			return -1;
	}
	return 0;
}
