/* SPDX-License-Identifier: Apache-2.0 */
#include "device_flag.h"
#include "heredoc.h"
#include "mount_flag.h"
#include "parse.h"
#include "quote.h"
#include "words.h"

#include "base/text.h"

#include <string.h>

/* A shell's own test has a blank behind its "[". */
static bool looks_like_json(const char *text)
{
	size_t len = strlen(text);

	return len > 2 && text[0] == '[' && (text[1] == '\'' || text[1] == '"') &&
	       text[len - 1] == ']';
}

struct command_line parse_command_line(struct parse *parse)
{
	if (!parse->is_json && parse->args.len && looks_like_json(parse->args.items[0]))
		parse_warn(parse,
			   "%s is no JSON array of strings (double quotes, commas), so the "
			   "shell gets it as it stands",
			   unquoted(parse->args.items[0]).text);
	return (struct command_line){ .is_shell = !parse->is_json, .words = parse->args };
}

static bool is_one_of(const char *value, const char *const *options, size_t n_options)
{
	for (size_t i = 0; i < n_options; i++)
		if (strcmp(value, options[i]) == 0)
			return true;
	return false;
}

static int check_modes(struct parse *parse, const struct run_instruction *run, struct error *err)
{
	static const char *const networks[] = { "default", "none", "host" };
	static const char *const securities[] = { "sandbox", "insecure" };

	if (run->network && !is_one_of(run->network, networks, countof(networks))) {
		flags_blame(parse, run->network);
		return error_set(err, ERROR_SYNTAX,
				 "invalid network mode %s%s: it is default, none or host",
				 quote(run->network).text,
				 suggestion(run->network, networks, countof(networks)).text);
	}
	if (run->security && !is_one_of(run->security, securities, countof(securities))) {
		flags_blame(parse, run->security);
		return error_set(err, ERROR_SYNTAX,
				 "security %s is not valid%s: it is sandbox or insecure",
				 quote(run->security).text,
				 suggestion(run->security, securities, countof(securities)).text);
	}
	return 0;
}

static int check_device(struct parse *parse, const char *value, struct error *err)
{
	struct device_flag device;

	return device_flag_parse(value, parse->arena, &device, err);
}

static int check_mount(struct parse *parse, const char *value, struct error *err)
{
	struct mount_flag mount;

	return mount_flag_parse(value, NULL, NULL, parse->arena, &mount, err);
}

static int check_each(struct parse *parse, const struct words *values,
		      int (*check)(struct parse *parse, const char *value, struct error *err),
		      struct error *err)
{
	for (size_t i = 0; i < values->len; i++) {
		if (check(parse, values->items[i], err) < 0) {
			flags_blame(parse, values->items[i]);
			return -1;
		}
	}
	return 0;
}

/* Is the text of a shell form one heredoc word and nothing else? */
static bool is_lone_heredoc(struct parse *parse)
{
	struct error ignored = ERROR_INIT;
	struct heredoc heredoc;

	return parse->heredocs.len &&
	       heredoc_read_word(parse->rest, parse->arena, &heredoc, &ignored) > 0;
}

int parse_run(struct parse *parse, struct error *err)
{
	enum { MOUNT, NETWORK, SECURITY, DEVICE };
	static const struct flag_rule rules[] = {
		[MOUNT] = { "mount", FLAG_TEXTS },
		[NETWORK] = { "network", FLAG_TEXT },
		[SECURITY] = { "security", FLAG_TEXT },
		[DEVICE] = { "device", FLAG_TEXTS },
	};
	struct flag_value values[countof(rules)] = { 0 };
	struct run_instruction *run = &parse->instruction->run;

	if (flags_read(parse, rules, countof(rules), values, err) < 0)
		return -1;
	run->command = parse_command_line(parse);
	if (!parse->is_json && (!parse->args.len || !*parse->args.items[0]))
		parse_warn(parse, "RUN without a command does nothing");
	run->heredocs = parse->heredocs;
	run->is_lone_heredoc = is_lone_heredoc(parse);
	run->mounts = values[MOUNT].texts;
	run->network = values[NETWORK].text;
	run->security = values[SECURITY].text;
	run->devices = values[DEVICE].texts;
	if (check_modes(parse, run, err) < 0)
		return -1;
	if (check_each(parse, &run->mounts, check_mount, err) < 0)
		return -1;
	return check_each(parse, &run->devices, check_device, err);
}

int parse_cmd(struct parse *parse, struct error *err)
{
	parse->instruction->command = parse_command_line(parse);
	return flags_refuse(parse, err);
}

int parse_entrypoint(struct parse *parse, struct error *err)
{
	return parse_cmd(parse, err);
}

int parse_shell(struct parse *parse, struct error *err)
{
	if (flags_refuse(parse, err) < 0)
		return -1;
	if (!parse->args.len)
		return error_set(err, ERROR_SYNTAX, "SHELL requires at least one argument");
	if (!parse->is_json)
		return error_set(err, ERROR_SYNTAX,
				 "SHELL requires the arguments to be in JSON form");
	parse->instruction->command = parse_command_line(parse);
	return 0;
}
