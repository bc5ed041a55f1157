/* SPDX-License-Identifier: Apache-2.0 */
#include "decode.h"

#include "base/alloc.h"
#include "base/text.h"
#include "oci/config.h"
#include "oci/manifest.h"

#include <string.h>

static const char RESERVED_PREFIX[] = "io.cbuild.";

static const char *const KEYS[] = { "architecture", "os",     "os.version", "variant", "author",
				    "created",	    "config", "rootfs",	    "history" };

static const char *const INNER_KEYS[] = { "User",	"ExposedPorts", "Env",	       "Entrypoint",
					  "Cmd",	"Volumes",	"WorkingDir",  "Labels",
					  "StopSignal", "ArgsEscaped",	"Healthcheck", "OnBuild",
					  "Shell" };

static int decode_text(const json_t *object, const char *key, char **text, struct error *err)
{
	const char *found_text = NULL;
	int found = value_get_text(object, key, &found_text, err);

	if (found > 0 && *found_text)
		*text = xstrdup(found_text);
	return found < 0 ? -1 : 0;
}

/* As decode_text, but it must be a time that others can read too. */
static int decode_time(const json_t *object, const char *key, char **text, struct error *err)
{
	int64_t seconds = 0;
	uint32_t nanoseconds = 0;

	if (decode_text(object, key, text, err) < 0)
		return -1;
	if (*text && text_parse_time(*text, &seconds, &nanoseconds, err) < 0) {
		err->code = ERROR_CORRUPT;
		return error_wrap(err, "'%s'", key);
	}
	return 0;
}

/* The keys of {"80/tcp":{}}. */
static int decode_set(const json_t *object, const char *key, struct strv *list, struct error *err)
{
	json_t *set = NULL;
	int found = value_get_object(object, key, &set, err);

	if (found <= 0)
		return found;
	for (void *at = json_object_iter(set); at; at = json_object_iter_next(set, at))
		strv_add(list, json_object_iter_key(at));
	return 0;
}

/* The name of a dropped entry as it can be shown. */
static void warn(struct image_config *config, const char *what, const char *name)
{
	cleanup(buf_release) struct buf shown = BUF_INIT;

	text_add_printable(&shown, name, strnlen(name, 60));
	strv_printf(&config->warnings, "%s '%s'", what, shown.data);
}

static int decode_env(const json_t *object, struct image_config *config, struct error *err)
{
	cleanup(strv_release) struct strv env = STRV_INIT;

	if (value_get_texts(object, "Env", &env, err) < 0)
		return -1;
	for (size_t i = 0; i < env.len; i++) {
		const char *equals = strchr(env.items[i], '=');
		if (equals && equals != env.items[i])
			strv_add(&config->env, env.items[i]);
		else
			warn(config,
			     "ignored Env entry that is not of the form name=value:", env.items[i]);
	}
	return 0;
}

static int decode_labels(const json_t *object, struct image_config *config, struct error *err)
{
	cleanup(value_free) json_t *map = NULL;

	if (decode_text_map(object, "Labels", &map, err) < 0)
		return -1;
	for (void *at = json_object_iter(map); at; at = json_object_iter_next(map, at)) {
		const char *key = json_object_iter_key(at);
		if (text_has_prefix(key, RESERVED_PREFIX)) {
			warn(config, "ignored label with a reserved name:", key);
			continue;
		}
		strv_add(&config->labels, key);
		strv_add(&config->labels, json_string_value(json_object_iter_value(at)));
	}
	return 0;
}

static int decode_healthcheck(const json_t *object, struct image_config *config, struct error *err)
{
	json_t *inner = NULL;
	int found = value_get_object(object, "Healthcheck", &inner, err);

	if (found <= 0)
		return found;
	struct healthcheck *check = xcalloc(1, sizeof(*check));
	config->healthcheck = check;
	const struct {
		const char *key;
		int64_t *value;
	} integers[] = {
		{ "Interval", &check->interval },
		{ "Timeout", &check->timeout },
		{ "StartPeriod", &check->start_period },
		{ "StartInterval", &check->start_interval },
		{ "Retries", &check->retries },
	};
	for (size_t i = 0; i < countof(integers); i++)
		if (value_get_integer(inner, integers[i].key, integers[i].value, err) < 0)
			return error_wrap(err, "'Healthcheck'");
	return value_get_texts(inner, "Test", &check->test, err) < 0 ? -1 : 0;
}

static int decode_command(const json_t *object, const char *key, struct strv *list, bool *has_list,
			  struct error *err)
{
	int found = value_get_texts(object, key, list, err);

	*has_list = found > 0;
	return found < 0 ? -1 : 0;
}

static int decode_inner_config(const json_t *object, struct image_config *config, struct error *err)
{
	json_t *inner = NULL;
	int found = value_get_object(object, "config", &inner, err);

	if (found <= 0)
		return found;
	if (decode_check_keys(inner, INNER_KEYS, countof(INNER_KEYS), err) < 0 ||
	    decode_text(inner, "User", &config->user, err) < 0 ||
	    decode_set(inner, "ExposedPorts", &config->exposed_ports, err) < 0 ||
	    decode_env(inner, config, err) < 0 ||
	    decode_command(inner, "Entrypoint", &config->entrypoint, &config->has_entrypoint, err) <
		    0 ||
	    decode_command(inner, "Cmd", &config->cmd, &config->has_cmd, err) < 0 ||
	    decode_set(inner, "Volumes", &config->volumes, err) < 0 ||
	    decode_text(inner, "WorkingDir", &config->working_dir, err) < 0 ||
	    decode_labels(inner, config, err) < 0 ||
	    decode_text(inner, "StopSignal", &config->stop_signal, err) < 0 ||
	    value_get_bool(inner, "ArgsEscaped", &config->args_escaped, err) < 0 ||
	    decode_healthcheck(inner, config, err) < 0 ||
	    value_get_texts(inner, "OnBuild", &config->on_build, err) < 0 ||
	    value_get_texts(inner, "Shell", &config->shell, err) < 0)
		return -1;
	return 0;
}

static int decode_rootfs(const json_t *object, struct image_config *config, struct error *err)
{
	cleanup(strv_release) struct strv diff_ids = STRV_INIT;
	const char *type = "";
	json_t *rootfs = NULL;

	int found = value_get_object(object, "rootfs", &rootfs, err);
	if (found <= 0)
		return found < 0 ? -1 : error_set(err, ERROR_CORRUPT, "'rootfs' is missing");
	if (value_get_text(rootfs, "type", &type, err) < 0)
		return -1;
	if (strcmp(type, "layers") != 0)
		return error_set(err, ERROR_CORRUPT, "type of 'rootfs' is not 'layers'");
	if (value_get_texts(rootfs, "diff_ids", &diff_ids, err) < 0)
		return -1;
	if (diff_ids.len > LAYERS_MAX)
		return error_set(err, ERROR_CORRUPT, "more than %d layers", LAYERS_MAX);
	for (size_t i = 0; i < diff_ids.len; i++) {
		struct digest diff_id;
		if (digest_parse(diff_ids.items[i], &diff_id, err) < 0) {
			err->code = ERROR_CORRUPT;
			return error_wrap(err, "diff_id %zu", i + 1);
		}
		image_config_add_diff_id(config, &diff_id);
	}
	return 0;
}

static int decode_history_entry(const json_t *object, struct history_entry *entry,
				struct error *err)
{
	if (!json_is_object(object))
		return error_set(err, ERROR_CORRUPT, "not an object");
	if (decode_time(object, "created", &entry->created, err) < 0 ||
	    decode_text(object, "created_by", &entry->created_by, err) < 0 ||
	    decode_text(object, "author", &entry->author, err) < 0 ||
	    decode_text(object, "comment", &entry->comment, err) < 0 ||
	    value_get_bool(object, "empty_layer", &entry->empty_layer, err) < 0)
		return -1;
	return 0;
}

static int decode_history(const json_t *object, struct image_config *config, struct error *err)
{
	json_t *history = NULL;
	int found = value_get_array(object, "history", &history, err);

	if (found <= 0)
		return found;
	size_t n = json_array_size(history);
	if (n > HISTORY_MAX)
		return error_set(err, ERROR_CORRUPT, "more than %d entries of history",
				 HISTORY_MAX);
	for (size_t i = 0; i < n; i++) {
		image_config_add_history(config, &(struct history_entry){ .empty_layer = false });
		if (decode_history_entry(json_array_get(history, i), &config->history[i], err) < 0)
			return error_wrap(err, "entry %zu of 'history'", i + 1);
	}
	return 0;
}

int image_config_decode(const char *text, size_t len, struct image_config **ret_config,
			struct error *err)
{
	cleanup(value_free) json_t *object = NULL;
	cleanup(image_config_free) struct image_config *config = image_config_new();

	if (decode_document(text, len, CONFIG_SIZE_MAX, "image config", &object, err) < 0)
		return -1;
	if (decode_check_keys(object, KEYS, countof(KEYS), err) < 0 ||
	    platform_decode(object, &config->platform, err) < 0 ||
	    decode_text(object, "author", &config->author, err) < 0 ||
	    decode_time(object, "created", &config->created, err) < 0 ||
	    decode_inner_config(object, config, err) < 0 ||
	    decode_rootfs(object, config, err) < 0 || decode_history(object, config, err) < 0)
		return error_wrap(err, "image config");
	*ret_config = take_ptr(&config);
	return 0;
}
