/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that is mounted over the root of a step, as an ordered list of values: a pure function
 * of the spec and of what the machine has. mounts.h puts it into effect.
 */
#ifndef CBUILD_SANDBOX_MOUNT_LIST_H
#define CBUILD_SANDBOX_MOUNT_LIST_H

#include "base/arena.h"
#include "base/strv.h"
#include "sandbox/spec.h"

#include <sys/types.h>

enum mount_op {
	MOUNT_NEW = 1,	 /* a new file system: type, flags (MS_), options */
	MOUNT_SCRATCH,	 /* the directory `source` of the scratch file system */
	MOUNT_LINK,	 /* a symlink in /dev, to `source` */
	MOUNT_DEVICE,	 /* a device node */
	MOUNT_READONLY,	 /* what is there, read-only; nothing if it is not there */
	MOUNT_HIDE_FILE, /* behind /dev/null; nothing if it is not there */
	MOUNT_HIDE_DIR,	 /* behind an empty directory; nothing if it is not there */
	MOUNT_FILE,	 /* a file with content of its own */
	MOUNT_ATTACH	 /* the detached mount `fd` */
};

struct mount_entry {
	enum mount_op op;
	const char *root_path; /* cleaned */
	const char *source;    /* type of a new file system, text of a link, part of a mount */
	const char *options;
	unsigned long flags;
	uint64_t attributes; /* MOUNT_ATTR_ of files and attached mounts */
	uint32_t mode;	     /* of a file; of a device with its type */
	uint32_t uid, gid;
	unsigned major, minor;
	int fd;
	const void *data;
	size_t len;
	bool is_ours;	  /* below a file system that the list itself made */
	bool must_be_dir; /* a real directory in the root, no symlink */
	bool target_is_file;
	bool takes_target_mode; /* NEW: the mode of the directory that it covers, as runc does */
	bool may_be_outer;	/* the outer one, with `attributes`, where it may not be mounted */
	/* a device that this kernel need not have; a file where a mount leaves no room for it */
	bool is_optional;
};

struct mount_list {
	struct arena arena;
	struct mount_entry *items;
	size_t len, size;
	bool has_one_id; /* owners are recorded (base/fs_owner.h) instead of set */
};

#define MOUNT_LIST_INIT                       \
	{                                     \
		ARENA_INIT, NULL, 0, 0, false \
	}

void mount_list_release(struct mount_list *list);
DEFINE_RELEASE(struct mount_list, mount_list_release);

/* What differs from machine to machine; found once per build. */
struct mount_facts {
	bool shows_system_paths; /* nothing is hidden, or read-only, but what is the builder's */
	bool has_cgroup2;	 /* /sys/fs/cgroup is the unified hierarchy */
	/* what there is of mount_list_hidden, and per CPU */
	struct strv hidden_files, hidden_dirs;
};

/* What is hidden wherever a kernel has it; NULL-terminated. */
extern const char *const mount_list_hidden[];

/* Borrows from spec and facts. */
void mount_list_make(const struct sandbox_spec *spec, const struct mount_facts *facts,
		     struct mount_list *ret_list);

json_t *mount_list_dump(const struct mount_list *list);

#endif
