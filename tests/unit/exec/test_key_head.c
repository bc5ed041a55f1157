/* SPDX-License-Identifier: Apache-2.0 */
#include "key_head.h"

#include "../cmocka_head.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void knows_openssh_keys(void **state)
{
	(void)state;
	/* "openssh-key-v1", then the name of the cipher: "none"; "aes256-ctr" */
	assert_false(key_is_protected("-----BEGIN OPENSSH PRIVATE KEY-----\n"
				      "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAAB\n"));
	assert_true(key_is_protected("-----BEGIN OPENSSH PRIVATE KEY-----\r\n"
				     "b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0\r\n"));
	/* cut by many line ends, and with words in front */
	assert_true(key_is_protected("my key\n-----BEGIN OPENSSH PRIVATE KEY-----\n"
				     "b3BlbnN\nzaC1rZX\nktdjEAA\nAAACmFl\nczI1Ni1jdHIA\n"));
}

static void knows_pem_keys(void **state)
{
	(void)state;
	assert_true(key_is_protected("-----BEGIN RSA PRIVATE KEY-----\n"
				     "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n"));
	assert_true(key_is_protected("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMII\n"));
	assert_false(key_is_protected("-----BEGIN RSA PRIVATE KEY-----\nMII\n"));
}

/* What it is then is for ssh-add to say. */
static void leaves_alone_what_is_no_key(void **state)
{
	(void)state;
	assert_false(key_is_protected(""));
	assert_false(key_is_protected("-----BEGIN OPENSSH PRIVATE KEY-----"));
	assert_false(key_is_protected("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n"));
	assert_false(key_is_protected("-----BEGIN OPENSSH PRIVATE KEY-----\n%%%%\n"));
	assert_false(key_is_protected("-----BEGIN OPENSSH PRIVATE KEY-----\n"
				      "b3BlbnNzaC1rZXktdjEA\n"));
}

static int check_text(const char *text, struct error *err)
{
	char path[] = "/tmp/cbuild-key-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
	*err = (struct error)ERROR_INIT;
	int result = key_head_check(path, err);
	(void)unlink(path);
	return result;
}

static void files_are_told_by_their_heads(void **state)
{
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(check_text("-----BEGIN OPENSSH PRIVATE KEY-----\n"
				    "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAAB\n",
				    &err),
			 0);
	assert_int_equal(check_text("-----BEGIN EC PRIVATE KEY-----\nPrO=\n", &err), 0);
	assert_int_equal(check_text("a key\n-----BEGIN OPENSSH PRIVATE KEY-----\n"
				    "b3BlbnN\nzaC1rZX\nktdjEAA\nAAACmFl\nczI1Ni1jdHIA\n",
				    &err),
			 -1);
	assert_int_equal(err.code, ERROR_USAGE);
	assert_non_null(strstr(err.text, "passphrase protected"));
	assert_int_equal(check_text("-----BEGIN RSA PRIVATE KEY-----\n"
				    "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n",
				    &err),
			 -1);
	assert_non_null(strstr(err.text, "passphrase protected"));
	assert_int_equal(check_text("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMII\n", &err), -1);
	assert_non_null(strstr(err.text, "passphrase protected"));
	assert_int_equal(check_text("", &err), -1);
	assert_non_null(strstr(err.text, "no key found"));
	assert_int_equal(check_text("nonsense -----BEGIN\n", &err), -1);
	assert_non_null(strstr(err.text, "no key found"));
	assert_int_equal(key_head_check("/nonexistent/key", &err), -1);
}

/* It can be read once, and that is the step's. */
static void a_pipe_is_left_as_it_is(void **state)
{
	struct error err = ERROR_INIT;
	char path[32], left[16];
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "nonsense\n", 9), 9);
	(void)snprintf(path, sizeof(path), "/dev/fd/%d", fds[0]);
	assert_int_equal(key_head_check(path, &err), 0);
	assert_int_equal(read(fds[0], left, sizeof(left)), 9);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_openssh_keys),
		cmocka_unit_test(knows_pem_keys),
		cmocka_unit_test(leaves_alone_what_is_no_key),
		cmocka_unit_test(files_are_told_by_their_heads),
		cmocka_unit_test(a_pipe_is_left_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
