/* SPDX-License-Identifier: Apache-2.0 */
#include "kit.h"

#include "capabilities.h"
#include "landlock.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/text.h"
#include "limits/cgroup.h"
#include "sandbox/sandbox.h"
#include "seccomp/filter.h"
#include "seccomp/profile.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>

enum { OOM_SCORE_ADDED = 500, OOM_SCORE_MAX = 1000 };

static bool has_cgroup2(void)
{
	struct statfs fs;

	return statfs("/sys/fs/cgroup", &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
}

static void add_hidden(struct mount_facts *facts, const char *host_path)
{
	struct stat st;

	if (lstat(host_path, &st) < 0)
		return;
	strv_add(S_ISDIR(st.st_mode) ? &facts->hidden_dirs : &facts->hidden_files, host_path + 1);
}

/* One directory a CPU, on machines that have them: a side channel (moby GHSA-6fw5-f8r9-fgfm). */
static void add_throttles(struct mount_facts *facts)
{
	static const char cpus[] = "/sys/devices/system/cpu";
	DIR *dir = opendir(cpus);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)) != NULL) {
		if (!text_has_prefix(entry->d_name, "cpu") || !text_is_digit(entry->d_name[3]))
			continue;
		autofree char *path = xasprintf("%s/%s/thermal_throttle", cpus, entry->d_name);
		add_hidden(facts, path);
	}
	if (dir)
		(void)closedir(dir);
}

/* Looked up once: a look into a fresh procfs or sysfs costs a step more than a mount in it. */
static void find_facts(struct mount_facts *facts)
{
	facts->has_cgroup2 = has_cgroup2();
	for (size_t i = 0; mount_list_hidden[i]; i++) {
		autofree char *path = xasprintf("/%s", mount_list_hidden[i]);
		add_hidden(facts, path);
	}
	add_throttles(facts);
}

static int find_builder(struct program_id *ret_id, struct error *err)
{
	struct stat st;

	if (stat("/proc/self/exe", &st) < 0)
		return error_sys(err, "look at our own program");
	*ret_id = (struct program_id){ st.st_dev, st.st_ino };
	return 0;
}

/* Relative to the builder's own; without procfs for this, the default. */
static int find_oom_score(void)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct error ignored;
	int score = 0;

	if (fs_read_whole(AT_FDCWD, "/proc/self/oom_score_adj", 64, "oom score", &text, &ignored) >
		    0 &&
	    sscanf(text.data, "%d", &score) != 1)
		score = 0;
	score += OOM_SCORE_ADDED;
	return score > OOM_SCORE_MAX ? OOM_SCORE_MAX : score;
}

static int compile_filter(const struct sandbox_policy *policy, struct buf *ret_filter,
			  struct error *err)
{
	uint64_t capabilities = capabilities_of_policy(policy, SANDBOX_NETWORK_HOST);
	struct filter_table table = policy->is_strict ? filter_strict_table : filter_default_table;

	table.capabilities = capabilities;
	if (policy->is_unfiltered)
		return 0;
	if (policy->profile)
		return filter_compile_profile(policy->profile, policy->profile_path, capabilities,
					      ret_filter, err);
	return filter_compile(&table, ret_filter, err);
}

int sandbox_kit_new(struct sandbox_kit **ret_kit, struct error *err)
{
	static const struct sandbox_policy none;

	return sandbox_kit_new_for(&none, ret_kit, err);
}

int sandbox_kit_new_for(const struct sandbox_policy *policy, struct sandbox_kit **ret_kit,
			struct error *err)
{
	cleanup(sandbox_kit_free) struct sandbox_kit *kit = xcalloc(1, sizeof(*kit));

	kit->policy = policy;
	kit->filter = (struct buf)BUF_INIT;
	kit->chroot_filter = (struct buf)BUF_INIT;
	kit->outer = cgroup_outer_open();
	kit->scope_fd = landlock_make_scope();
	if (compile_filter(policy, &kit->filter, err) < 0 ||
	    filter_compile_chroot(&kit->chroot_filter, err) < 0 ||
	    find_builder(&kit->builder, err) < 0)
		return -1;
	find_facts(&kit->facts);
	kit->facts.shows_system_paths = policy->shows_system_paths;
	kit->oom_score = find_oom_score();
	*ret_kit = take_ptr(&kit);
	return 0;
}

void sandbox_kit_free(struct sandbox_kit *kit)
{
	if (!kit)
		return;
	close_fd_at(&kit->scope_fd);
	buf_release(&kit->filter);
	buf_release(&kit->chroot_filter);
	strv_release(&kit->facts.hidden_files);
	strv_release(&kit->facts.hidden_dirs);
	cgroup_home_free(kit->cgroups);
	close_fd_at(&kit->outer.dir_fd);
	free(kit->limits.rlimits);
	free(kit);
}

bool sandbox_hides_abstract_sockets(const struct sandbox_kit *kit)
{
	return kit->scope_fd >= 0;
}
