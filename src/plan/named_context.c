/* SPDX-License-Identifier: Apache-2.0 */
#include "named_context.h"

#include "base/text.h"
#include "oci/reference.h"

#include <string.h>
#include <strings.h>

static const struct named_context *find_exact(const struct plan_options *options, const char *name)
{
	for (size_t i = 0; i < options->n_contexts; i++)
		if (options->contexts[i].name && strcmp(options->contexts[i].name, name) == 0)
			return &options->contexts[i];
	return NULL;
}

static bool has_named(const struct plan_options *options)
{
	for (size_t i = 0; i < options->n_contexts; i++)
		if (options->contexts[i].name)
			return true;
	return false;
}

const struct named_context *named_context_find(const struct plan_options *options, const char *name,
					       const struct platform *platform)
{
	if (strcasecmp(name, "scratch") == 0 || strcasecmp(name, "context") == 0 ||
	    !has_named(options))
		return NULL;

	cleanup(reference_release) struct reference reference = REFERENCE_INIT;
	cleanup(buf_release) struct buf key = BUF_INIT;
	struct error ignored = ERROR_INIT;
	/* not every stage name is an image name */
	if (reference_parse(name, &reference, &ignored) == 0)
		reference_format_familiar(&reference, true, &key);
	else
		buf_add_text(&key, name);
	size_t len = key.len;
	buf_add_text(&key, "::");
	platform_format(platform, &key);
	const struct named_context *found = find_exact(options, key.data);
	if (found)
		return found;
	buf_truncate(&key, len);
	return find_exact(options, key.data);
}

const char *named_context_value(const struct named_context *context)
{
	static const char *const schemes[] = {
		[NAMED_DIRECTORY] = "",
		[NAMED_IMAGE] = "docker-image://",
		[NAMED_LAYOUT] = "oci-layout://",
		[NAMED_TARGET] = "target:",
	};
	const char *scheme = schemes[context->kind];

	return text_has_prefix(context->value, scheme) ? context->value + strlen(scheme)
						       : context->value;
}

const char *main_context_path(const struct plan_options *options)
{
	for (size_t i = 0; i < options->n_contexts; i++)
		if (!options->contexts[i].name)
			return options->contexts[i].value;
	return NULL;
}
