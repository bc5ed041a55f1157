/* SPDX-License-Identifier: Apache-2.0 */
#include "base/alloc.h"
#include "oci/config.h"

#include <string.h>

/*
 * Two orders: the document goes through a map in BuildKit, so its keys are sorted; "config" is a
 * Go struct (image-spec's ImageConfig and then Docker's extension), so its keys stand as there.
 */

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Borrowed, sorted by byte. */
static char **sorted_items(const struct strv *list)
{
	char **items = xcalloc(list->len + 1, sizeof(*items));

	for (size_t i = 0; i < list->len; i++)
		items[i] = list->items[i];
	qsort(items, list->len, sizeof(*items), compare_texts);
	return items;
}

/* {"80/tcp":{}} */
static void set_set(json_t *object, const char *key, const struct strv *list)
{
	if (!list->len)
		return;
	autofree char **items = sorted_items(list);
	json_t *set = json_object();
	for (size_t i = 0; i < list->len; i++) {
		cleanup(value_free) json_t *name = value_of_text(items[i]);
		json_object_set_new(set, json_string_value(name), json_object());
	}
	json_object_set_new(object, key, set);
}

struct label {
	const char *name, *value;
};

static int compare_labels(const void *a, const void *b)
{
	const struct label *left = a, *right = b;

	return strcmp(left->name, right->name);
}

static void set_labels(json_t *object, const struct strv *labels)
{
	size_t n = labels->len / 2;

	if (!n)
		return;
	autofree struct label *sorted = xcalloc(n, sizeof(*sorted));
	for (size_t i = 0; i < n; i++)
		sorted[i] = (struct label){ labels->items[2 * i], labels->items[2 * i + 1] };
	qsort(sorted, n, sizeof(*sorted), compare_labels);
	json_t *map = json_object();
	for (size_t i = 0; i < n; i++) {
		cleanup(value_free) json_t *name = value_of_text(sorted[i].name);
		json_object_set_new(map, json_string_value(name), value_of_text(sorted[i].value));
	}
	json_object_set_new(object, "Labels", map);
}

static void set_list(json_t *object, const char *key, const struct strv *list)
{
	if (list->len)
		json_object_set_new(object, key, value_of_texts(list));
}

static void set_integer(json_t *object, const char *key, int64_t integer)
{
	if (integer)
		json_object_set_new(object, key, json_integer(integer));
}

static json_t *encode_healthcheck(const struct healthcheck *healthcheck)
{
	json_t *object = json_object();

	set_list(object, "Test", &healthcheck->test);
	set_integer(object, "Interval", healthcheck->interval);
	set_integer(object, "Timeout", healthcheck->timeout);
	set_integer(object, "StartPeriod", healthcheck->start_period);
	set_integer(object, "StartInterval", healthcheck->start_interval);
	set_integer(object, "Retries", healthcheck->retries);
	return object;
}

static json_t *encode_inner_config(const struct image_config *config)
{
	json_t *object = json_object();

	value_set_text(object, "User", config->user);
	set_set(object, "ExposedPorts", &config->exposed_ports);
	set_list(object, "Env", &config->env);
	set_list(object, "Entrypoint", &config->entrypoint);
	set_list(object, "Cmd", &config->cmd);
	set_set(object, "Volumes", &config->volumes);
	value_set_text(object, "WorkingDir", config->working_dir);
	set_labels(object, &config->labels);
	value_set_text(object, "StopSignal", config->stop_signal);
	if (config->args_escaped)
		json_object_set_new(object, "ArgsEscaped", json_true());
	if (config->healthcheck)
		json_object_set_new(object, "Healthcheck", encode_healthcheck(config->healthcheck));
	set_list(object, "OnBuild", &config->on_build);
	set_list(object, "Shell", &config->shell);
	return object;
}

static json_t *encode_history(const struct image_config *config)
{
	json_t *array = json_array();

	for (size_t i = 0; i < config->n_history; i++) {
		const struct history_entry *entry = &config->history[i];
		json_t *object = json_object();
		value_set_text(object, "created", entry->created);
		value_set_text(object, "created_by", entry->created_by);
		value_set_text(object, "author", entry->author);
		value_set_text(object, "comment", entry->comment);
		if (entry->empty_layer)
			json_object_set_new(object, "empty_layer", json_true());
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *encode_rootfs(const struct image_config *config)
{
	json_t *object = json_object(), *diff_ids = json_array();

	for (size_t i = 0; i < config->n_diff_ids; i++)
		json_array_append_new(diff_ids,
				      value_of_text(digest_format(&config->diff_ids[i]).text));
	json_object_set_new(object, "type", json_string("layers"));
	json_object_set_new(object, "diff_ids", diff_ids);
	return object;
}

void image_config_encode(const struct image_config *config, struct buf *buf)
{
	cleanup(value_free) json_t *object = json_object();

	json_object_set_new(object, "architecture", value_of_text(config->platform.architecture));
	value_set_text(object, "author", config->author);
	json_object_set_new(object, "config", encode_inner_config(config));
	value_set_text(object, "created", config->created);
	if (config->n_history)
		json_object_set_new(object, "history", encode_history(config));
	json_object_set_new(object, "os", value_of_text(config->platform.os));
	value_set_text(object, "os.version", config->platform.os_version);
	json_object_set_new(object, "rootfs", encode_rootfs(config));
	value_set_text(object, "variant", config->platform.variant);
	value_write(object, 0, buf);
}
