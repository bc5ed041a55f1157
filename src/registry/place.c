/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/place.h"

#include "base/text.h"

#include <string.h>

void places_of(const struct registry_access *access, const char *repository, struct strv *places)
{
	for (size_t i = 0; i < access->mirrors.len; i++) {
		const char *mirror = access->mirrors.items[i];
		size_t len = strcspn(mirror, "=");
		if (mirror[len] && strncmp(repository, mirror, len) == 0 && repository[len] == '/')
			strv_printf(places, "%s%s", mirror + len + 1, repository + len);
	}
	if (!places->len || !access->only_mirrors)
		strv_add(places, repository);
}
