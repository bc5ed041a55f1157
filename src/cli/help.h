/* SPDX-License-Identifier: Apache-2.0 */
/* The option tables as text for --help, as docs/options.md and as the man page. */
#ifndef CBUILD_CLI_HELP_H
#define CBUILD_CLI_HELP_H

#include "command.h"

#include "base/buf.h"

/* --help of one command. */
void help_add_text(const struct command *command, struct buf *buf);
/* `cbuild help`: the commands. */
void help_add_overview(struct buf *buf);
void help_add_markdown(struct buf *buf);
void help_add_man(struct buf *buf);

#endif
