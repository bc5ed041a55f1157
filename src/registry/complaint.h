/* SPDX-License-Identifier: Apache-2.0 */
/* What a registry says is wrong, in one clause that is safe to print. */
#ifndef CBUILD_REGISTRY_COMPLAINT_H
#define CBUILD_REGISTRY_COMPLAINT_H

#include "http/http.h"

/* "404 MANIFEST_UNKNOWN: manifest unknown" */
void complaint_format(const struct http_response *response, struct buf *buf);
/* Does the answer's error list hold this code? */
bool complaint_has_code(const struct http_response *response, const char *code);

#endif
