/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys of steps: named inputs, complete, canonical. Two kinds:
 *
 *   definition   from the plan and the identities of the trees below (chains of diff ids) alone;
 *                can be asked before anything is read
 *   content      of a COPY: the same with the files that its sources name instead of where they
 *                come from, so that a rebuilt stage with the same output leaves it cached
 *
 * What never is in a key: positions, titles, labels, comments, times of files, proxies, the
 * context's own path.
 */
#ifndef CBUILD_EXEC_STEP_KEY_H
#define CBUILD_EXEC_STEP_KEY_H

#include "copy_select.h"

#include "cache/key.h"
#include "exec/exec.h"

/*
 * 1 made, 0 this step has none (its content decides), -1. What a RUN mounts of a build context is
 * part of it: the listing knows that without reading.
 */
int step_definition_key(const struct exec_env *env, const struct step *step,
			struct cache_key *ret_key, struct error *err) must_check;
void step_content_key(const struct exec_env *env, const struct step *step,
		      const struct selection *selection, struct cache_key *ret_key);
/* The identity of a tree: its chain id; zero for the empty one. */
struct digest exec_tree_chain_id(const struct exec_env *env, struct tree_ref tree);

#endif
