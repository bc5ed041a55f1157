/* SPDX-License-Identifier: Apache-2.0 */
#include "http/trust.h"

#include "base/alloc.h"
#include "base/path.h"

#include <unistd.h>

static const char *const bundles[] = {
	"/etc/ssl/certs/ca-certificates.crt",		     /* Debian, Arch, Gentoo */
	"/etc/pki/tls/certs/ca-bundle.crt",		     /* Fedora, RHEL */
	"/etc/ssl/ca-bundle.pem",			     /* SUSE */
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", /* RHEL without the link */
	"/etc/ssl/cert.pem",				     /* Alpine */
};

void trust_release(struct trust *trust)
{
	free(trust->file);
	free(trust->directory);
	*trust = (struct trust)TRUST_INIT;
}

struct trust trust_find(const struct strv *environment, const char *program_dir)
{
	const char *file = strv_env_get(environment, "SSL_CERT_FILE");
	const char *directory = strv_env_get(environment, "SSL_CERT_DIR");
	struct trust trust = TRUST_INIT;

	if (directory && *directory)
		trust.directory = xstrdup(directory);
	if (file && *file)
		trust.file = xstrdup(file);
	if (trust.file || trust.directory)
		return trust;
	for (size_t i = 0; i < countof(bundles) && !trust.file; i++)
		if (access(bundles[i], R_OK) == 0)
			trust.file = xstrdup(bundles[i]);
	if (!trust.file) {
		autofree char *beside = path_join(program_dir, "ca-bundle.crt");
		if (access(beside, R_OK) == 0)
			trust.file = take_ptr(&beside);
	}
	return trust;
}
