/* SPDX-License-Identifier: Apache-2.0 */
#include "limits/limits.h"

#include <stdlib.h>

void limits_release(struct limits *limits)
{
	free(limits->cpuset_cpus);
	free(limits->cpuset_mems);
	free(limits->cgroup_parent);
	free(limits->rlimits);
	*limits = (struct limits){ 0 };
}
