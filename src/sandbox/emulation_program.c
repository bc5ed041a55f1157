/* SPDX-License-Identifier: Apache-2.0 */
/* Who a new program runs as. */
#include "emulation_call.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* A program by its first bytes. */
enum program_kind { PROGRAM_OTHER, PROGRAM_NATIVE, PROGRAM_32_BIT };

static enum program_kind look_into(int fd)
{
	struct object_path path = object_path(fd);
	unsigned char start[EI_NIDENT] = { 0 };
	autoclose int file_fd = open(path.text, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (file_fd < 0 || read(file_fd, start, sizeof(start)) != (ssize_t)sizeof(start) ||
	    memcmp(start, ELFMAG, SELFMAG) != 0)
		return PROGRAM_OTHER;
	return start[EI_CLASS] == ELFCLASS64 ? PROGRAM_NATIVE : PROGRAM_32_BIT;
}

/* Their calls have other numbers and other structures, so nothing of them would be answered. */
static int refuse_32_bit(struct answerer *answerer, int fd)
{
	char path[PATH_MAX];
	struct object_path link = object_path(fd);
	ssize_t len = readlink(link.text, path, sizeof(path) - 1);

	path[len < 0 ? 0 : len] = '\0';
	if (!*answerer->note)
		(void)snprintf(answerer->note, sizeof(answerer->note),
			       "'%.128s' is a 32-bit program, which is not supported yet with "
			       "--isolation=single-id",
			       path);
	return -ENOEXEC;
}

/* Natively a script's set-id bits mean nothing, nor anything under no_new_privs. */
static void find_set_ids(const struct answerer *answerer, const struct call *call, int fd,
			 const struct stat *st, uint32_t *uid, uint32_t *gid)
{
	struct fs_owner owner = { 0 };
	bool sets_gid = (st->st_mode & S_ISGID) && (st->st_mode & S_IXGRP);

	if ((!(st->st_mode & S_ISUID) && !sets_gid) ||
	    call_status(answerer, call).has_no_new_privileges ||
	    object_owner(fd, st->st_mode, &owner) < 0)
		return;
	if (st->st_mode & S_ISUID)
		*uid = owner.uid;
	if (sets_gid)
		*gid = owner.gid;
}

static int execute_at(struct answerer *answerer, struct call *call, int dir_fd, uint64_t path,
		      int flags)
{
	struct credentials credentials = *call_credentials(answerer, call);
	uint32_t uid = CREDENTIALS_SAME, gid = CREDENTIALS_SAME;
	autoclose int fd = -1;
	struct stat st;

	if (call_open_object(answerer, call, dir_fd, path, flags, &fd) < 0 || fstat(fd, &st) < 0 ||
	    !S_ISREG(st.st_mode) || !(st.st_mode & 0111))
		return CALL_PASS;
	enum program_kind kind = look_into(fd);
	if (kind == PROGRAM_32_BIT)
		return refuse_32_bit(answerer, fd);
	if (kind == PROGRAM_NATIVE)
		find_set_ids(answerer, call, fd, &st, &uid, &gid);
	if (!call_is_alive(answerer, call))
		return -ESRCH;
	credentials_execute(&credentials, uid, gid);
	int result = call_become(answerer, call, &credentials);
	return result < 0 ? result : CALL_PASS;
}

int call_execve(struct answerer *answerer, struct call *call)
{
	return execute_at(answerer, call, AT_FDCWD, call->args[0], 0);
}

int call_execveat(struct answerer *answerer, struct call *call)
{
	return execute_at(answerer, call, (int)call->args[0], call->args[1], (int)call->args[4]);
}
