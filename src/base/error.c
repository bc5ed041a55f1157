/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void start(struct error *err, enum error_code code, int sys)
{
	err->code = code;
	err->sys = sys;
	err->status = 0;
	err->at = (struct position){ 0 };
}

int error_set(struct error *err, enum error_code code, const char *format, ...)
{
	va_list args;

	start(err, code, 0);
	va_start(args, format);
	(void)vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return -1;
}

static enum error_code code_of_errno(int sys)
{
	switch (sys) {
	case ENOSPC:
	case EDQUOT:
		return ERROR_NO_SPACE;
	case ENOENT:
		return ERROR_NOT_FOUND;
	default:
		return ERROR_SYSTEM;
	}
}

int error_sys(struct error *err, const char *format, ...)
{
	int sys = errno;
	va_list args;

	start(err, code_of_errno(sys), sys);
	va_start(args, format);
	int len = vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	const char *reason = strerrordesc_np(sys);
	if (len >= 0 && (size_t)len < sizeof(err->text))
		(void)snprintf(err->text + len, sizeof(err->text) - (size_t)len, ": %s",
			       reason ? reason : "unknown error");
	return -1;
}

int error_at(struct error *err, enum error_code code, struct position at, const char *format, ...)
{
	va_list args;

	start(err, code, 0);
	err->at = at;
	va_start(args, format);
	(void)vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return -1;
}

int error_place(struct error *err, struct position at)
{
	if (!err->at.line)
		err->at = at;
	return -1;
}

int error_wrap(struct error *err, const char *format, ...)
{
	char cause[ERROR_TEXT_MAX];
	va_list args;

	size_t cause_len = strnlen(err->text, sizeof(err->text) - 1);
	memcpy(cause, err->text, cause_len + 1);
	va_start(args, format);
	int len = vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	size_t context_len = len < 0 ? 0 : (size_t)len;
	size_t room = sizeof(err->text) - 1 - cause_len;
	if (context_len + 2 > room)
		context_len = room > 2 ? room - 2 : 0;
	if (context_len) {
		memcpy(err->text + context_len, ": ", 2);
		context_len += 2;
	}
	memcpy(err->text + context_len, cause, cause_len + 1);
	return -1;
}

const char *error_code_name(enum error_code code)
{
	static const char *const names[] = {
		[ERROR_NONE] = "none",
		[ERROR_USAGE] = "usage",
		[ERROR_SYNTAX] = "syntax",
		[ERROR_NOT_FOUND] = "not-found",
		[ERROR_AUTH] = "auth",
		[ERROR_NETWORK] = "network",
		[ERROR_STEP_FAILED] = "step-failed",
		[ERROR_CORRUPT] = "corrupt",
		[ERROR_CHANGED] = "changed",
		[ERROR_UNSUPPORTED] = "unsupported",
		[ERROR_PERMISSION] = "permission",
		[ERROR_NO_SPACE] = "no-space",
		[ERROR_CANCELLED] = "cancelled",
		[ERROR_TIMED_OUT] = "timed-out",
		[ERROR_SYSTEM] = "system",
	};
	return (size_t)code < countof(names) && names[code] ? names[code] : "unknown";
}
