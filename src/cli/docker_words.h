/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Docker's command words of two ("image rm", "buildx build") and the program called as docker: what
 * a pipeline written for docker calls, as far as it is here.
 */
#ifndef CBUILD_CLI_DOCKER_WORDS_H
#define CBUILD_CLI_DOCKER_WORDS_H

#include "command.h"

/* Is that how the program was called? "/usr/bin/docker" is. */
bool docker_is_name(const char *program);
/* Is it the first of such words? */
bool docker_is_group(const char *word);
/* The command that the two are, or NULL. */
const struct command *docker_find(const char *first, const char *second);
/* What there is behind such a word: "cbuild image ls   as cbuild images", a line each. */
void docker_add_group(const char *first, struct buf *buf);
/*
 * Two words that are a command: it runs, and *ret_status is its end. 1 that was one, 0 they are
 * not, -1.
 */
int docker_run_words(char *const *args, int *ret_status, struct error *err) must_check;
/* The command line behind the word docker. The exit status, or -1. */
int docker_run(char *const *args, struct error *err) must_check;

#endif
