/* SPDX-License-Identifier: Apache-2.0 */
#include "kit.h"

#include "seccomp_filter.h"

#include "base/alloc.h"
#include "sandbox/sandbox.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

static bool has_cgroup2(void)
{
	struct statfs fs;

	return statfs("/sys/fs/cgroup", &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
}

/* One directory a CPU, on machines that have them: a side channel (moby GHSA-6fw5-f8r9-fgfm). */
static void find_throttles(struct strv *ret_paths)
{
	static const char cpus[] = "/sys/devices/system/cpu";
	struct stat st;
	DIR *dir = opendir(cpus);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)) != NULL) {
		autofree char *path = xasprintf("%s/%s/thermal_throttle", cpus, entry->d_name);
		if (entry->d_name[0] == 'c' && stat(path, &st) == 0)
			strv_add(ret_paths, path + 1);
	}
	if (dir)
		(void)closedir(dir);
}

int sandbox_kit_new(struct sandbox_kit **ret_kit, struct error *err)
{
	cleanup(sandbox_kit_free) struct sandbox_kit *kit = xcalloc(1, sizeof(*kit));

	kit->filter = (struct buf)BUF_INIT;
	if (filter_compile(&filter_default_table, &kit->filter, err) < 0 ||
	    namespaces_read(AT_FDCWD, "/proc", &kit->outer, err) < 0)
		return -1;
	kit->facts.has_cgroup2 = has_cgroup2();
	find_throttles(&kit->facts.masked);
	*ret_kit = take_ptr(&kit);
	return 0;
}

void sandbox_kit_free(struct sandbox_kit *kit)
{
	if (!kit)
		return;
	buf_release(&kit->filter);
	strv_release(&kit->facts.masked);
	free(kit);
}
