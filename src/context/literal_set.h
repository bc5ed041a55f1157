/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of many literals occur in a text? One pass over the text, whatever the number of literals
 * (Aho and Corasick, 1975).
 */
#ifndef CBUILD_CONTEXT_LITERAL_SET_H
#define CBUILD_CONTEXT_LITERAL_SET_H

#include "base/macros.h"

#include <stddef.h>
#include <stdint.h>

struct literal_set;

/* The n literals are numbered as they stand; an empty one is never found. */
struct literal_set *literal_set_new(const char *const *literals, size_t n);
void literal_set_free(struct literal_set *set);
DEFINE_CLEANUP(struct literal_set *, literal_set_free);

/* Called with each literal's number, once for each place it ends at. */
typedef void literal_found(void *context, uint32_t literal);
void literal_set_find(const struct literal_set *set, const char *text, literal_found *found,
		      void *context);

#endif
