/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mount points inside a hostile root: found, or made where they are missing, by a walk that holds
 * a descriptor at each component, resolves symlinks itself against the root, and cannot leave it.
 *
 * What was made as a place for a mount (a stub) is taken away again when every process of the step
 * is dead, by parent descriptor and name, and only if it is still the empty object that was made:
 * a step may put a symlink in its place (CVE-2024-23652). Taking it away leaves the parents' times
 * alone; making it does not, as in BuildKit, and a layer shows that only where the step changed
 * something in that directory.
 */
#ifndef CBUILD_SANDBOX_TARGET_H
#define CBUILD_SANDBOX_TARGET_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { TARGET_SYMLINKS_MAX = 40 };

struct stub {
	int parent_fd;
	char *name;
	dev_t dev;
	ino_t ino;
	bool is_dir;
};

struct stubs {
	struct stub *items;
	size_t len, size;
};

#define STUBS_INIT         \
	{                  \
		NULL, 0, 0 \
	}

void stubs_release(struct stubs *stubs);
/* Frees what another process, which is gone, has left in this one's memory: not the descriptors. */
void stubs_forget(struct stubs *stubs);
DEFINE_RELEASE(struct stubs, stubs_release);

/* How a missing part is made. */
struct target_maker {
	bool is_file; /* the last component; everything before it is a directory */
	uint32_t uid, gid;
	bool records_owner;  /* instead of setting it (base/fs_owner.h) */
	struct stubs *stubs; /* NULL: what is made stays */
};

/*
 * An O_PATH descriptor of root_path (cleaned) below root_fd; what is missing is made, directories
 * 0755. Magic links of procfs are refused.
 */
int target_open(int root_fd, const char *root_path, const struct target_maker *maker, int *ret_fd,
		struct error *err) must_check;

/* Unmounts what is mounted on them: a mount point cannot be removed from below its mount. */
void stubs_uncover(const struct stubs *stubs);
/* Last made first. What somebody changed stays, silently: it is the step's own work. */
int stubs_remove(const struct stubs *stubs, struct error *err) must_check;

#endif
