/* SPDX-License-Identifier: Apache-2.0 */
#include "access_options.h"

#include "base/alloc.h"
#include "base/text.h"

#include <string.h>
#include <sys/stat.h>

#define AT(field) offsetof(struct access_command_values, access.field)

static const struct option rows[] = {
	OPTION_ROW(
		"creds", 0, OPTION_TEXT, AT(credentials), "USER:PASSWORD",
		"for every registry that asks; other users can see it here, not in CBUILD_CREDS"),
	OPTION_ROW("authfile", 0, OPTION_TEXT, AT(auth_file), "PATH",
		   "credentials, instead of $DOCKER_CONFIG/config.json and the other usual files"),
	OPTION_ROW("tls-verify", 0, OPTION_BOOL, AT(verifies_tls), NULL,
		   "false: any certificate will do, and plain http where there is no https"),
	OPTION_ROW("insecure-registry", 0, OPTION_LIST, AT(insecure_hosts), "HOST[:PORT]",
		   "the same, of this registry only"),
	OPTION_ROW("skip-tls-verify-registry", 0, OPTION_LIST, AT(insecure_hosts), "HOST[:PORT]",
		   "as --insecure-registry"),
	OPTION_ROW("insecure", 0, OPTION_BOOL, AT(is_insecure_to_push), NULL,
		   "the same, for pushes only"),
	OPTION_ROW("skip-tls-verify", 0, OPTION_BOOL, AT(is_insecure_to_push), NULL,
		   "as --insecure"),
	OPTION_ROW("insecure-pull", 0, OPTION_BOOL, AT(is_insecure_to_pull), NULL,
		   "the same, for pulls only"),
	OPTION_ROW("skip-tls-verify-pull", 0, OPTION_BOOL, AT(is_insecure_to_pull), NULL,
		   "as --insecure-pull"),
	OPTION_ROW("cert-dir", 0, OPTION_TEXT, AT(certificate_dir), "DIR",
		   "*.crt to trust, and *.cert with *.key to show, instead of certs.d/HOST"),
	OPTION_ROW("registry-certificate", 0, OPTION_LIST, AT(certificates), "HOST=PATH",
		   "certificate to trust from this registry"),
	OPTION_ROW("registry-client-cert", 0, OPTION_LIST, AT(client_certificates),
		   "HOST=CERTIFICATE,KEY", "certificate to show to this registry"),
	OPTION_ROW("registry-mirror", 0, OPTION_LIST, AT(mirrors), "HOST[/PATH]",
		   "pulls from docker.io ask there first"),
	OPTION_ROW("registry-map", 0, OPTION_LIST, AT(maps), "NAME=HOST[/PATH][;...]",
		   "pulls from NAME, a registry or a part of one, ask there first"),
	OPTION_ROW("skip-default-registry-fallback", 0, OPTION_BOOL, AT(only_mirrors), NULL,
		   "what has a mirror is asked of the mirrors only"),
	OPTION_ROW("retry", 0, OPTION_TEXT, AT(retries), "N",
		   "try a request again so often; 10, and 3 where nobody answers"),
	OPTION_ROW("image-download-retry", 0, OPTION_TEXT, AT(pull_retries), "N",
		   "the same, for pulls"),
	OPTION_ROW("push-retry", 0, OPTION_TEXT, AT(push_retries), "N", "the same, for pushes"),
	OPTION_ROW("retry-delay", 0, OPTION_DURATION, AT(retry_delay), "DURATION",
		   "between two tries; growing, from half a second on"),
};

const struct option_table access_table = { "Registries", rows, countof(rows) };

void access_values_init(struct access_values *values)
{
	*values = (struct access_values){ .verifies_tls = true };
}

void access_values_release(struct access_values *values)
{
	char *texts[] = { values->credentials, values->auth_file,    values->certificate_dir,
			  values->retries,     values->pull_retries, values->push_retries };
	struct strv *lists[] = { &values->insecure_hosts, &values->certificates,
				 &values->client_certificates, &values->mirrors, &values->maps };

	if (values->credentials)
		explicit_bzero(values->credentials, strlen(values->credentials));
	for (size_t i = 0; i < countof(texts); i++)
		free(texts[i]);
	for (size_t i = 0; i < countof(lists); i++)
		strv_release(lists[i]);
}

/* "https://index.docker.io/" is docker.io. The caller's. */
static char *registry_name(const char *text, size_t len)
{
	static const char *const dockers[] = { "index.docker.io", "registry-1.docker.io" };
	static const char scheme[] = "https://";

	if (len >= strlen(scheme) && strncmp(text, scheme, strlen(scheme)) == 0) {
		text += strlen(scheme);
		len -= strlen(scheme);
	}
	while (len && text[len - 1] == '/')
		len--;
	for (size_t i = 0; i < countof(dockers); i++)
		if (len == strlen(dockers[i]) && strncmp(text, dockers[i], len) == 0)
			return xstrdup("docker.io");
	return xstrndup(text, len);
}

static int check_host(const char *option, const char *text, const char *name, struct error *err)
{
	if (strncmp(text, "http://", strlen("http://")) == 0)
		return error_set(err, ERROR_USAGE,
				 "%s '%s': plain http is asked for by --insecure-registry HOST",
				 option, text);
	if (!*name || strpbrk(name, " \t@?#\\="))
		return error_set(err, ERROR_USAGE, "%s: '%s' is no registry", option, text);
	return 0;
}

static int settle_insecure(const struct access_values *values, struct registry_access *access,
			   struct error *err)
{
	access->is_insecure_to_pull = values->is_insecure_to_pull || !values->verifies_tls;
	access->is_insecure_to_push = values->is_insecure_to_push || !values->verifies_tls;
	for (size_t i = 0; i < values->insecure_hosts.len; i++) {
		const char *text = values->insecure_hosts.items[i];
		const char *host = text + (strncmp(text, "http://", 7) == 0 ? 7 : 0);
		autofree char *name = registry_name(host, strlen(host));
		if (check_host("--insecure-registry", host, name, err) < 0)
			return -1;
		strv_add(&access->insecure_hosts, name);
	}
	return 0;
}

/* "NAME=FILE" with a file that is there: a mistyped one must not become a riddle about trust. */
static int check_file(const char *option, const char *path, struct error *err)
{
	struct stat st;

	if (stat(path, &st) < 0) {
		(void)error_sys(err, "%s '%s'", option, path);
		err->code = ERROR_USAGE;
		return -1;
	}
	return 0;
}

static int settle_certificates(const struct access_values *values, struct registry_access *access,
			       struct error *err)
{
	for (size_t i = 0; i < values->certificates.len; i++) {
		const char *text = values->certificates.items[i], *equals = strchr(text, '=');
		if (!equals || equals == text)
			return error_set(err, ERROR_USAGE,
					 "--registry-certificate '%s' is not HOST=PATH", text);
		if (check_file("--registry-certificate", equals + 1, err) < 0)
			return -1;
		strv_add(&access->certificates, text);
	}
	for (size_t i = 0; i < values->client_certificates.len; i++) {
		const char *text = values->client_certificates.items[i];
		const char *equals = strchr(text, '='), *comma = strrchr(text, ',');
		if (!equals || equals == text || !comma || comma < equals)
			return error_set(err, ERROR_USAGE,
					 "--registry-client-cert '%s' is not HOST=CERTIFICATE,KEY",
					 text);
		autofree char *certificate = xstrndup(equals + 1, (size_t)(comma - equals) - 1);
		if (check_file("--registry-client-cert", certificate, err) < 0 ||
		    check_file("--registry-client-cert", comma + 1, err) < 0)
			return -1;
		strv_add(&access->client_certificates, text);
	}
	return 0;
}

/* "docker.io=mirror.example/hub;quay.io=..." */
static int add_maps(const char *text, struct registry_access *access, struct error *err)
{
	for (const char *at = text; *at;) {
		size_t len = strcspn(at, ";");
		const char *equals = memchr(at, '=', len);
		if (!equals)
			return error_set(err, ERROR_USAGE, "--registry-map '%s' is not NAME=PLACE",
					 text);
		autofree char *name = registry_name(at, (size_t)(equals - at));
		autofree char *place = registry_name(equals + 1, len - (size_t)(equals + 1 - at));
		if (check_host("--registry-map", at, name, err) < 0 ||
		    check_host("--registry-map", equals + 1, place, err) < 0)
			return -1;
		strv_printf(&access->mirrors, "%s=%s", name, place);
		at += len + (at[len] == ';');
	}
	return 0;
}

static int settle_mirrors(const struct access_values *values, struct registry_access *access,
			  struct error *err)
{
	for (size_t i = 0; i < values->mirrors.len; i++) {
		const char *text = values->mirrors.items[i];
		autofree char *place = registry_name(text, strlen(text));
		if (check_host("--registry-mirror", text, place, err) < 0)
			return -1;
		strv_printf(&access->mirrors, "docker.io=%s", place);
	}
	for (size_t i = 0; i < values->maps.len; i++)
		if (add_maps(values->maps.items[i], access, err) < 0)
			return -1;
	access->only_mirrors = values->only_mirrors;
	return 0;
}

static int read_retries(const char *option, const char *text, int64_t *retries, struct error *err)
{
	uint64_t number;

	if (!text)
		return 0;
	if (text_parse_unsigned(text, REGISTRY_RETRIES_MAX, &number, err) < 0) {
		err->code = ERROR_USAGE;
		return error_wrap(err, "%s", option);
	}
	*retries = (int64_t)number;
	return 0;
}

static int settle_retries(const struct access_values *values, struct registry_access *access,
			  struct error *err)
{
	if (read_retries("--retry", values->retries, &access->retries, err) < 0)
		return -1;
	access->pull_retries = access->push_retries = access->retries;
	access->retry_delay_ns = values->retry_delay;
	if (read_retries("--push-retry", values->push_retries, &access->push_retries, err) < 0)
		return -1;
	return read_retries("--image-download-retry", values->pull_retries, &access->pull_retries,
			    err);
}

static int settle_credentials(const struct access_values *values, struct registry_access *access,
			      struct error *err)
{
	const char *credentials = values->credentials;

	if (credentials && (!strchr(credentials, ':') || *credentials == ':'))
		return error_set(err, ERROR_USAGE, "--creds is not USER:PASSWORD");
	if (credentials)
		access->credentials = xstrdup(credentials);
	if (values->auth_file) {
		if (check_file("--authfile", values->auth_file, err) < 0)
			return -1;
		access->auth_file = xstrdup(values->auth_file);
	}
	if (values->certificate_dir) {
		if (check_file("--cert-dir", values->certificate_dir, err) < 0)
			return -1;
		access->certificate_dir = xstrdup(values->certificate_dir);
	}
	return 0;
}

int access_settle(const struct access_values *values, struct registry_access *ret_access,
		  struct error *err)
{
	cleanup(registry_access_release) struct registry_access access = REGISTRY_ACCESS_INIT;

	if (settle_credentials(values, &access, err) < 0 ||
	    settle_insecure(values, &access, err) < 0 ||
	    settle_certificates(values, &access, err) < 0 ||
	    settle_mirrors(values, &access, err) < 0 || settle_retries(values, &access, err) < 0)
		return -1;
	*ret_access = access;
	access = (struct registry_access)REGISTRY_ACCESS_INIT;
	return 0;
}
