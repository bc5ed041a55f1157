/* SPDX-License-Identifier: Apache-2.0 */
/* A WWW-Authenticate header, and the realm that it names. */
#include "fuzz_target.h"

#include "base/alloc.h"
#include "registry/challenge.h"
#include "registry/realm.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autofree char *text = xstrndup((const char *)data, size);
	cleanup(challenge_release) struct challenge challenge = challenge_parse(text);
	cleanup(url_release) struct url registry = URL_INIT;
	cleanup(url_release) struct url realm = URL_INIT;
	struct strv trusted = STRV_INIT;
	struct error err = ERROR_INIT;
	enum realm_trust trust;

	if (challenge.scheme == CHALLENGE_NONE)
		return 0;
	assert(challenge.scheme == CHALLENGE_BASIC || challenge.realm);
	if (!challenge.realm || url_parse("https://registry.example.com/", &registry, &err) < 0)
		return 0;
	if (realm_judge(&registry, challenge.realm, &trusted, &realm, &trust, &err) < 0) {
		assert(err.code == ERROR_AUTH);
		return 0;
	}
	assert(realm.is_https && !strpbrk(realm.text, " \r\n\t"));
	/* who is trusted ends in the registry's own domain */
	size_t len = strlen(realm.host);
	assert(trust != REALM_TRUSTED ||
	       (len >= 11 && strcmp(realm.host + len - 11, "example.com") == 0));
	return 0;
}
