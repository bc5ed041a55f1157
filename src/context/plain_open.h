/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens a path beneath a directory with no symlink on the way or at its end, whatever somebody
 * puts there meanwhile: ELOOP then. -1 and errno on failure.
 */
#ifndef CBUILD_CONTEXT_PLAIN_OPEN_H
#define CBUILD_CONTEXT_PLAIN_OPEN_H

int plain_open(int dir_fd, const char *path, int flags);

#endif
