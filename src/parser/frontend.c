/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend.h"

#include "base/macros.h"
#include "base/text.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* What docker/dockerfile:1 was when the language was written down for this program. */
enum { KNOWN_MINOR = 26 };

/* Behind "docker/dockerfile", or NULL. */
static const char *tail_of_own(const char *reference)
{
	static const char *const registries[] = { "docker.io/", "index.docker.io/",
						  "registry-1.docker.io/" };
	static const char own[] = "docker/dockerfile";

	for (size_t i = 0; i < countof(registries); i++) {
		if (text_has_prefix(reference, registries[i])) {
			reference += strlen(registries[i]);
			break;
		}
	}
	if (!text_has_prefix(reference, own) || !strchr(":@-", reference[strlen(own)]))
		return NULL;
	return reference + strlen(own);
}

bool frontend_is_own(const char *reference)
{
	return strcmp(reference, "dockerfile.v0") == 0 || tail_of_own(reference);
}

/* "1", "1.7", "1.7.0", at the start of the tag; -1 = none of them. */
static int read_minor(const char *tag, const char **ret_rest)
{
	unsigned long numbers[3] = { 0 };
	size_t n = 0;

	while (n < countof(numbers) && text_is_digit(*tag)) {
		char *end;
		numbers[n++] = strtoul(tag, &end, 10);
		tag = end;
		if (*tag != '.' || !text_is_digit(tag[1]))
			break;
		tag++;
	}
	*ret_rest = tag;
	if (!n)
		return -1;
	if (!numbers[0])
		return 0; /* what came before the first */
	if (numbers[0] != 1 || numbers[1] > 9999)
		return KNOWN_MINOR + 1;
	return (int)numbers[1];
}

/* Channels, and versions before they are out: "labs", "-labs", "-rc1", "-rc2-labs". */
static bool is_channel(const char *text)
{
	static const char *const channels[] = { "labs", "experimental", "" };

	if (*text == '-')
		text++;
	if (text_has_prefix(text, "rc")) {
		text += strlen("rc");
		text += strspn(text, "0123456789");
		text += *text == '-';
	}
	for (size_t i = 0; i < countof(channels); i++)
		if (strcmp(text, channels[i]) == 0)
			return true;
	return false;
}

bool frontend_is_strange(const char *reference, struct buf *note)
{
	const char *tail = tail_of_own(reference), *rest = NULL;
	const char *tag = tail ? strchr(tail, ':') : NULL;

	/* a digest says nothing of a version, upstream is whatever it is today */
	if (!tag || strchr(tail, '@') || *tail == '-' || strcmp(tag, ":latest") == 0)
		return false;
	tag++;
	int minor = read_minor(tag, &rest);
	if (minor > KNOWN_MINOR)
		buf_printf(note,
			   "syntax: '%s' is newer than docker/dockerfile:1.%d, as which it is "
			   "read",
			   reference, KNOWN_MINOR);
	else if (!is_channel(rest))
		buf_printf(note,
			   "syntax: '%s' is no version that is known here; it is read as "
			   "docker/dockerfile:1.%d",
			   reference, KNOWN_MINOR);
	return note->len > 0;
}
