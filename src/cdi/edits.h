/* SPDX-License-Identifier: Apache-2.0 */
/* containerEdits: what a device, or a whole file, asks for. */
#ifndef CBUILD_CDI_EDITS_H
#define CBUILD_CDI_EDITS_H

#include "cdi/cdi.h"

/* Adds the containerEdits of a device or of a document; what is not understood is refused. */
int cdi_edits_add(struct cdi_edits *edits, const json_t *owner, struct error *err) must_check;

/* Are there other keys than these (NULL behind the last one)? Those without a value do not count.
 */
int cdi_check_keys(const json_t *object, const char *const *known, const char *what,
		   struct error *err) must_check;

#endif
