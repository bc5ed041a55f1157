/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/config.h"

#include "base/alloc.h"

#include <stdio.h>
#include <string.h>

struct image_config *image_config_new(void)
{
	return xcalloc(1, sizeof(struct image_config));
}

static void healthcheck_free(struct healthcheck *healthcheck)
{
	if (!healthcheck)
		return;
	strv_release(&healthcheck->test);
	free(healthcheck);
}

static void release_history_entry(struct history_entry *entry)
{
	free(entry->created);
	free(entry->created_by);
	free(entry->author);
	free(entry->comment);
}

void image_config_free(struct image_config *config)
{
	if (!config)
		return;
	free(config->author);
	free(config->created);
	free(config->user);
	free(config->working_dir);
	free(config->stop_signal);
	struct strv *const lists[] = {
		&config->exposed_ports, &config->env,	  &config->entrypoint,
		&config->cmd,		&config->volumes, &config->labels,
		&config->on_build,	&config->shell,	  &config->warnings,
	};
	for (size_t i = 0; i < countof(lists); i++)
		strv_release(lists[i]);
	healthcheck_free(config->healthcheck);
	free(config->diff_ids);
	for (size_t i = 0; i < config->n_history; i++)
		release_history_entry(&config->history[i]);
	free(config->history);
	free(config);
}

static char *dup_text(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

static struct strv dup_list(const struct strv *list)
{
	struct strv copy = STRV_INIT;

	strv_add_all(&copy, list);
	return copy;
}

static struct healthcheck *dup_healthcheck(const struct healthcheck *healthcheck)
{
	if (!healthcheck)
		return NULL;
	struct healthcheck *copy = xmalloc(sizeof(*copy));
	*copy = *healthcheck;
	copy->test = dup_list(&healthcheck->test);
	return copy;
}

struct image_config *image_config_dup(const struct image_config *config)
{
	struct image_config *copy = image_config_new();

	*copy = *config;
	copy->author = dup_text(config->author);
	copy->created = dup_text(config->created);
	copy->user = dup_text(config->user);
	copy->working_dir = dup_text(config->working_dir);
	copy->stop_signal = dup_text(config->stop_signal);
	copy->exposed_ports = dup_list(&config->exposed_ports);
	copy->env = dup_list(&config->env);
	copy->entrypoint = dup_list(&config->entrypoint);
	copy->cmd = dup_list(&config->cmd);
	copy->volumes = dup_list(&config->volumes);
	copy->labels = dup_list(&config->labels);
	copy->on_build = dup_list(&config->on_build);
	copy->shell = dup_list(&config->shell);
	copy->warnings = dup_list(&config->warnings);
	copy->healthcheck = dup_healthcheck(config->healthcheck);
	copy->diff_ids = NULL;
	copy->n_diff_ids = 0;
	for (size_t i = 0; i < config->n_diff_ids; i++)
		image_config_add_diff_id(copy, &config->diff_ids[i]);
	copy->history = NULL;
	copy->n_history = 0;
	for (size_t i = 0; i < config->n_history; i++)
		image_config_add_history(copy, &config->history[i]);
	return copy;
}

/* Room for one more behind n, doubled at powers of two. */
static void *grown(void *items, size_t n, size_t size)
{
	if (n & (n - 1))
		return items;
	return n == 0 ? xrealloc(items, 1, size) : xrealloc(items, n * 2, size);
}

void image_config_add_diff_id(struct image_config *config, const struct digest *diff_id)
{
	config->diff_ids = grown(config->diff_ids, config->n_diff_ids, sizeof(*config->diff_ids));
	config->diff_ids[config->n_diff_ids++] = *diff_id;
}

void image_config_add_history(struct image_config *config, const struct history_entry *entry)
{
	config->history = grown(config->history, config->n_history, sizeof(*config->history));
	config->history[config->n_history++] = (struct history_entry){
		.created = dup_text(entry->created),
		.created_by = dup_text(entry->created_by),
		.author = dup_text(entry->author),
		.comment = dup_text(entry->comment),
		.empty_layer = entry->empty_layer,
	};
}

int image_config_check_layers(const struct image_config *config, size_t n_layers, struct error *err)
{
	size_t n_with_layer = 0;

	if (config->n_diff_ids != n_layers)
		return error_set(err, ERROR_CORRUPT,
				 "image config names %zu layers, its manifest %zu",
				 config->n_diff_ids, n_layers);
	for (size_t i = 0; i < config->n_history; i++)
		n_with_layer += !config->history[i].empty_layer;
	if (n_with_layer > n_layers)
		return error_set(err, ERROR_CORRUPT,
				 "history of the image config speaks of %zu layers, there are %zu",
				 n_with_layer, n_layers);
	return 0;
}

struct digest chain_id_extend(const struct digest *parent, const struct digest *diff_id)
{
	char text[2 * DIGEST_TEXT_SIZE];

	if (!parent)
		return *diff_id;
	int len = snprintf(text, sizeof(text), "%s %s", digest_format(parent).text,
			   digest_format(diff_id).text);
	return digest_of(text, (size_t)len);
}
