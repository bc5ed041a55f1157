/* SPDX-License-Identifier: Apache-2.0 */
/* --chmod: octal 0-07777, or symbolic as BSD's chmod has it (the umask is ignored). */
#ifndef CBUILD_EXEC_MODE_H
#define CBUILD_EXEC_MODE_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct mode_change {
	bool is_octal;
	uint32_t mode;	  /* octal */
	const char *text; /* symbolic; borrowed */
};

int mode_change_parse(const char *text, struct mode_change *ret_change, struct error *err)
	must_check;
uint32_t mode_change_apply(const struct mode_change *change, uint32_t mode, bool is_dir);

#endif
