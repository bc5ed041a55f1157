/* SPDX-License-Identifier: Apache-2.0 */
#include "build_args.h"

#include "go_format.h"
#include "scope.h"

#include "base/text.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

static const char *const PROXIES[] = { "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY",
				       "ALL_PROXY" };
/* The same in lower case. */
static const char *const LOWER_PROXIES[] = { "http_proxy", "https_proxy", "ftp_proxy", "no_proxy",
					     "all_proxy" };
static_assert(countof(PROXIES) == countof(LOWER_PROXIES), "one spelling for the other");

static const char *const AUTOMATIC[] = {
	"TARGETPLATFORM",  "TARGETOS",	     "TARGETARCH",  "TARGETVARIANT",
	"TARGETOSVERSION", "BUILDPLATFORM",  "BUILDOS",	    "BUILDARCH",
	"BUILDVARIANT",	   "BUILDOSVERSION", "TARGETSTAGE", NULL,
};

static const char *const NO_VARIABLES[] = { "BUILDKIT_SBOM_SCAN_CONTEXT",
					    "BUILDKIT_SBOM_SCAN_STAGE", NULL };

static bool is_one_of(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

bool build_arg_is_no_variable(const char *name)
{
	return is_one_of(name, NO_VARIABLES);
}

void build_args_init(struct build_args *args, const struct plan_options *options,
		     struct arena *arena)
{
	*args = (struct build_args)BUILD_ARGS_INIT;
	for (size_t i = 0; i < options->build_args.len; i++) {
		const char *text = options->build_args.items[i];
		const char *equals = strchr(text, '=');
		if (!equals)
			continue;
		const char *name = arena_strndup(arena, text, (size_t)(equals - text));
		(void)name_table_set(&args->given, arena, name, equals + 1, NULL);
	}
}

void build_args_release(struct build_args *args)
{
	name_table_release(&args->given);
}

const char *build_args_get(const struct build_args *args, const char *name)
{
	return name_table_get(&args->given, name);
}

struct automatic {
	struct name_table *globals;
	const struct build_args *args;
	struct arena *arena;
};

static void add_automatic(const struct automatic *to, const char *prefix, const char *name,
			  const char *value)
{
	const char *full = arena_printf(to->arena, "%s%s", prefix, name);
	const char *given = build_args_get(to->args, full);

	(void)name_table_set(to->globals, to->arena, full, given ? given : value, NULL);
}

/* "linux/arm/v7"; with the version of the system where there is one: "windows(10.0)/amd64". */
static const char *format_platform(const struct platform *platform, struct arena *arena)
{
	const struct platform *p = platform;
	const char *version = p->os_version[0] ? arena_printf(arena, "(%s)", p->os_version) : "";

	return arena_printf(arena, "%s%s/%s%s%s", p->os, version, p->architecture,
			    p->variant[0] ? "/" : "", p->variant);
}

static void add_platform(const struct automatic *to, const char *prefix,
			 const struct platform *platform)
{
	add_automatic(to, prefix, "PLATFORM", format_platform(platform, to->arena));
	add_automatic(to, prefix, "OS", platform->os);
	add_automatic(to, prefix, "OSVERSION", platform->os_version);
	add_automatic(to, prefix, "ARCH", platform->architecture);
	add_automatic(to, prefix, "VARIANT", platform->variant);
}

static const char *target_stage(const struct dockerfile *dockerfile,
				const struct plan_options *options)
{
	if (options->target && *options->target)
		return options->target;
	const char *last =
		dockerfile->n_stages
			? dockerfile->stages[dockerfile->n_stages - 1].from.from.stage_name
			: NULL;
	return last ? last : "default";
}

static int add_global(const struct automatic *to, const struct key_value *pair, char escape,
		      struct error *err)
{
	const char *value = build_args_get(to->args, pair->key);

	if (!value && pair->has_value &&
	    table_expand(to->globals, to->arena, escape, pair->value, &value, err) < 0)
		return -1;
	if (value)
		(void)name_table_set(to->globals, to->arena, pair->key, value, NULL);
	return 0;
}

int globals_make(struct name_table *globals, const struct dockerfile *dockerfile,
		 const struct plan_options *options, const struct build_args *args,
		 const struct platform *target_platform, struct arena *arena, struct error *err)
{
	struct automatic to = { .globals = globals, .args = args, .arena = arena };

	add_platform(&to, "BUILD", &options->build_platform);
	add_platform(&to, "TARGET", target_platform);
	add_automatic(&to, "TARGET", "STAGE", target_stage(dockerfile, options));
	for (size_t i = 0; i < dockerfile->n_global_args; i++) {
		const struct instruction *arg = &dockerfile->global_args[i];
		for (size_t k = 0; k < arg->pairs.len; k++) {
			const struct key_value *pair = &arg->pairs.items[k];
			if (add_global(&to, pair, dockerfile->escape, err) < 0)
				return error_place(err, instruction_find(arg, pair->value));
		}
	}
	return 0;
}

/* BuildKit goes through the names in order, and the last value that is not empty stays. */
static const char *proxy_value(const struct build_args *args, const char *proxy)
{
	const struct name_entry *best = NULL;

	for (size_t i = 0; i < args->given.entries.len; i++) {
		const struct name_entry *entry = &args->given.entries.items[i];
		if (strcasecmp(entry->name, proxy) == 0 && *entry->value &&
		    (!best || strcmp(entry->name, best->name) > 0))
			best = entry;
	}
	return best ? best->value : NULL;
}

struct words build_args_proxy_env(const struct build_args *args, struct arena *arena)
{
	struct words env = { .items = arena_array(arena, 2 * countof(PROXIES), sizeof(char *)) };

	for (size_t i = 0; i < countof(PROXIES); i++) {
		const char *value = proxy_value(args, PROXIES[i]);
		if (!value)
			continue;
		env.items[env.len++] = arena_printf(arena, "%s=%s", PROXIES[i], value);
		env.items[env.len++] = arena_printf(arena, "%s=%s", LOWER_PROXIES[i], value);
	}
	return env;
}

static bool is_predefined(const char *name)
{
	for (size_t i = 0; i < countof(PROXIES); i++)
		if (strcasecmp(name, PROXIES[i]) == 0)
			return true;
	return is_one_of(name, AUTOMATIC) || strcmp(name, "SOURCE_DATE_EPOCH") == 0 ||
	       text_has_prefix(name, "BUILDKIT_");
}

static void collect_names(const struct instruction *instructions, size_t n, struct map *names)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0;
		     instructions[i].kind == INSTRUCTION_ARG && k < instructions[i].pairs.len;
		     k++) {
			const char *key = instructions[i].pairs.items[k].key;
			(void)map_set(names, key, names);
		}
}

static char *unused_text(const char *name, const struct map *names, struct arena *arena)
{
	VEC(const char *) options = VEC_INIT;

	for (size_t i = 0; i < names->size; i++)
		if (names->slots[i].key)
			vec_push(&options, names->slots[i].key);
	const char *near = text_nearest(name, options.items, options.len);
	vec_release(&options);
	return arena_printf(arena, "build argument %s is used by no ARG%s%s%s",
			    go_quoted(arena, name), near ? " (did you mean " : "", near ? near : "",
			    near ? "?)" : "");
}

struct plan_warning *build_args_unused(const struct build_args *args,
				       const struct dockerfile *dockerfile,
				       const struct map *declared_by_triggers, struct arena *arena,
				       size_t *ret_n)
{
	cleanup(map_release) struct map names = MAP_INIT;
	size_t n_given = args->given.entries.len;
	struct plan_warning *warnings = arena_array(arena, n_given, sizeof(*warnings));

	collect_names(dockerfile->global_args, dockerfile->n_global_args, &names);
	for (size_t i = 0; i < dockerfile->n_stages; i++)
		collect_names(dockerfile->stages[i].instructions,
			      dockerfile->stages[i].n_instructions, &names);
	*ret_n = 0;
	for (size_t i = 0; i < n_given; i++) {
		const char *name = args->given.entries.items[i].name;
		if (!map_has(&names, name) && !map_has(declared_by_triggers, name) &&
		    !is_predefined(name))
			warnings[(*ret_n)++].text = unused_text(name, &names, arena);
	}
	return warnings;
}
