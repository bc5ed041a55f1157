/* SPDX-License-Identifier: Apache-2.0 */
/* os/arch[/variant], normalised as containerd does: arm64, x86_64, armhf, i386 and their like. */
#ifndef CBUILD_OCI_PLATFORM_H
#define CBUILD_OCI_PLATFORM_H

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"

enum { PLATFORM_PART_SIZE = 32 };

struct platform {
	char os[PLATFORM_PART_SIZE];
	char architecture[PLATFORM_PART_SIZE];
	char variant[PLATFORM_PART_SIZE];    /* "" = none */
	char os_version[PLATFORM_PART_SIZE]; /* "" = none */
};

int platform_parse(const char *text, struct platform *ret_platform, struct error *err) must_check;
/* This machine's. */
struct platform platform_host(void);
/* linux/arm64, linux/arm/v7 */
void platform_format(const struct platform *platform, struct buf *buf);
/* Does an image of `have` run where `want` is asked for? Best match first: 0 none, higher is
 * better. */
int platform_match(const struct platform *have, const struct platform *want);
bool platform_equal(const struct platform *a, const struct platform *b);

json_t *platform_encode(const struct platform *platform);
int platform_decode(const json_t *object, struct platform *ret_platform, struct error *err)
	must_check;

#endif
