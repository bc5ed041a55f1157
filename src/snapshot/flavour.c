/* SPDX-License-Identifier: Apache-2.0 */
/* What a store's folder of snapshots is called, and what can be read of one that is there. */
#include "state.h"

#include "base/dir.h"
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char *const MAPS[] = { "/proc/self/uid_map", "/proc/self/gid_map" };
enum { MAP_SIZE_MAX = 64 * 1024 };

static void read_map(const char *path, struct buf *text)
{
	struct error err = ERROR_INIT;

	if (fs_read_whole(AT_FDCWD, path, MAP_SIZE_MAX, path, text, &err) < 0)
		buf_clear(text);
}

/* Trusted attributes belong to the root of the machine alone. */
const struct snapshot_driver *driver_for_process(void)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	unsigned inside = 1, outside = 1, count = 0;

	if (geteuid() != 0)
		return &driver_overlay_user;
	read_map(MAPS[0], &text);
	if (text.len && (sscanf(text.data, "%u %u %u", &inside, &outside, &count) != 3 || inside ||
			 outside || count != UINT32_MAX))
		return &driver_overlay_user;
	return &driver_overlay_trusted;
}

/* What stands on disk depends on the map of ids, so each map has a folder of its own. */
void flavour_add_name(const struct snapshot_driver *driver, struct buf *path)
{
	cleanup(buf_release) struct buf maps = BUF_INIT;

	buf_add_text(path, driver->name);
	if (driver == &driver_overlay_trusted)
		return;
	/* root's copies have the owners that they say they have */
	if (driver != &driver_overlay_user && driver_for_process() == &driver_overlay_trusted) {
		buf_add_text(path, "-root");
		return;
	}
	for (size_t i = 0; i < countof(MAPS); i++) {
		cleanup(buf_release) struct buf map = BUF_INIT;
		read_map(MAPS[i], &map);
		buf_add(&maps, map.data, map.len + 1);
	}
	struct digest digest = digest_of(maps.data, maps.len);
	buf_printf(path, "-%.16s", digest_hex(&digest).text);
}

/* --- those that are there --------------------------------------------------------------------- */

static const struct snapshot_driver *const drivers[] = {
	&driver_overlay_trusted, &driver_overlay_user, &driver_overlay_single, &driver_copy,
	&driver_copy_single,	 &driver_recorded
};

/* The longest name counts: "copy-single-..." is no "copy". */
static const struct snapshot_driver *driver_of_name(const char *name)
{
	const struct snapshot_driver *found = NULL;

	for (size_t i = 0; i < countof(drivers); i++) {
		size_t len = strlen(drivers[i]->name);
		if (strncmp(name, drivers[i]->name, len) == 0 && (!name[len] || name[len] == '-') &&
		    (!found || len > strlen(found->name)))
			found = drivers[i];
	}
	return found;
}

/*
 * Records are read as they were written, whoever reads them; owners only where ids mean what they
 * meant, and attributes of the machine's root only by root.
 */
static bool is_legible(const struct snapshot_driver *driver, const char *name)
{
	cleanup(buf_release) struct buf own = BUF_INIT;

	if (driver->format.has_records || driver->format.has_recorded_owners)
		return true;
	if (driver == &driver_overlay_trusted && driver_for_process() != driver)
		return false;
	flavour_add_name(driver, &own);
	return strcmp(own.data, name) == 0;
}

static bool is_same_dir(int a_fd, int b_fd)
{
	struct stat a, b;

	return a_fd >= 0 && b_fd >= 0 && fstat(a_fd, &a) == 0 && fstat(b_fd, &b) == 0 &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static enum snapshots_state judge(const struct snapshots *snapshots, const struct flavour *flavour,
				  const struct snapshot_driver *driver)
{
	if (is_same_dir(snapshots->flavour->dir_fd, flavour->dir_fd))
		return SNAPSHOTS_CURRENT;
	return driver && is_legible(driver, flavour->name) ? SNAPSHOTS_LEGIBLE : SNAPSHOTS_FOREIGN;
}

static int visit_flavour(struct snapshots *snapshots, int dir_fd, const char *name,
			 snapshots_visitor *visit, void *context, struct error *err)
{
	const struct snapshot_driver *driver = driver_of_name(name);
	struct flavour flavour = { .driver = driver_for_process(), .name = name };
	struct snapshots one = *snapshots;

	flavour.dir_fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (flavour.dir_fd < 0)
		return errno == ENOTDIR ? 0 : error_sys(err, "open 'snapshots/%s'", name);
	flavour.state = judge(snapshots, &flavour, driver);
	if (flavour.state == SNAPSHOTS_CURRENT)
		flavour.driver = snapshots->flavour->driver;
	if (flavour.state == SNAPSHOTS_LEGIBLE)
		flavour.driver = driver;
	one.flavour = &flavour;
	int result = visit(context, &one, err);
	(void)close(flavour.dir_fd);
	return result < 0 ? error_wrap(err, "snapshots/%s", name) : 0;
}

enum snapshots_state snapshots_state(const struct snapshots *flavour, const char **ret_name)
{
	*ret_name = flavour->flavour->name;
	return flavour->flavour->state;
}

int snapshots_each_flavour(struct snapshots *snapshots, snapshots_visitor *visit, void *context,
			   struct error *err)
{
	cleanup(dir_reader_close) struct dir_reader reader = { .fd = -1 };
	autoclose int dir_fd = -1;
	const char *name = NULL;
	unsigned char type = 0;
	int more;

	int found = fs_open_beneath(snapshots->root_fd, "snapshots", O_RDONLY | O_DIRECTORY, 0,
				    &dir_fd, err);
	if (found <= 0)
		return found;
	if (dir_reader_open(dir_fd, &reader, err) < 0)
		return -1;
	while ((more = dir_reader_next(&reader, &name, &type, err)) > 0)
		if (visit_flavour(snapshots, dir_fd, name, visit, context, err) < 0)
			return -1;
	return more;
}
