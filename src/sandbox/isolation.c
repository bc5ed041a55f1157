/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/isolation.h"

#include "isolation_check.h"
#include "user_namespace.h"

#include "base/alloc.h"
#include "base/mount_fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

struct isolation {
	enum sandbox_isolation wanted, mode; /* mode 0: not known yet */
	int user_namespace_fd;
	bool is_inside;	     /* the user namespace */
	bool has_own_mounts; /* root's, in a mount namespace */
	bool knows_sub_ids, has_sub_ids;
	struct buf line, refusal;
};

/* The strongest first. */
static const enum sandbox_isolation for_root[] = { ISOLATION_NS_ROOT, ISOLATION_NS_ROOTLESS,
						   ISOLATION_CHROOT, ISOLATION_NONE };
static const enum sandbox_isolation for_user[] = { ISOLATION_NS_ROOTLESS, ISOLATION_NS_SINGLE,
						   ISOLATION_NONE };

struct isolation *isolation_new(enum sandbox_isolation wanted)
{
	struct isolation *isolation = xcalloc(1, sizeof(*isolation));

	*isolation = (struct isolation){
		.wanted = wanted, .user_namespace_fd = -1, .line = BUF_INIT, .refusal = BUF_INIT
	};
	return isolation;
}

void isolation_free(struct isolation *isolation)
{
	if (!isolation)
		return;
	close_fd_at(&isolation->user_namespace_fd);
	buf_release(&isolation->line);
	buf_release(&isolation->refusal);
	free(isolation);
}

static void add_missing(struct buf *text, enum sandbox_isolation mode, const struct strv *missing)
{
	buf_printf(text, "%s%s: ", text->len ? "; " : "", sandbox_isolation_name(mode));
	for (size_t i = 0; i < missing->len; i++)
		buf_printf(text, "%s%s", i ? ", " : "", missing->items[i]);
}

static void describe(struct isolation *isolation, const struct buf *refused)
{
	static const char *const what[] = {
		[ISOLATION_NS_ROOT] = "namespaces of root's own",
		[ISOLATION_NS_ROOTLESS] = "a user namespace with sub-ids",
		[ISOLATION_NS_SINGLE] = "a user namespace with one id",
		[ISOLATION_CHROOT] = "a RUN sees the processes and the network of this container",
		[ISOLATION_NONE] = "no RUN is possible",
	};

	buf_printf(&isolation->line, "isolation: %s (%s)", sandbox_isolation_name(isolation->mode),
		   what[isolation->mode]);
	if (isolation->mode > ISOLATION_NS_ROOTLESS && refused->len)
		buf_add_text(&isolation->line, "; 'cbuild doctor' says what would allow more");
}

/* The very settings, for who wants to run something where nothing can be run. */
static int explain_none(struct isolation *isolation, struct error *err)
{
	static const enum sandbox_isolation modes[] = { ISOLATION_NS_ROOTLESS, ISOLATION_NS_SINGLE,
							ISOLATION_CHROOT, ISOLATION_NS_ROOT };
	struct buf *text = &isolation->refusal;

	buf_add_text(text, "a RUN needs another isolation than 'none'");
	for (size_t i = 0; i < countof(modes); i++) {
		cleanup(strv_release) struct strv missing = STRV_INIT;
		int works = isolation_check(modes[i], &missing, err);
		if (works < 0)
			return -1;
		buf_printf(text, "; %s %s", sandbox_isolation_name(modes[i]),
			   works ? "works here" : "needs ");
		for (size_t k = 0; k < missing.len; k++)
			buf_printf(text, "%s%s", k ? ", " : "", missing.items[k]);
	}
	return 0;
}

static int try_mode(struct isolation *isolation, enum sandbox_isolation mode, struct buf *refused,
		    struct error *err)
{
	cleanup(strv_release) struct strv missing = STRV_INIT;

	int works = isolation_try(mode, &isolation->user_namespace_fd, &missing, err);
	if (works < 0)
		return -1;
	if (works)
		isolation->mode = mode;
	else
		add_missing(refused, mode, &missing);
	return works;
}

int isolation_ensure(struct isolation *isolation, struct error *err)
{
	cleanup(buf_release) struct buf refused = BUF_INIT;
	const enum sandbox_isolation *modes = geteuid() == 0 ? for_root : for_user;
	size_t n = geteuid() == 0 ? countof(for_root) : countof(for_user);

	if (isolation->mode)
		return 0;
	if (isolation->wanted != ISOLATION_AUTO) {
		modes = &isolation->wanted;
		n = 1;
	}
	for (size_t i = 0; i < n && !isolation->mode; i++)
		if (try_mode(isolation, modes[i], &refused, err) < 0)
			return -1;
	if (!isolation->mode)
		return error_set(err, ERROR_PERMISSION,
				 "--isolation=%s is not possible here (%s); 'cbuild doctor' says "
				 "what is",
				 sandbox_isolation_name(isolation->wanted), refused.data);
	describe(isolation, &refused);
	if (isolation->mode == ISOLATION_NONE && explain_none(isolation, err) < 0)
		return -1;
	return 1;
}

enum sandbox_isolation isolation_mode(const struct isolation *isolation)
{
	return isolation->mode;
}

static bool has_sub_ids(struct isolation *isolation)
{
	if (!isolation->knows_sub_ids)
		isolation->has_sub_ids = isolation_has_sub_ids();
	isolation->knows_sub_ids = true;
	return isolation->has_sub_ids;
}

bool isolation_emulates(struct isolation *isolation)
{
	enum sandbox_isolation mode = isolation->mode ? isolation->mode : isolation->wanted;

	if (mode == ISOLATION_AUTO)
		return geteuid() != 0 && !has_sub_ids(isolation);
	return mode == ISOLATION_NS_SINGLE;
}

const char *isolation_line(const struct isolation *isolation)
{
	return isolation->line.data;
}

const char *isolation_refuses_run(const struct isolation *isolation)
{
	return isolation->refusal.len ? isolation->refusal.data : NULL;
}

bool isolation_is_inside(const struct isolation *isolation)
{
	return isolation->is_inside;
}

bool isolation_has_namespace(const struct isolation *isolation)
{
	return isolation->user_namespace_fd >= 0;
}

int isolation_namespace(const struct isolation *isolation)
{
	return isolation->user_namespace_fd;
}

/* By their paths, and only if those still lead to what they were. */
static int open_again(const int *dir_fds, size_t n, struct error *err)
{
	char path[PATH_MAX + 1];

	for (size_t i = 0; i < n; i++) {
		if (dir_fds[i] < 0)
			continue;
		if (mount_fd_path(dir_fds[i], path, sizeof(path)) < 0)
			return error_sys(err, "find the path of an open directory");
		if (mount_fd_follow(dir_fds[i], O_RDONLY | O_DIRECTORY) == 0)
			continue;
		return errno == ESTALE
			       ? error_set(err, ERROR_SYSTEM, "'%s' was replaced meanwhile", path)
			       : error_sys(err, "open '%s' again, in a mount namespace", path);
	}
	return 0;
}

/*
 * Where mounts cannot stand nowhere until they are attached, root's jobs need a namespace for them,
 * too.
 */
static int enter_mounts(struct isolation *isolation, const int *dir_fds, size_t n,
			struct error *err)
{
	if (isolation->has_own_mounts || mount_fd_has_calls())
		return 0;
	if (mount_fd_enter_namespace() < 0)
		return error_sys(err, "make a mount namespace");
	if (open_again(dir_fds, n, err) < 0)
		return -1;
	isolation->has_own_mounts = true;
	return 0;
}

int isolation_enter(struct isolation *isolation, const int *dir_fds, size_t n, struct error *err)
{
	if (isolation->is_inside)
		return 0;
	if (isolation->user_namespace_fd < 0)
		return isolation->mode == ISOLATION_NS_ROOT
			       ? enter_mounts(isolation, dir_fds, n, err)
			       : 0;
	if (user_namespace_enter(isolation->user_namespace_fd, err) < 0 ||
	    open_again(dir_fds, n, err) < 0)
		return -1;
	isolation->is_inside = true;
	return 0;
}

const char *sandbox_isolation_name(enum sandbox_isolation isolation)
{
	switch (isolation) {
	case ISOLATION_AUTO:
		return "auto";
	case ISOLATION_NS_ROOT:
		return "root";
	case ISOLATION_NS_ROOTLESS:
		return "rootless";
	case ISOLATION_NS_SINGLE:
		return "single-id";
	case ISOLATION_CHROOT:
		return "chroot";
	case ISOLATION_NONE:
		return "none";
	}
	return "unknown";
}
