/* SPDX-License-Identifier: Apache-2.0 */
/* A config.json of docker's, asked for one repository. */
#include "fuzz_target.h"

#include "registry/credentials.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(value_free) json_t *document = NULL;
	cleanup(credential_match_release) struct credential_match match = CREDENTIAL_MATCH_INIT;
	struct error err = ERROR_INIT;

	if (value_read((const char *)data, size, "config", &document, &err) < 0)
		return 0;
	int found =
		credentials_find_in(document, "config", "docker.io/library/x", false, &match, &err);
	assert((found > 0) == (match.kind != CREDENTIAL_NONE));
	if (match.kind == CREDENTIAL_HELPER)
		assert(!strpbrk(match.helper, "/ ;$\n"));
	if (match.kind == CREDENTIAL_INLINE)
		assert(match.credentials.identity_token ||
		       (match.credentials.username && match.credentials.password));
	return 0;
}
