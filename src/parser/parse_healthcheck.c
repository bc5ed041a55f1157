/* SPDX-License-Identifier: Apache-2.0 */
#include "parse.h"
#include "quote.h"

#include "base/text.h"

#include <string.h>

enum { INTERVAL, TIMEOUT, START_PERIOD, START_INTERVAL, RETRIES, N_FLAGS };

static const struct flag_rule rules[N_FLAGS] = {
	[INTERVAL] = { "interval", FLAG_TEXT },
	[TIMEOUT] = { "timeout", FLAG_TEXT },
	[START_PERIOD] = { "start-period", FLAG_TEXT },
	[START_INTERVAL] = { "start-interval", FLAG_TEXT },
	[RETRIES] = { "retries", FLAG_TEXT },
};

enum { INTERVAL_MIN = 1000 * 1000 };

static int read_interval(const struct flag_value *values, size_t flag, int64_t *ret_interval,
			 struct error *err)
{
	const char *text = values[flag].text;
	int64_t interval = 0;

	if (!text || !*text)
		return 0;
	if (text_parse_duration(text, &interval, err) < 0)
		return error_wrap(err, "--%s", rules[flag].name);
	if (interval && interval < INTERVAL_MIN)
		return error_set(err, ERROR_SYNTAX, "Interval \"%s\" cannot be less than 1ms",
				 rules[flag].name);
	*ret_interval = interval;
	return 0;
}

static int read_retries(const char *text, int64_t *ret_retries, struct error *err)
{
	uint64_t retries = 0;

	if (!text || !*text)
		return 0;
	const char *digits = text + (*text == '-' || *text == '+');
	if (text_parse_unsigned(digits, INT32_MAX, &retries, err) < 0)
		return error_wrap(err, "--retries");
	if (*text == '-' && retries)
		return error_set(err, ERROR_SYNTAX, "--retries cannot be negative (-%llu)",
				 (unsigned long long)retries);
	*ret_retries = (int64_t)retries;
	return 0;
}

static int read_check(struct parse *parse, struct healthcheck_instruction *check, struct error *err)
{
	struct words args = { parse->args.items + 1, parse->args.len - 1 };
	struct flag_value values[N_FLAGS] = { 0 };

	if (flags_read(parse, rules, N_FLAGS, values, err) < 0)
		return -1;
	if (strcasecmp(parse->args.items[0], "CMD") != 0) {
		char *type = arena_strdup(parse->arena, parse->args.items[0]);
		for (char *c = type; *c; c++)
			if (*c >= 'a' && *c <= 'z')
				*c = (char)(*c - 'a' + 'A');
		parse_blame(parse, parse->args.items[0]);
		return error_set(err, ERROR_SYNTAX, "Unknown type %s in HEALTHCHECK (try CMD)",
				 quote(type).text);
	}
	if (!args.len)
		return error_set(err, ERROR_SYNTAX, "Missing command after HEALTHCHECK CMD");
	check->command = (struct command_line){ .is_shell = !parse->is_json, .words = args };
	int64_t *const intervals[] = { [INTERVAL] = &check->interval,
				       [TIMEOUT] = &check->timeout,
				       [START_PERIOD] = &check->start_period,
				       [START_INTERVAL] = &check->start_interval };
	for (size_t flag = 0; flag < countof(intervals); flag++) {
		if (read_interval(values, flag, intervals[flag], err) < 0) {
			flags_blame(parse, values[flag].text);
			return -1;
		}
	}
	if (read_retries(values[RETRIES].text, &check->retries, err) < 0) {
		flags_blame(parse, values[RETRIES].text);
		return -1;
	}
	return 0;
}

int parse_healthcheck(struct parse *parse, struct error *err)
{
	struct healthcheck_instruction *check = &parse->instruction->healthcheck;

	if (!parse->args.len)
		return error_set(err, ERROR_SYNTAX, "HEALTHCHECK requires at least one argument");
	if (strcasecmp(parse->args.items[0], "NONE") != 0)
		return read_check(parse, check, err);
	if (parse->args.len > 1)
		return error_set(err, ERROR_SYNTAX, "HEALTHCHECK NONE takes no arguments");
	flags_drop(parse);
	check->is_none = true;
	return 0;
}
