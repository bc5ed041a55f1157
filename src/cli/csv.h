/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "type=oci,dest=out.tar,\"name=a,b\"": one line of CSV whose fields are KEY=VALUE or a word, as
 * docker's options have them (Go's encoding/csv, strict about quotes). Keys become lower case.
 */
#ifndef CBUILD_CLI_CSV_H
#define CBUILD_CLI_CSV_H

#include "base/error.h"
#include "base/strv.h"

int csv_split(const char *text, struct strv *ret_fields, struct error *err) must_check;
/*
 * Cuts field in place at its first "="; *ret_value is NULL where there is none. The key is made
 * lower case up to the first '.' or '[', behind which annotation keys keep theirs.
 */
char *csv_cut_key(char *field, char **ret_value);

#endif
