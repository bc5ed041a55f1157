/* SPDX-License-Identifier: Apache-2.0 */
#include "agent_keys.h"

#include "../cmocka_head.h"

static void knows_openssh_keys(void **state)
{
	(void)state;
	/* "openssh-key-v1", then the name of the cipher: "none"; "aes256-ctr" */
	assert_false(
		agent_key_is_protected("-----BEGIN OPENSSH PRIVATE KEY-----\n"
				       "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAAB\n"));
	assert_true(
		agent_key_is_protected("-----BEGIN OPENSSH PRIVATE KEY-----\r\n"
				       "b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0\r\n"));
	/* cut by many line ends, and with words in front */
	assert_true(agent_key_is_protected("my key\n-----BEGIN OPENSSH PRIVATE KEY-----\n"
					   "b3BlbnN\nzaC1rZX\nktdjEAA\nAAACmFl\nczI1Ni1jdHIA\n"));
}

static void knows_pem_keys(void **state)
{
	(void)state;
	assert_true(agent_key_is_protected("-----BEGIN RSA PRIVATE KEY-----\n"
					   "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n"));
	assert_true(agent_key_is_protected("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMII\n"));
	assert_false(agent_key_is_protected("-----BEGIN RSA PRIVATE KEY-----\nMII\n"));
}

/* What it is then is for ssh-add to say. */
static void leaves_alone_what_is_no_key(void **state)
{
	(void)state;
	assert_false(agent_key_is_protected(""));
	assert_false(agent_key_is_protected("-----BEGIN OPENSSH PRIVATE KEY-----"));
	assert_false(agent_key_is_protected("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n"));
	assert_false(agent_key_is_protected("-----BEGIN OPENSSH PRIVATE KEY-----\n%%%%\n"));
	assert_false(agent_key_is_protected("-----BEGIN OPENSSH PRIVATE KEY-----\n"
					    "b3BlbnNzaC1rZXktdjEA\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_openssh_keys),
		cmocka_unit_test(knows_pem_keys),
		cmocka_unit_test(leaves_alone_what_is_no_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
