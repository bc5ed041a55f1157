/* SPDX-License-Identifier: Apache-2.0 */
/* A first word that is no command: the context of a build, or what somebody is used to type. */
#ifndef CBUILD_CLI_UNKNOWN_WORD_H
#define CBUILD_CLI_UNKNOWN_WORD_H

#include "base/error.h"

/* 0: it may be a context. -1: there is none of that name, or a command of that name is to come. */
int unknown_word_check(const char *word, struct error *err) must_check;
/* The command that is meant by it elsewhere, or that it is near to, or NULL. */
const char *unknown_word_meaning(const char *word);

#endif
