/* SPDX-License-Identifier: Apache-2.0 */
#include "trusts.h"

#include "base/alloc.h"
#include "base/fs.h"

#include <fcntl.h>
#include <string.h>

struct known_trust {
	char *name; /* a domain; of a token server "REALM for DOMAIN" */
	bool is_there;
	struct host_trust trust;
};

void trusts_release(struct trusts *trusts)
{
	for (size_t i = 0; i < trusts->known.len; i++) {
		free(trusts->known.items[i]->name);
		host_trust_release(&trusts->known.items[i]->trust);
		free(trusts->known.items[i]);
	}
	vec_release(&trusts->known);
}

/* What was said for this host, on top of what its directory holds. */
static int add_named_trust(const struct registry_access *access, const char *domain,
			   struct host_trust *trust, struct error *err)
{
	size_t len = strlen(domain);

	for (size_t i = 0; i < access->certificates.len; i++) {
		const char *entry = access->certificates.items[i];
		if (strncmp(entry, domain, len) != 0 || entry[len] != '=')
			continue;
		int found = fs_read_whole(AT_FDCWD, entry + len + 1, HOST_TRUST_FILE_SIZE_MAX,
					  "certificate file", &trust->authorities, err);
		if (found <= 0)
			return found < 0 ? -1
					 : error_set(err, ERROR_NOT_FOUND, "there is no file '%s'",
						     entry + len + 1);
		buf_add_char(&trust->authorities, '\n');
	}
	for (size_t i = 0; i < access->client_certificates.len; i++) {
		const char *entry = access->client_certificates.items[i];
		const char *comma = strrchr(entry, ',');
		if (strncmp(entry, domain, len) != 0 || entry[len] != '=' || !comma)
			continue;
		free(trust->certificate);
		free(trust->key);
		trust->certificate = xstrndup(entry + len + 1, (size_t)(comma - entry) - len - 1);
		trust->key = xstrdup(comma + 1);
	}
	return 0;
}

static int read_trust(const struct trusts *trusts, const char *domain, struct host_trust *trust,
		      struct error *err)
{
	const char *dir = trusts->access->certificate_dir;
	int found = dir ? host_trust_read(dir, trust, err)
			: host_trust_find(trusts->environment, domain, trust, err);

	return found < 0 ? -1 : add_named_trust(trusts->access, domain, trust, err);
}

/* 1 it was looked at, 0 not yet. */
static int find_known(const struct trusts *trusts, const char *name,
		      const struct host_trust **ret_trust)
{
	for (size_t i = 0; i < trusts->known.len; i++) {
		const struct known_trust *known = trusts->known.items[i];
		if (strcmp(known->name, name) == 0) {
			*ret_trust = known->is_there ? &known->trust : NULL;
			return 1;
		}
	}
	return 0;
}

/* Takes the trust over. */
static const struct host_trust *keep(struct trusts *trusts, const char *name,
				     struct host_trust *trust)
{
	struct known_trust *known = xmalloc(sizeof(*known));

	*known = (struct known_trust){ xstrdup(name), trust->authorities.len || trust->certificate,
				       *trust };
	*trust = (struct host_trust)HOST_TRUST_INIT;
	vec_push(&trusts->known, known);
	return known->is_there ? &known->trust : NULL;
}

int trusts_find(struct trusts *trusts, const char *domain, const struct host_trust **ret_trust,
		struct error *err)
{
	cleanup(host_trust_release) struct host_trust trust = HOST_TRUST_INIT;

	if (find_known(trusts, domain, ret_trust))
		return 0;
	if (read_trust(trusts, domain, &trust, err) < 0)
		return -1;
	*ret_trust = keep(trusts, domain, &trust);
	return 0;
}

/* One directory for all hosts was added for the realm already. */
static void add_registrys(const struct trusts *trusts, const struct host_trust *registrys,
			  bool shows_certificate, struct host_trust *trust)
{
	if (!trusts->access->certificate_dir || !trust->authorities.len)
		buf_add(&trust->authorities, registrys->authorities.data,
			registrys->authorities.len);
	if (!shows_certificate || trust->certificate || !registrys->certificate)
		return;
	trust->certificate = xstrdup(registrys->certificate);
	trust->key = xstrdup(registrys->key);
}

int trusts_find_realm(struct trusts *trusts, const char *realm, const char *domain,
		      bool shows_certificate, const struct host_trust **ret_trust,
		      struct error *err)
{
	cleanup(host_trust_release) struct host_trust trust = HOST_TRUST_INIT;
	autofree char *name =
		xasprintf("%s %s %s", realm, shows_certificate ? "with" : "for", domain);
	const struct host_trust *registrys = NULL;

	if (strcmp(realm, domain) == 0)
		return trusts_find(trusts, domain, ret_trust, err);
	if (find_known(trusts, name, ret_trust))
		return 0;
	if (trusts_find(trusts, domain, &registrys, err) < 0 ||
	    read_trust(trusts, realm, &trust, err) < 0)
		return -1;
	if (registrys)
		add_registrys(trusts, registrys, shows_certificate, &trust);
	*ret_trust = keep(trusts, name, &trust);
	return 0;
}
