/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_head.h"
#include "base/alloc.h"
#include "base/fs.h"
#include "registry/credentials.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* "user:password", "token:X", "helper:NAME:SERVER", "-" none, "!" error */
static const char *find_in(const char *text, const char *repository)
{
	static char answer[300];
	cleanup(value_free) json_t *document = NULL;
	cleanup(credential_match_release) struct credential_match match = CREDENTIAL_MATCH_INIT;
	struct error err = ERROR_INIT;

	assert_int_equal(value_read(text, strlen(text), "test", &document, &err), 0);
	int found = credentials_find_in(document, "FILE", repository, false, &match, &err);
	if (found <= 0)
		return found < 0 ? "!" : "-";
	if (match.kind == CREDENTIAL_HELPER)
		(void)snprintf(answer, sizeof(answer), "helper:%s:%s", match.helper, match.server);
	else if (match.credentials.identity_token)
		(void)snprintf(answer, sizeof(answer), "token:%s",
			       match.credentials.identity_token);
	else
		(void)snprintf(answer, sizeof(answer), "%s:%s", match.credentials.username,
			       match.credentials.password);
	return answer;
}

/* dTpw is u:p, YTpi is a:b, Yzpk is c:d */
static const struct {
	const char *document, *repository, *result;
} cases[] = {
	{ "{\"auths\":{\"r.io\":{\"auth\":\"dTpw\"}}}", "r.io/x", "u:p" },
	{ "{\"auths\":{\"r.io\":{\"auth\":\"dTpw\"}}}", "r.io:443/x", "-" },
	{ "{\"auths\":{\"r.io\":{\"auth\":\"dTpw\"}}}", "r.iox/x", "-" },
	{ "{\"auths\":{\"https://r.io\":{\"auth\":\"dTpw\"}}}", "r.io/x", "u:p" },
	{ "{\"auths\":{\"https://r.io/v2/\":{\"auth\":\"dTpw\"}}}", "r.io/x", "u:p" },
	{ "{\"auths\":{\"r.io/v1/\":{\"auth\":\"dTpw\"}}}", "r.io/x", "u:p" },
	{ "{\"auths\":{\"http://127.0.0.1:5000\":{\"auth\":\"dTpw\"}}}", "127.0.0.1:5000/x",
	  "u:p" },
	{ "{\"auths\":{\"https://index.docker.io/v1/\":{\"auth\":\"dTpw\"}}}",
	  "docker.io/library/x", "u:p" },
	{ "{\"auths\":{\"docker.io\":{\"auth\":\"dTpw\"}}}", "docker.io/library/x", "u:p" },
	{ "{\"auths\":{\"registry-1.docker.io\":{\"auth\":\"dTpw\"}}}", "docker.io/library/x",
	  "u:p" },
	{ "{\"auths\":{\"docker.io/me\":{\"auth\":\"dTpw\"}}}", "docker.io/library/x", "-" },
	/* the longest that fits */
	{ "{\"auths\":{\"r.io\":{\"auth\":\"dTpw\"},\"r.io/a\":{\"auth\":\"YTpi\"},"
	  "\"r.io/a/b\":{\"auth\":\"Yzpk\"}}}",
	  "r.io/a/b", "c:d" },
	{ "{\"auths\":{\"r.io\":{\"auth\":\"dTpw\"},\"r.io/a\":{\"auth\":\"YTpi\"}}}", "r.io/a/c",
	  "a:b" },
	{ "{\"auths\":{\"r.io\":{\"auth\":\"dTpw\"},\"r.io/a\":{\"auth\":\"YTpi\"}}}", "r.io/ab",
	  "u:p" },
	{ "{\"auths\":{\"r.io\":{\"username\":\"u\",\"password\":\"p:q\"}}}", "r.io/x", "u:p:q" },
	{ "{\"auths\":{\"r.io\":{\"auth\":\"dTpw\",\"identitytoken\":\"T\"}}}", "r.io/x",
	  "token:T" },
	{ "{\"auths\":{\"r.io\":{}}}", "r.io/x", "-" },
	{ "{\"auths\":{\"r.io\":{\"auth\":\"\"}}}", "r.io/x", "-" },
	{ "{\"auths\":{\"r.io\":{\"auth\":\"***\"}}}", "r.io/x", "!" },
	{ "{\"auths\":{\"r.io\":{\"auth\":\"dXA=\"}}}", "r.io/x", "!" },
	{ "{\"auths\":[]}", "r.io/x", "!" },
	{ "{}", "r.io/x", "-" },
	{ "{\"credsStore\":\"pass\"}", "r.io/x", "helper:pass:r.io" },
	{ "{\"credsStore\":\"pass\"}", "docker.io/library/x",
	  "helper:pass:https://index.docker.io/v1/" },
	{ "{\"credsStore\":\"pass\",\"credHelpers\":{\"r.io\":\"ecr-login\"}}", "r.io/x",
	  "helper:ecr-login:r.io" },
	{ "{\"credsStore\":\"pass\",\"auths\":{\"r.io\":{\"auth\":\"dTpw\"}}}", "r.io/x", "u:p" },
	{ "{\"credsStore\":\"pass\",\"auths\":{\"r.io\":{}}}", "r.io/x", "helper:pass:r.io" },
	{ "{\"credHelpers\":{\"r.io\":\"x\"},\"auths\":{\"r.io\":{\"auth\":\"dTpw\"}}}", "r.io/x",
	  "helper:x:r.io" },
	{ "{\"credHelpers\":{\"r.io\":\"../../x\"}}", "r.io/x", "!" },
	{ "{\"credHelpers\":{\"r.io\":\"a b;touch /tmp/z\"}}", "r.io/x", "!" },
	{ "{\"credHelpers\":{\"r.io\":\"\"}}", "r.io/x", "!" },
	{ "{\"credsStore\":\"a/b\"}", "r.io/x", "!" },
};

/* */
static void finds_what_a_document_holds(void **state)
{
	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		const char *found = find_in(cases[i].document, cases[i].repository);
		if (strcmp(found, cases[i].result) != 0)
			print_error("%s for %s\n", cases[i].document, cases[i].repository);
		assert_string_equal(found, cases[i].result);
	}
}

/* --- files ------------------------------------------------------------------------------------ */

static void write_file(const char *dir, const char *name, const char *user)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct error err = ERROR_INIT;

	autofree char *path = xasprintf("%s/%s", dir, name);
	buf_printf(&text, "{\"auths\":{\"r.io\":{\"username\":\"%s\",\"password\":\"p\"}}}", user);
	assert_int_equal(fs_write_atomic(AT_FDCWD, path, text.data, text.len, 0600, &err), 0);
}

static const char *find_with(const char *const *variables)
{
	static char user[100];
	cleanup(strv_release) struct strv environment = STRV_INIT;
	cleanup(credential_match_release) struct credential_match match = CREDENTIAL_MATCH_INIT;
	struct error err = ERROR_INIT;

	for (; *variables; variables++)
		strv_add(&environment, *variables);
	cleanup(credential_files_free) struct credential_files *files =
		credential_files_new(&environment, NULL);
	int found = credential_files_find(files, "r.io/x", false, &match, &err);
	if (found < 0)
		return "!";
	(void)snprintf(user, sizeof(user), "%s", found ? match.credentials.username : "-");
	return user;
}

static void looks_into_the_sources_in_order(void **state)
{
	char dir[] = "/tmp/cbuild-credentials-XXXXXX";
	struct error err = ERROR_INIT;
	autoclose int tmp_fd = -1;

	(void)state;
	assert_non_null(mkdtemp(dir));
	autofree char *docker_dir = xasprintf("%s/.docker", dir);
	autofree char *containers_dir = xasprintf("%s/containers", dir);
	assert_int_equal(mkdir(docker_dir, 0700) | mkdir(containers_dir, 0700), 0);
	write_file(dir, "config.json", "docker-config");
	write_file(dir, "auth", "auth-file");
	write_file(docker_dir, "config.json", "home");
	write_file(containers_dir, "auth.json", "runtime");

	autofree char *docker = xasprintf("DOCKER_CONFIG=%s", dir);
	autofree char *nowhere = xasprintf("DOCKER_CONFIG=%s/nowhere", dir);
	autofree char *file = xasprintf("REGISTRY_AUTH_FILE=%s/auth", dir);
	autofree char *home = xasprintf("HOME=%s", dir);
	autofree char *runtime = xasprintf("XDG_RUNTIME_DIR=%s", dir);
	static const char text[] = "DOCKER_AUTH_CONFIG={\"auths\":{\"r.io\":{\"username\":\"text\","
				   "\"password\":\"p\"}}}";

	assert_string_equal(find_with((const char *[]){ runtime, home, text, file, docker, NULL }),
			    "docker-config");
	assert_string_equal(find_with((const char *[]){ runtime, home, text, file, NULL }),
			    "auth-file");
	assert_string_equal(find_with((const char *[]){ runtime, home, text, NULL }), "text");
	assert_string_equal(find_with((const char *[]){ runtime, home, NULL }), "home");
	assert_string_equal(find_with((const char *[]){ runtime, NULL }), "runtime");
	assert_string_equal(find_with((const char *[]){ NULL }), "-");
	/* DOCKER_CONFIG stands in the place of the file at home, even where it holds nothing */
	assert_string_equal(find_with((const char *[]){ nowhere, home, NULL }), "-");
	assert_string_equal(find_with((const char *[]){ "DOCKER_AUTH_CONFIG={", home, NULL }), "!");

	assert_int_equal(fs_open_dir("/tmp", false, &tmp_fd, &err), 0);
	assert_int_equal(fs_remove_tree(tmp_fd, dir + strlen("/tmp/"), &err), 0);
}

static void descriptions_hold_no_password(void **state)
{
	char user[] = "me", password[] = "secret", origin[] = "FILE";
	struct credentials credentials = { .username = user,
					   .password = password,
					   .origin = origin };
	cleanup(buf_release) struct buf text = BUF_INIT;

	(void)state;
	credentials_describe(&credentials, &text);
	assert_string_equal(text.data, "user 'me' from FILE");
	autofree char *basic = credentials_format_basic(&credentials);
	assert_string_equal(basic, "Basic bWU6c2VjcmV0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_a_document_holds),
		cmocka_unit_test(looks_into_the_sources_in_order),
		cmocka_unit_test(descriptions_hold_no_password),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
