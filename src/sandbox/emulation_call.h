/* SPDX-License-Identifier: Apache-2.0 */
/* One call of a step's process, in the helper that answers it; for the files emulation_*.c. */
#ifndef CBUILD_SANDBOX_EMULATION_CALL_H
#define CBUILD_SANDBOX_EMULATION_CALL_H

#include "credentials.h"
#include "emulation.h"

#include "base/fs_owner.h"
#include "base/vec.h"

#include <limits.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/stat.h>

struct answerer;
struct call;

/* The kernel shall do it as if nobody had been asked. */
enum { CALL_PASS = 1, CALLS_MAX = 512 };

/* 0 (value is the answer), a negative errno, or CALL_PASS. */
typedef int call_handler(struct answerer *answerer, struct call *call);

/* Which directory is the root of a process. */
struct root_id {
	uint64_t inode, mount;
	uint32_t major, minor;
};

struct answerer {
	int listener_fd;
	int proc_fd;	/* the outer /proc; also the working directory: "self/fd/N" is ours there */
	bool is_inside; /* the step's mount namespace */
	struct root_id root;
	call_handler *handlers[CALLS_MAX];  /* by number; NULL: the kernel does it */
	VEC(struct credentials) identities; /* the first is that of the step's user */
	char note[EMULATION_NOTE_MAX];
};

struct call {
	const struct seccomp_notif *notification;
	const uint64_t *args;
	pid_t pid;	  /* of the thread, in the outer pid namespace */
	int64_t value;	  /* the answer, where there is no error */
	bool is_answered; /* nothing is to be sent any more */
};

/* --- which calls (emulation_table.c) ---
 */
int emulation_compile(struct buf *ret_filter, struct error *err) must_check;
void emulation_fill(call_handler *handlers[CALLS_MAX]);

/* --- memory and paths of the caller (emulation_place.c) ---
 */
bool call_is_alive(const struct answerer *answerer, const struct call *call);
int call_read(const struct call *call, uint64_t address, void *data, size_t size) must_check;
/* -ESRCH, and nothing is written, where the call waits no more: its pid may be somebody else's. */
int call_write(const struct answerer *answerer, const struct call *call, uint64_t address,
	       const void *data, size_t size) must_check;
/* With its NUL; -ENAMETOOLONG where it does not fit. */
int call_read_text(const struct call *call, uint64_t address, char *text, size_t size) must_check;

/* Where a path leads from; the root of this process is the caller's then. */
struct place {
	int dir_fd;
	bool is_own_link; /* a magic link of the caller's own, of which only the target is here */
	char path[PATH_MAX]; /* "": dir_fd itself */
};

#define PLACE_INIT           \
	{                    \
		.dir_fd = -1 \
	}

int place_find(struct answerer *answerer, const struct call *call, int dir_fd, uint64_t address,
	       struct place *ret_place) must_check;
void place_release(struct place *place);
DEFINE_RELEASE(struct place, place_release);
/* An O_PATH descriptor; 0 or -errno. Magic links are -ELOOP. */
int place_open(const struct place *place, bool follows, int *ret_fd) must_check;
/* Its directory; *ret_name in place->path. CALL_PASS where it names no entry of one. */
int place_open_parent(struct place *place, int *ret_fd, const char **ret_name) must_check;

/* What a descriptor of the caller's is: an O_PATH one of ours. */
int call_open_fd(const struct answerer *answerer, const struct call *call, int fd, int *ret_fd)
	must_check;
/* The three ways to name something: flags are AT_EMPTY_PATH and AT_SYMLINK_NOFOLLOW. */
int call_open_object(struct answerer *answerer, const struct call *call, int dir_fd,
		     uint64_t address, int flags, int *ret_fd) must_check;

/* "self/fd/N" */
struct object_path {
	char text[32];
};
struct object_path object_path(int fd);
/* 1/0/-errno; *ret_mode is what it is on disk. */
int object_owner(int fd, mode_t mode, struct fs_owner *ret_owner) must_check;

/* Of /proc/PID/status. */
struct call_status {
	mode_t mask;
	bool has_no_new_privileges;
};
struct call_status call_status(const struct answerer *answerer, const struct call *call);

/* --- who the caller is (emulation_identity.c) ---
 */
const struct credentials *call_credentials(const struct answerer *answerer,
					   const struct call *call);
/* 0 or -errno */
int call_become(struct answerer *answerer, const struct call *call,
		const struct credentials *credentials) must_check;

call_handler call_getuid, call_geteuid, call_getgid, call_getegid, call_getresuid, call_getresgid,
	call_getgroups, call_setuid, call_setgid, call_setreuid, call_setregid, call_setresuid,
	call_setresgid, call_setfsuid, call_setfsgid, call_setgroups, call_prctl, call_capset,
	call_getrlimit, call_setrlimit, call_prlimit64;

/* --- owners (emulation_owner.c) ---
 */
call_handler call_chown, call_lchown, call_fchown, call_fchownat;
call_handler call_stat, call_lstat, call_fstat, call_newfstatat, call_statx;

/* --- what is made for others than root (emulation_create.c) ---
 */
call_handler call_creat, call_open, call_openat, call_mkdir, call_mkdirat, call_mknod, call_mknodat,
	call_symlink, call_symlinkat;

/* --- programs (emulation_program.c) ---
 */
call_handler call_execve, call_execveat;

/* --- the attributes that hold the records (emulation_attribute.c) ---
 */
call_handler call_getxattr, call_lgetxattr, call_fgetxattr, call_setxattr, call_lsetxattr,
	call_fsetxattr, call_removexattr, call_lremovexattr, call_fremovexattr, call_listxattr,
	call_llistxattr, call_flistxattr;

#endif
