/* SPDX-License-Identifier: Apache-2.0 */
#include "signal.h"

#include "base/text.h"

#include <string.h>
#include <strings.h>

static const char *const NAMES[] = {
	"ABRT", "ALRM", "BUS",	"CHLD", "CLD",	  "CONT",   "FPE",   "HUP",   "ILL",
	"INT",	"IO",	"IOT",	"KILL", "PIPE",	  "POLL",   "PROF",  "PWR",   "QUIT",
	"SEGV", "STOP", "SYS",	"TERM", "TRAP",	  "TSTP",   "TTIN",  "TTOU",  "URG",
	"USR1", "USR2", "XCPU", "XFSZ", "STKFLT", "VTALRM", "WINCH", "RTMIN", "RTMAX",
};

/* RTMIN+1 ... RTMIN+15, RTMAX-1 ... RTMAX-14: as moby/sys/signal lists them */
static bool is_realtime(const char *name)
{
	struct error ignored = ERROR_INIT;
	uint64_t number = 0;
	uint64_t max = strncasecmp(name, "RTMIN+", 6) == 0   ? 15
		       : strncasecmp(name, "RTMAX-", 6) == 0 ? 14
							     : 0;

	return max && name[6] != '0' && text_parse_unsigned(name + 6, max, &number, &ignored) == 0;
}

bool signal_is_known(const char *text)
{
	struct error ignored = ERROR_INIT;
	uint64_t number = 0;

	/* "+9" and "-9" are numbers to docker, and only 0 is none that it takes */
	bool is_signed = text[0] == '+' || text[0] == '-';
	if (text_parse_unsigned(text + is_signed, INT64_MAX, &number, &ignored) == 0)
		return number > 0;
	const char *name = strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;
	for (size_t i = 0; i < countof(NAMES); i++)
		if (strcasecmp(name, NAMES[i]) == 0)
			return true;
	return is_realtime(name);
}

const char *signal_nearest(const char *text)
{
	const char *name = strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;

	if (text_is_digit(*name))
		return NULL;
	return text_nearest(name, NAMES, countof(NAMES));
}
