/* SPDX-License-Identifier: Apache-2.0 */
/* Where a repository is asked for: its mirrors first, then itself. */
#ifndef CBUILD_REGISTRY_PLACE_H
#define CBUILD_REGISTRY_PLACE_H

#include "base/strv.h"
#include "transfer/access.h"

/* Of one to be pulled from, "docker.io/library/busybox"; there is always at least one. */
void places_of(const struct registry_access *access, const char *repository, struct strv *places);

#endif
