/* SPDX-License-Identifier: Apache-2.0 */
/* The helper's own side: it answers until nobody is left to ask. */
#ifndef CBUILD_SANDBOX_EMULATION_SERVE_H
#define CBUILD_SANDBOX_EMULATION_SERVE_H

#include "emulation_call.h"

/* What it tells at its end. */
struct emulation_report {
	bool has_failed;
	struct error err;
	char note[EMULATION_NOTE_MAX];
};

/* listener_fd, proc_fd and the first identity are set. */
int emulation_serve(struct answerer *answerer, struct error *err) must_check;

#endif
