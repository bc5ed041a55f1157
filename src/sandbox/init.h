/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Process 1 of a step: builds the root around itself, starts the command, reaps whatever is left
 * to it, hands signals on, and at the end kills what still runs and clears the mount stubs away.
 *
 * It is a fork of the caller, not a program from the image, and it never gives up its own
 * capabilities: the kernel then lets no process of the step look at it (no ptrace, no
 * /proc/1/exe, root, fd, environ, mem), for it holds more than they do and is not dumpable. That
 * is also why its program file cannot be written to through /proc (CVE-2019-5736); the one other
 * way to it, executing /proc/self/exe at the very start, is refused by command.c.
 */
#ifndef CBUILD_SANDBOX_INIT_H
#define CBUILD_SANDBOX_INIT_H

#include "command.h"
#include "mount_list.h"
#include "namespaces.h"

#include "base/buf.h"
#include "sandbox/user.h"

#include <signal.h>

struct init {
	const struct sandbox_spec *spec;
	const struct mount_list *mounts;
	const struct user *user;
	const struct strv *env;
	const struct buf *filter;
	const struct namespace_ids *outer;
	int report_fd; /* one struct init_report is written here */
};

enum { INIT_REPORT_MAGIC = 0x63620001 };

struct init_report {
	uint32_t magic;
	bool has_failed; /* err says why; else what follows */
	int status, signal;
	unsigned killed;
	char reason[COMMAND_REASON_MAX];
	struct error err;
};

/* Signals that the init hands on; blocked before it is made, so that none is lost. */
void init_block_signals(sigset_t *ret_old);

void init_main(const struct init *init) __attribute__((noreturn));

#endif
