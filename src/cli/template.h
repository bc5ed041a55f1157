/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Docker's --format: that part of Go's text/template that command lines use. Fields (.A.B), texts,
 * pipes, range, if, else, end, and the functions json, join, len, index, upper, lower, title,
 * print, println, eq, ne, not. Anything else is an error that names it. Values are printed as Go
 * does.
 */
#ifndef CBUILD_CLI_TEMPLATE_H
#define CBUILD_CLI_TEMPLATE_H

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"

/* What is added to *out before an error is of no use. */
int template_render(const char *text, const json_t *dot, struct buf *out, struct error *err)
	must_check;

#endif
