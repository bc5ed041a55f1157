/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

#include "secret.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/json.h"
#include "context/owner_list.h"
#include "layer/unpack.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { COPY_SIZE = 256 * 1024 };

void fetched_tree_release(struct fetched_tree *tree)
{
	free(tree->dir);
	free(tree->dockerfile);
	free(tree->owners);
	free(tree->dockerfile_name);
	*tree = (struct fetched_tree)FETCHED_TREE_INIT;
}

void fetched_tree_encode(const struct fetched_tree *tree, struct buf *record)
{
	cleanup(value_free) json_t *object = json_object();

	value_set_text(object, "dir", tree->dir);
	value_set_text(object, "dockerfile", tree->dockerfile);
	value_set_text(object, "dockerfileName", tree->dockerfile_name);
	value_set_text(object, "owners", tree->owners);
	json_object_set_new(object, "keepsOwners", json_boolean(tree->keeps_owners));
	if (tree->has_time)
		json_object_set_new(object, "time", json_integer(tree->time));
	value_write(object, 0, record);
}

static char *dup_or_null(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

int fetched_tree_decode(const char *record, size_t len, struct fetched_tree *ret_tree,
			struct error *err)
{
	cleanup(value_free) json_t *object = NULL;
	const char *dir = NULL, *dockerfile = NULL, *name = NULL, *owners = NULL;
	bool keeps_owners = false;
	int64_t seconds = 0;

	if (value_read(record, len, "fetched context", &object, err) < 0 ||
	    value_get_text(object, "dir", &dir, err) < 0 ||
	    value_get_text(object, "dockerfile", &dockerfile, err) < 0 ||
	    value_get_text(object, "dockerfileName", &name, err) < 0 ||
	    value_get_text(object, "owners", &owners, err) < 0 ||
	    value_get_bool(object, "keepsOwners", &keeps_owners, err) < 0)
		return -1;
	int has_time = value_get_integer(object, "time", &seconds, err);
	if (has_time < 0)
		return -1;
	if (!dir)
		return error_set(err, ERROR_CORRUPT, "a fetched context without a directory");
	*ret_tree = (struct fetched_tree){ .dir = xstrdup(dir),
					   .dockerfile = dup_or_null(dockerfile),
					   .dockerfile_name = dup_or_null(name),
					   .keeps_owners = keeps_owners,
					   .owners = dup_or_null(owners),
					   .has_time = has_time > 0,
					   .time = seconds };
	return 0;
}

void fetched_tree_remove(const struct fetch_env *env, const struct fetched_tree *tree)
{
	struct error ignored = ERROR_INIT;
	/* a git repository's subdirectory is a path: all of it goes */
	autofree char *top = xstrndup(tree->dir, strcspn(tree->dir, "/"));

	(void)!fs_remove_tree(store_tmp_fd(env->store), top, &ignored);
}

void tree_draft_release(struct tree_draft *draft)
{
	struct error ignored = ERROR_INIT;

	if (draft->fd >= 0)
		(void)close(draft->fd);
	/* what cannot be removed now is swept with the lease */
	if (draft->name)
		(void)!fs_remove_tree(store_tmp_fd(draft->env->store), draft->name, &ignored);
	free(draft->name);
	*draft = (struct tree_draft)TREE_DRAFT_INIT;
}

int tree_draft_open(const struct fetch_env *env, const char *prefix, struct tree_draft *ret_draft,
		    struct error *err)
{
	cleanup(buf_release) struct buf name = BUF_INIT;
	int tmp_fd = store_tmp_fd(env->store);

	if (tmp_fd < 0)
		return error_sys(err, "make a directory in the store's tmp/");
	fs_random_name(prefix, &name);
	if (mkdirat(tmp_fd, name.data, 0755) < 0)
		return error_sys(err, "make directory '%s'", name.data);
	struct tree_draft draft = { .env = env, .name = buf_take(&name), .fd = -1 };
	int found = fs_open_beneath(tmp_fd, draft.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0,
				    &draft.fd, err);
	if (found <= 0 || fchmod(draft.fd, 0755) < 0) {
		tree_draft_release(&draft);
		return found < 0 ? -1 : error_set(err, ERROR_SYSTEM, "a directory went away");
	}
	*ret_draft = draft;
	return 0;
}

/* --- archives and files ----------------------------------------------------------------------- */

static int note_owner(void *context, int fd, const char *name, uint32_t uid, uint32_t gid,
		      struct error *err)
{
	return owner_draft_add(context, fd, name, uid, gid, err);
}

/* Where files cannot be given to others, whose they are is kept beside them. */
static int unpack_as_user(const struct fetch_env *env, int fd, int dir_fd,
			  struct unpack_options *options, const struct progress *progress,
			  struct unpack_result *ret_result, char **ret_owners, struct error *err)
{
	cleanup(buf_release) struct buf name = BUF_INIT;

	fs_random_name("owners", &name);
	autoclose int owners_fd = openat(store_tmp_fd(env->store), name.data,
					 O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (owners_fd < 0)
		return error_sys(err, "make '%s'", name.data);
	cleanup(owner_draft_release) struct owner_draft owners = OWNER_DRAFT_INIT(owners_fd);
	options->skips_devices = true;
	options->set_owner = note_owner;
	options->set_owner_context = &owners;
	if (layer_unpack(fd, dir_fd, options, progress, ret_result, err) < 0 ||
	    owner_draft_finish(&owners, err) < 0)
		return -1;
	*ret_owners = buf_take(&name);
	return 0;
}

static int unpack(const struct fetch_env *env, int fd, struct job_channel *channel,
		  struct fetched_tree *ret_tree, struct error *err)
{
	cleanup(tree_draft_release) struct tree_draft draft = TREE_DRAFT_INIT;
	struct unpack_options options = { .mode = UNPACK_MERGE, .max_size = FETCH_SIZE_MAX };
	struct progress progress = job_progress(channel);
	struct unpack_result result;
	autofree char *owners = NULL;

	if (tree_draft_open(env, "context", &draft, err) < 0)
		return -1;
	int unpacked = geteuid() == 0
			       ? layer_unpack(fd, draft.fd, &options, &progress, &result, err)
			       : unpack_as_user(env, fd, draft.fd, &options, &progress, &result,
						&owners, err);
	if (unpacked < 0)
		return -1;
	if (result.n_skipped_devices)
		job_warn(channel, "%llu devices of the archive are left out: only root makes them",
			 (unsigned long long)result.n_skipped_devices);
	*ret_tree = (struct fetched_tree){ .dir = take_ptr(&draft.name),
					   .owners = take_ptr(&owners),
					   .keeps_owners = true };
	return 0;
}

static int copy_into(int fd, int dir_fd, const char *name, mode_t mode, int64_t modified,
		     struct error *err)
{
	autofree char *block = xmalloc(COPY_SIZE);
	autoclose int out_fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	size_t len = COPY_SIZE;

	if (out_fd < 0 || fchmod(out_fd, mode) < 0)
		return error_sys(err, "make '%s'", name);
	if (lseek(fd, 0, SEEK_SET) < 0)
		return error_sys(err, "rewind");
	while (len == COPY_SIZE)
		if (fs_read_full(fd, block, COPY_SIZE, &len, err) < 0 ||
		    fs_write_all(out_fd, block, len, err) < 0)
			return -1;
	const struct timespec times[2] = { { .tv_sec = modified }, { .tv_sec = modified } };
	if (futimens(out_fd, times) < 0)
		return error_sys(err, "set the time of '%s'", name);
	return 0;
}

int tree_with_file(const struct fetch_env *env, int fd, const char *file_name, int64_t modified,
		   struct fetched_tree *ret_tree, struct error *err)
{
	cleanup(tree_draft_release) struct tree_draft draft = TREE_DRAFT_INIT;

	if (tree_draft_open(env, "context", &draft, err) < 0 ||
	    (file_name && copy_into(fd, draft.fd, file_name, 0600, modified, err) < 0))
		return -1;
	*ret_tree = (struct fetched_tree){ .dir = take_ptr(&draft.name) };
	return 0;
}

static int keep_dockerfile(const struct fetch_env *env, int fd, const char *what,
			   const char *file_name, struct fetched_tree *tree, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_sys(err, "%s", what);
	if (!st.st_size)
		return error_set(err, ERROR_SYNTAX, "%s is empty", what);
	if (st.st_size > FETCH_DOCKERFILE_MAX)
		return error_set(err, ERROR_SYNTAX,
				 "%s is no archive, and as a Dockerfile larger than %d bytes", what,
				 FETCH_DOCKERFILE_MAX);
	tree->dockerfile_name = xstrdup(file_name ? file_name : "Dockerfile");
	if (file_name) {
		tree->dockerfile = xasprintf("%s/%s", tree->dir, file_name);
		return 0;
	}
	cleanup(buf_release) struct buf name = BUF_INIT;
	fs_random_name("dockerfile", &name);
	if (copy_into(fd, store_tmp_fd(env->store), name.data, 0600, 0, err) < 0)
		return -1;
	tree->dockerfile = buf_take(&name);
	return 0;
}

int tree_of_file(const struct fetch_env *env, int fd, const char *what, const char *file_name,
		 struct job_channel *channel, struct fetched_tree *ret_tree, struct error *err)
{
	cleanup(fetched_tree_release) struct fetched_tree tree = FETCHED_TREE_INIT;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return error_sys(err, "rewind %s", what);
	int is_archive = layer_is_archive(fd, err);
	if (is_archive < 0)
		return error_wrap(err, "%s", what);
	if (is_archive) {
		if (unpack(env, fd, channel, ret_tree, err) < 0)
			return error_wrap(err, "%s: unpack the archive", what);
		return 0;
	}
	if (tree_with_file(env, fd, file_name, 0, &tree, err) < 0 ||
	    keep_dockerfile(env, fd, what, file_name, &tree, err) < 0)
		return -1;
	*ret_tree = tree;
	tree = (struct fetched_tree)FETCHED_TREE_INIT;
	return 0;
}

/* --- secrets ---------------------------------------------------------------------------------- */

void secret_release(struct buf *value)
{
	if (value->len)
		explicit_bzero(value->data, value->len);
	buf_release(value);
}

int secret_read(const struct fetch_env *env, const char *id, const char *prefix,
		struct buf *ret_value, struct error *err)
{
	cleanup(secret_release) struct buf value = BUF_INIT;

	int found = env->secret ? env->secret(env->secret_context, id, &value, err) : 0;
	if (found <= 0)
		return found;
	while (value.len &&
	       (value.data[value.len - 1] == '\n' || value.data[value.len - 1] == '\r'))
		buf_truncate(&value, value.len - 1);
	if (value.len > FETCH_SECRET_MAX)
		return error_set(err, ERROR_USAGE,
				 "secret '%s' is longer than %d bytes: it cannot go into a header",
				 id, FETCH_SECRET_MAX);
	for (size_t i = 0; i < value.len; i++)
		if ((unsigned char)value.data[i] < 0x20 || value.data[i] == 0x7f)
			return error_set(
				err, ERROR_USAGE,
				"secret '%s' holds a control character: it cannot go into a "
				"header",
				id);
	/* all at once, so that no copy is left behind by a growing buffer */
	buf_reserve(ret_value, strlen(prefix) + value.len + 1);
	buf_printf(ret_value, "%s%s", prefix, value.data);
	return 1;
}
