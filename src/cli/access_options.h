/* SPDX-License-Identifier: Apache-2.0 */
/* The options about registries: of every command that speaks to one. */
#ifndef CBUILD_CLI_ACCESS_OPTIONS_H
#define CBUILD_CLI_ACCESS_OPTIONS_H

#include "command.h"

#include "transfer/access.h"

#include <stdint.h>

struct access_values {
	char *credentials, *auth_file, *certificate_dir;
	bool verifies_tls;
	bool is_insecure_to_pull, is_insecure_to_push;
	struct strv insecure_hosts, certificates, client_certificates, mirrors, maps;
	bool only_mirrors;
	char *retries, *pull_retries, *push_retries;
	int64_t retry_delay;
};

/* How the values of a command with access_table begin. */
struct access_command_values {
	struct common_values common;
	struct access_values access;
};

extern const struct option_table access_table;

void access_values_init(struct access_values *values);
void access_values_release(struct access_values *values);
int access_settle(const struct access_values *values, struct registry_access *ret_access,
		  struct error *err) must_check;

#endif
