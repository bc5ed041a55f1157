/* SPDX-License-Identifier: Apache-2.0 */
#include "failed_files.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/fs_copy.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_MODE_MASK = 0777 };

struct exporting {
	const struct exec_env *env;
	const struct exec_failed_files *wanted;
	struct snapshot_view *view;
	int dest_fd;
	const char *top; /* cleaned root path of what was asked for */
	const char
		*name; /* of a single file below dest; NULL: of a directory, with what is in it */
	size_t n_entries, n_files, n_skipped;
};

/* --- one thing ---------------------------------------------------------------------------------
 */

/* Where it goes, below the destination; the caller's. "" is the destination itself. */
static char *place_of(const struct exporting *exporting, const char *path)
{
	size_t len = strlen(exporting->top);

	if (exporting->name)
		return xstrdup(exporting->name);
	return xstrdup(path + len + (len && path[len] == '/'));
}

/* Links that lie in the destination may lead about in it, but not out of it. */
static int open_parent(const struct exporting *exporting, const char *place, int *ret_fd,
		       struct error *err)
{
	autofree char *parent = path_parent(place);
	int found = fs_open_beneath(exporting->dest_fd, *parent ? parent : ".",
				    O_RDONLY | O_DIRECTORY, 0, ret_fd, err);

	return found == 0 ? error_set(err, ERROR_CHANGED, "'%s' went away", parent) : found;
}

static int write_file(const struct exporting *exporting, const struct fs_entry *entry,
		      int parent_fd, const char *name, struct error *err)
{
	const struct timespec times[2] = { { entry->mtime, entry->mtime_nsec },
					   { entry->mtime, entry->mtime_nsec } };
	autoclose int from_fd = -1;

	int found = snapshot_view_open_file(exporting->view, entry->path, &from_fd, err);
	if (found <= 0)
		return found < 0 ? -1
				 : error_set(err, ERROR_CHANGED, "'/%s' went away", entry->path);
	autoclose int fd =
		openat(parent_fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_sys(err, "make '%s'", name);
	if (fs_copy_content(from_fd, fd, err) < 0)
		return -1;
	if (fchmod(fd, entry->mode & FILE_MODE_MASK) < 0 || futimens(fd, times) < 0)
		return error_sys(err, "set mode and time of '%s'", name);
	return 0;
}

static int make_dir(int parent_fd, const char *name, struct error *err)
{
	struct stat st;

	if (mkdirat(parent_fd, name, FILE_MODE_MASK) == 0)
		return 0;
	if (errno == EEXIST && fstatat(parent_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISDIR(st.st_mode))
		return 0;
	return error_sys(err, "make directory '%s'", name);
}

/* What stood there under that name makes room, unless it is a directory. */
static int write_entry(struct exporting *exporting, const struct fs_entry *entry, const char *place,
		       struct error *err)
{
	const char *name = path_base_name(place);
	autoclose int parent_fd = -1;

	if (open_parent(exporting, place, &parent_fd, err) < 0)
		return -1;
	if (entry->type == FS_DIR)
		return make_dir(parent_fd, name, err);
	if (unlinkat(parent_fd, name, 0) < 0 && errno != ENOENT)
		return error_sys(err, "replace '%s'", name);
	exporting->n_files++;
	if (entry->type == FS_FILE)
		return write_file(exporting, entry, parent_fd, name, err);
	if (symlinkat(entry->target, parent_fd, name) < 0)
		return error_sys(err, "make link '%s'", name);
	return 0;
}

static int visit(void *context, const struct fs_entry *entry, uint64_t dev, uint64_t inode,
		 struct error *err)
{
	struct exporting *exporting = context;
	autofree char *place = place_of(exporting, entry->path);

	(void)dev;
	(void)inode;
	if (!*place)
		return 0;
	if (entry->type != FS_FILE && entry->type != FS_DIR && entry->type != FS_SYMLINK) {
		exporting->n_skipped++;
		return 0;
	}
	if (exporting->n_entries++ >= FAILED_FILES_MAX)
		return error_set(err, ERROR_CORRUPT, "more than %d files and directories",
				 FAILED_FILES_MAX);
	return write_entry(exporting, entry, place, err);
}

/* --- one --export-on-failure -------------------------------------------------------------------
 */

/* So much of the path only the caller made: below another destination lies what a step made. */
static size_t own_len(const struct exporting *exporting, const char *host_path)
{
	size_t shortest = strlen(host_path);

	for (size_t i = 0; i < exporting->env->n_failed_files; i++) {
		const char *dest = exporting->env->failed_files[i].dest;
		size_t len = strlen(dest);
		while (len > 1 && dest[len - 1] == '/')
			len--;
		if (len < shortest && strncmp(dest, host_path, len) == 0 &&
		    (host_path[len] == '/' || len == 1))
			shortest = len;
	}
	return shortest;
}

/* A link on the way may be a step's: none is followed. */
static int enter_dirs(char *names, int *dir_fd, struct error *err)
{
	for (char *name; (name = strsep(&names, "/"));) {
		if (!*name)
			continue;
		if (mkdirat(*dir_fd, name, FILE_MODE_MASK) < 0 && errno != EEXIST)
			return error_sys(err, "make directory '%s'", name);
		int fd = openat(*dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			return error_sys(err, "open directory '%s'", name);
		(void)close(*dir_fd);
		*dir_fd = fd;
	}
	return 0;
}

static int open_dir(const struct exporting *exporting, const char *host_path, int *ret_fd,
		    struct error *err)
{
	size_t len = own_len(exporting, host_path);
	autofree char *own = xstrndup(host_path, len), *rest = xstrdup(host_path + len);
	autoclose int fd = -1;

	if (fs_make_dirs(AT_FDCWD, own, FILE_MODE_MASK, err) < 0 ||
	    fs_open_dir(own, false, &fd, err) < 0 || enter_dirs(rest, &fd, err) < 0)
		return -1;
	*ret_fd = take_fd(&fd);
	return 0;
}

/* A file gets the destination's name, or keeps its own in a directory that is there. */
static int open_dest_of_file(struct exporting *exporting, char **ret_name, struct error *err)
{
	const char *dest = exporting->wanted->dest;
	size_t len = strlen(dest);
	struct stat st;

	bool is_dir = dest[len - 1] == '/' || (stat(dest, &st) == 0 && S_ISDIR(st.st_mode));
	autofree char *parent = is_dir ? xstrdup(dest) : xstrndup(dest, len);
	char *slash = strrchr(parent, '/');
	if (!is_dir)
		slash[slash == parent] = '\0';
	*ret_name = xstrdup(is_dir ? path_base_name(exporting->top) : path_base_name(dest));
	return open_dir(exporting, parent, &exporting->dest_fd, err);
}

static int export_tree(struct exporting *exporting, const struct fs_entry *entry, struct error *err)
{
	autofree char *name = NULL;
	int result = 0;

	if (entry->type == FS_DIR)
		result = open_dir(exporting, exporting->wanted->dest, &exporting->dest_fd, err);
	else
		result = open_dest_of_file(exporting, &name, err);
	if (result < 0)
		return -1;
	exporting->name = name;
	result = snapshot_view_walk(exporting->view, exporting->top, visit, exporting, err);
	(void)close(take_fd(&exporting->dest_fd));
	return result;
}

static int export_one(const struct step_job *job, struct exporting *exporting, int root_fd,
		      struct error *err)
{
	const struct snapshot_format format = {
		.has_recorded_owners = step_job_records_owners(job),
	};
	cleanup(snapshot_view_free) struct snapshot_view *view = NULL;
	autofree char *path = path_clean(exporting->wanted->path), *top = NULL;
	struct fs_entry entry = { 0 };

	if (snapshot_view_of_plain(&format, root_fd, &view, err) < 0 ||
	    snapshot_view_resolve(view, path, true, &top, err) < 0)
		return -1;
	int found = snapshot_view_find(view, top, &entry, err);
	if (found <= 0)
		return found < 0 ? -1 : error_set(err, ERROR_NOT_FOUND, "not found");
	exporting->view = view;
	exporting->top = top;
	return export_tree(exporting, &entry, err);
}

void failed_files_export(const struct step_job *job, int root_fd)
{
	const struct exec_env *env = job->env;

	for (size_t i = 0; i < env->n_failed_files; i++) {
		const struct exec_failed_files *wanted = &env->failed_files[i];
		struct exporting exporting = { .env = env, .wanted = wanted, .dest_fd = -1 };
		struct error err = ERROR_INIT;
		if (wanted->stage != job->step->stage)
			continue;
		if (export_one(job, &exporting, root_fd, &err) < 0)
			job_warn(job->channel, "--export-on-failure %s: %s", wanted->path,
				 err.text);
		else
			job_note(job->channel, "%zu file%s of %s: in %s", exporting.n_files,
				 exporting.n_files == 1 ? "" : "s", wanted->path, wanted->dest);
		if (exporting.n_skipped)
			job_warn(job->channel,
				 "--export-on-failure %s: %zu devices, pipes or sockets were left "
				 "out",
				 wanted->path, exporting.n_skipped);
	}
}
