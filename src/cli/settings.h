/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one configuration file: $CBUILD_CONFIG, else the first there is of
 * $XDG_CONFIG_HOME/cbuild/config (by default ~/.config/cbuild/config) and /etc/cbuild/config.
 */
#ifndef CBUILD_CLI_SETTINGS_H
#define CBUILD_CLI_SETTINGS_H

#include "base/buf.h"
#include "base/error.h"

enum { SETTINGS_SIZE_MAX = 1024 * 1024 };

/* 1 found, 0 none, -1. */
int settings_read(struct buf *ret_text, char **ret_path, struct error *err) must_check;

#endif
