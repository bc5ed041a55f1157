/* SPDX-License-Identifier: Apache-2.0 */
/* What is the same for every step of a build: found and compiled once. */
#ifndef CBUILD_SANDBOX_KIT_H
#define CBUILD_SANDBOX_KIT_H

#include "mount_list.h"
#include "namespaces.h"

#include "base/buf.h"

struct sandbox_kit {
	struct buf filter;
	struct mount_facts facts;
	struct namespace_ids outer; /* the namespaces that no step may be in */
};

#endif
