/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/platform.h"

#include "base/alloc.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

static const char HOST_OS[] = "linux";

/* What people write, and what containerd makes of it (platforms/database.go). */
static const struct alias {
	const char *architecture;
	const char *variant; /* NULL = any */
	const char *normal_architecture;
	const char *normal_variant; /* NULL = as it was */
} ALIASES[] = {
	{ "i386", NULL, "386", "" },	     { "x86_64", "v1", "amd64", "" },
	{ "x86-64", "v1", "amd64", "" },     { "amd64", "v1", "amd64", "" },
	{ "x86_64", NULL, "amd64", NULL },   { "x86-64", NULL, "amd64", NULL },
	{ "aarch64", "8", "arm64", "" },     { "aarch64", "v8", "arm64", "" },
	{ "aarch64", "v8.0", "arm64", "" },  { "aarch64", "9", "arm64", "v9" },
	{ "aarch64", "9.0", "arm64", "v9" }, { "aarch64", "v9.0", "arm64", "v9" },
	{ "aarch64", NULL, "arm64", NULL },  { "arm64", "8", "arm64", "" },
	{ "arm64", "v8", "arm64", "" },	     { "arm64", "v8.0", "arm64", "" },
	{ "arm64", "9", "arm64", "v9" },     { "arm64", "9.0", "arm64", "v9" },
	{ "arm64", "v9.0", "arm64", "v9" },  { "armhf", NULL, "arm", "v7" },
	{ "armel", NULL, "arm", "v6" },	     { "arm", "", "arm", "v7" },
	{ "arm", "5", "arm", "v5" },	     { "arm", "6", "arm", "v6" },
	{ "arm", "7", "arm", "v7" },	     { "arm", "8", "arm", "v8" },
};

/* Names of uname's machine that are not an alias above. */
static const struct machine {
	const char *machine, *architecture, *variant;
} MACHINES[] = {
	{ "i486", "386", "" },	    { "i586", "386", "" },	  { "i686", "386", "" },
	{ "armv5l", "arm", "v5" },  { "armv5tel", "arm", "v5" },  { "armv6l", "arm", "v6" },
	{ "armv7l", "arm", "v7" },  { "armv8l", "arm", "v8" },	  { "loongarch64", "loong64", "" },
	{ "mips64", "mips64", "" }, { "ppc64le", "ppc64le", "" }, { "ppc64", "ppc64", "" },
};

static const char *const KNOWN_OS[] = {
	"aix",	   "android", "darwin",	 "dragonfly", "freebsd", "hurd",
	"illumos", "ios",     "js",	 "linux",     "nacl",	 "netbsd",
	"openbsd", "plan9",   "solaris", "wasip1",    "windows", "zos",
};

static const char *const KNOWN_ARCHITECTURES[] = {
	"386",	       "amd64",	  "amd64p32", "arm",	"arm64",    "arm64be",
	"armbe",       "loong64", "mips",     "mips64", "mips64le", "mips64p32",
	"mips64p32le", "mipsle",  "ppc",      "ppc64",	"ppc64le",  "riscv",
	"riscv64",     "s390",	  "s390x",    "sparc",	"sparc64",  "wasm",
};

static bool is_one_of(const char *text, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(text, list[i]) == 0)
			return true;
	return false;
}

static void set_part(char part[static PLATFORM_PART_SIZE], const char *text)
{
	(void)snprintf(part, PLATFORM_PART_SIZE, "%s", text);
}

static void normalise(struct platform *platform)
{
	text_make_lower(platform->os);
	text_make_lower(platform->architecture);
	text_make_lower(platform->variant);
	if (strcmp(platform->os, "macos") == 0)
		set_part(platform->os, "darwin");
	for (size_t i = 0; i < countof(ALIASES); i++) {
		const struct alias *alias = &ALIASES[i];
		if (strcmp(platform->architecture, alias->architecture) != 0 ||
		    (alias->variant && strcmp(platform->variant, alias->variant) != 0))
			continue;
		set_part(platform->architecture, alias->normal_architecture);
		if (alias->normal_variant)
			set_part(platform->variant, alias->normal_variant);
		return;
	}
}

static struct platform normalised(const struct platform *platform)
{
	struct platform copy = *platform;

	normalise(&copy);
	return copy;
}

static int bad_platform(const char *text, const char *reason, struct error *err)
{
	cleanup(buf_release) struct buf shown = BUF_INIT;

	text_add_printable(&shown, text, strnlen(text, 100));
	return error_set(err, ERROR_SYNTAX, "platform '%s': %s", shown.data, reason);
}

/* The next part up to "/" or the end; letters, digits, "_", "." and "-". */
static bool read_part(const char **at, char part[static PLATFORM_PART_SIZE])
{
	size_t len = strcspn(*at, "/");

	if (!len || len >= PLATFORM_PART_SIZE)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = (*at)[i];
		if (!text_is_alpha(c) && !text_is_digit(c) && !strchr("_.-", c))
			return false;
	}
	memcpy(part, *at, len);
	part[len] = '\0';
	*at += len;
	return true;
}

/* "windows(10.0.17763)": the version of the system, in brackets behind the first part. */
static bool read_os(const char **at, struct platform *platform)
{
	char part[2 * PLATFORM_PART_SIZE];
	size_t len = strcspn(*at, "/");
	const char *bracket = memchr(*at, '(', len);

	if (!bracket)
		return read_part(at, platform->os);
	if (len >= sizeof(part) || (*at)[len - 1] != ')')
		return false;
	memcpy(part, *at, len - 1);
	part[len - 1] = '\0';
	*at += len;
	const char *version = part + (bracket - (*at - len)) + 1;
	part[bracket - (*at - len)] = '\0';
	const char *os = part;
	return read_part(&os, platform->os) && read_part(&version, platform->os_version) && !*os &&
	       !*version;
}

/* A single word is a system or an architecture; this machine gives the other half. */
static int complete_single(const char *text, struct platform *platform, struct error *err)
{
	struct platform host = platform_host();

	if (is_one_of(platform->os, KNOWN_OS, countof(KNOWN_OS))) {
		set_part(platform->architecture, host.architecture);
		set_part(platform->variant, host.variant);
		return 0;
	}
	set_part(platform->architecture, platform->os);
	set_part(platform->os, HOST_OS);
	normalise(platform);
	if (!is_one_of(platform->architecture, KNOWN_ARCHITECTURES, countof(KNOWN_ARCHITECTURES)))
		return bad_platform(text, "unknown operating system or architecture", err);
	return 0;
}

int platform_parse(const char *text, struct platform *ret_platform, struct error *err)
{
	struct platform platform = { 0 };
	const char *at = text;

	if (!*text)
		return error_set(err, ERROR_SYNTAX, "platform is empty");
	bool ok = read_os(&at, &platform);
	bool is_single = ok && !*at;
	if (ok && *at == '/') {
		at++;
		ok = read_part(&at, platform.architecture);
	}
	if (ok && *at == '/') {
		at++;
		ok = read_part(&at, platform.variant);
	}
	if (!ok || *at)
		return bad_platform(text, "not of the form os/architecture[/variant]", err);
	normalise(&platform);
	if (is_single && complete_single(text, &platform, err) < 0)
		return -1;
	*ret_platform = platform;
	return 0;
}

struct platform platform_host(void)
{
	struct platform platform = { 0 };
	struct utsname name;

	set_part(platform.os, HOST_OS);
	if (uname(&name) < 0)
		return platform;
	(void)snprintf(platform.architecture, sizeof(platform.architecture), "%.*s",
		       PLATFORM_PART_SIZE - 1, name.machine);
	for (size_t i = 0; i < countof(MACHINES); i++) {
		if (strcmp(name.machine, MACHINES[i].machine) == 0) {
			set_part(platform.architecture, MACHINES[i].architecture);
			set_part(platform.variant, MACHINES[i].variant);
		}
	}
	normalise(&platform);
	return platform;
}

void platform_format(const struct platform *platform, struct buf *buf)
{
	buf_add_text(buf, platform->os);
	if (*platform->os_version)
		buf_printf(buf, "(%s)", platform->os_version);
	buf_printf(buf, "/%s", platform->architecture);
	if (*platform->variant)
		buf_printf(buf, "/%s", platform->variant);
}

/* "v7" -> 7; "" -> what is meant without a variant; anything else 0. */
static int variant_level(const char *variant, int implied)
{
	if (!*variant)
		return implied;
	if (variant[0] == 'v' && text_is_digit(variant[1]) && !variant[2])
		return variant[1] - '0';
	return 0;
}

enum { MATCH_EXACT = 100, MATCH_OLDER = 90, MATCH_32BIT = 50 };

static int match_level(int have, int want)
{
	return have && have <= want ? MATCH_OLDER - (want - have) : 0;
}

int platform_match(const struct platform *have_platform, const struct platform *want_platform)
{
	struct platform have = normalised(have_platform), want = normalised(want_platform);

	if (strcmp(have.os, want.os) != 0 ||
	    (*want.os_version && strcmp(have.os_version, want.os_version) != 0))
		return 0;
	bool is_same = strcmp(have.architecture, want.architecture) == 0;
	if (is_same && strcmp(have.variant, want.variant) == 0)
		return MATCH_EXACT;
	if (is_same && strcmp(want.architecture, "amd64") == 0)
		return match_level(variant_level(have.variant, 1), variant_level(want.variant, 1));
	if (is_same && strcmp(want.architecture, "arm64") == 0)
		return match_level(variant_level(have.variant, 8), variant_level(want.variant, 8));
	if (is_same && strcmp(want.architecture, "arm") == 0)
		return match_level(variant_level(have.variant, 7), variant_level(want.variant, 7));
	/* A 64-bit machine runs the 32-bit images of its family, if there is nothing better. */
	if (strcmp(want.architecture, "amd64") == 0 && strcmp(have.architecture, "386") == 0)
		return MATCH_32BIT;
	int level = variant_level(have.variant, 0);
	if (strcmp(want.architecture, "arm64") == 0 && strcmp(have.architecture, "arm") == 0)
		return level >= 5 && level <= 8 ? MATCH_32BIT - (8 - level) : 0;
	return 0;
}

bool platform_equal(const struct platform *a_platform, const struct platform *b_platform)
{
	struct platform a = normalised(a_platform), b = normalised(b_platform);

	return strcmp(a.os, b.os) == 0 && strcmp(a.architecture, b.architecture) == 0 &&
	       strcmp(a.variant, b.variant) == 0 && strcmp(a.os_version, b.os_version) == 0;
}

json_t *platform_encode(const struct platform *platform)
{
	json_t *object = json_object();

	json_object_set_new(object, "architecture", value_of_text(platform->architecture));
	json_object_set_new(object, "os", value_of_text(platform->os));
	value_set_text(object, "os.version", platform->os_version);
	value_set_text(object, "variant", platform->variant);
	return object;
}

static int decode_part(const json_t *object, const char *key, char part[static PLATFORM_PART_SIZE],
		       struct error *err)
{
	const char *text = "";

	if (value_get_text(object, key, &text, err) < 0)
		return -1;
	if (strlen(text) >= PLATFORM_PART_SIZE)
		return error_set(err, ERROR_CORRUPT, "'%s' is longer than %d bytes", key,
				 PLATFORM_PART_SIZE - 1);
	set_part(part, text);
	return 0;
}

int platform_decode(const json_t *object, struct platform *ret_platform, struct error *err)
{
	struct platform platform = { 0 };

	if (decode_part(object, "os", platform.os, err) < 0 ||
	    decode_part(object, "architecture", platform.architecture, err) < 0 ||
	    decode_part(object, "variant", platform.variant, err) < 0 ||
	    decode_part(object, "os.version", platform.os_version, err) < 0)
		return -1;
	*ret_platform = platform;
	return 0;
}
