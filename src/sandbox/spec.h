/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything about one confined run, as a value: what is run, as whom, in which root, with which
 * mounts, how confined. Made by a pure function from a RUN step, checked as JSON without root,
 * interpreted by sandbox_run. Every enum is closed: an unknown value is refused, never skipped.
 */
#ifndef CBUILD_SANDBOX_SPEC_H
#define CBUILD_SANDBOX_SPEC_H

#include "base/json.h"
#include "base/strv.h"

#include <stdbool.h>
#include <stdint.h>

/* How much the machine lets us: see isolation.h. */
enum sandbox_isolation {
	ISOLATION_AUTO = 0,
	ISOLATION_NS_ROOT,
	ISOLATION_NS_ROOTLESS, /* in a user namespace: the same walls */
	ISOLATION_NS_SINGLE,
	ISOLATION_CHROOT,
	ISOLATION_NONE
};

enum sandbox_network { SANDBOX_NETWORK_NONE = 1, SANDBOX_NETWORK_HOST, SANDBOX_NETWORK_PRIVATE };
enum sandbox_security { SANDBOX_CONFINED = 1, SANDBOX_INSECURE };

enum sandbox_mount_kind {
	SANDBOX_MOUNT_FD = 1, /* a detached mount (or open_tree clone) handed over as `fd` */
	SANDBOX_MOUNT_TMPFS,
	SANDBOX_MOUNT_FILE,  /* a file with `data`, on a tmpfs of its own, mode `mode` */
	SANDBOX_MOUNT_PLACED /* chroot alone: what lies as `sub_path` in `fd` is moved there */
};

struct sandbox_mount {
	enum sandbox_mount_kind kind;
	const char *root_path; /* cleaned; what is missing is made, and taken away afterwards */
	int fd;
	const char *sub_path; /* FD: the part of the mount that is wanted, in-root; NULL = all */
	bool is_readonly;
	bool is_kept;	/* PLACED: goes back to where it lay; else it goes with the step */
	bool is_device; /* FD: device nodes in it may be opened */
	bool target_is_file;
	const void *data;
	size_t len;
	uint32_t mode, uid, gid;
	uint64_t size; /* tmpfs, bytes; 0 = half of memory */
};

/*
 * What is run after a command that failed, in its root, with its mounts and its confinement, at a
 * terminal of its own; the status stays that of the command.
 */
struct sandbox_rescue {
	struct strv args;
	struct strv env; /* on top of the command's */
	int terminal_fd;
	int started_fd; /* gets one byte when it begins */
};

struct sandbox_spec {
	enum sandbox_isolation isolation;
	enum sandbox_security security;
	enum sandbox_network network;
	int network_fd;	   /* PRIVATE: the namespace, see private_network.h */
	int root_mount_fd; /* the detached root: an overlay that snapshot gave */
	int place_fd;	   /* for mounts, see base/mount_fd.h; -1 */
	struct strv args;
	struct strv env;	 /* HOME is added from passwd where it is not set */
	const char *user;	 /* as USER has it; "" = root */
	const char *working_dir; /* absolute; made 0755 for the user where it is missing */
	const char *hostname;
	const struct sandbox_mount *mounts; /* in order, besides those that every step has */
	size_t n_mounts;
	const char *hosts;		     /* content of /etc/hosts */
	const char *resolv_conf;	     /* content of /etc/resolv.conf */
	uint64_t shm_size;		     /* 0 = 64 MiB */
	int stdin_fd, stdout_fd, stderr_fd;  /* stdin -1 = /dev/null */
	const struct sandbox_rescue *rescue; /* or NULL */
	/* the root's own file system cannot be made read-only: its mount is, at the end */
	bool seals_root;
	bool dumps_no_core; /* what its processes hold in memory is to be written nowhere */
};

json_t *sandbox_spec_dump(const struct sandbox_spec *spec);

#endif
