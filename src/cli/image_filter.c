/* SPDX-License-Identifier: Apache-2.0 */
#include "image_filter.h"

#include "base/alloc.h"
#include "base/text.h"
#include "oci/reference.h"

#include <fnmatch.h>
#include <string.h>
#include <time.h>

struct filter {
	const char *root; /* of the store */
};

void image_name_split(const char *name, struct buf *repository, struct buf *tag)
{
	cleanup(reference_release) struct reference reference = REFERENCE_INIT;
	struct error err = ERROR_INIT;

	if (!name || reference_parse(name, &reference, &err) < 0) {
		buf_add_text(repository, name ? name : "<none>");
		buf_add_text(tag, "<none>");
		return;
	}
	buf_add_text(tag, reference.tag ? reference.tag : "<none>");
	reference_format_familiar(&reference, false, repository);
	const char *colon = strrchr(repository->data, ':');
	if (reference.tag && colon)
		buf_truncate(repository, (size_t)(colon - repository->data));
}

/* 1/0/-1 each */
static int fits_reference(const struct filter *filter, const struct image_summary *image,
			  const char *pattern, struct error *err)
{
	cleanup(buf_release) struct buf repository = BUF_INIT, tag = BUF_INIT;

	(void)filter;
	(void)err;
	image_name_split(image->name, &repository, &tag);
	autofree char *both = xasprintf("%s:%s", repository.data, tag.data);
	return fnmatch(pattern, repository.data, FNM_PATHNAME) == 0 ||
	       fnmatch(pattern, both, FNM_PATHNAME) == 0;
}

static int fits_dangling(const struct filter *filter, const struct image_summary *image,
			 const char *value, struct error *err)
{
	bool wanted;

	(void)filter;
	if (text_parse_bool(value, &wanted, err) < 0)
		return -1;
	return wanted == !image->name;
}

static int fits_label(const struct filter *filter, const struct image_summary *image,
		      const char *value, struct error *err)
{
	cleanup(value_free) json_t *document = NULL;
	size_t len = strcspn(value, "=");
	autofree char *key = xstrndup(value, len);

	int found = manage_inspect(filter->root,
				   image->name ? image->name
					       : digest_format(&image->manifest_digest).text,
				   NULL, &document, err);
	if (found <= 0)
		return found;
	const json_t *labels = json_object_get(json_object_get(document, "Config"), "Labels");
	const char *label = json_string_value(json_object_get(labels, key));
	return label && (!value[len] || strcmp(label, value + len + 1) == 0);
}

static int time_of(const char *text, int64_t *ret_seconds, struct error *err)
{
	uint32_t nanoseconds;

	return text_parse_time(text, ret_seconds, &nanoseconds, err);
}

/* What nobody can date fits neither before nor since. */
static int compare_times(const struct image_summary *image, int64_t then, bool wants_before)
{
	struct error ignored = ERROR_INIT;
	int64_t made;

	if (time_of(image->created, &made, &ignored) < 0)
		return 0;
	return wants_before ? made < then : made > then;
}

static int find_time(const struct filter *filter, const char *name, int64_t *ret_seconds,
		     struct error *err)
{
	cleanup(value_free) json_t *document = NULL;

	int found = manage_inspect(filter->root, name, NULL, &document, err);
	if (found < 0)
		return -1;
	const char *created = json_string_value(json_object_get(document, "Created"));
	if (!found || !created)
		return error_set(err, ERROR_NOT_FOUND, "there is no image '%s'", name);
	return time_of(created, ret_seconds, err);
}

static int fits_before(const struct filter *filter, const struct image_summary *image,
		       const char *name, struct error *err)
{
	int64_t then;

	return find_time(filter, name, &then, err) < 0 ? -1 : compare_times(image, then, true);
}

static int fits_since(const struct filter *filter, const struct image_summary *image,
		      const char *name, struct error *err)
{
	int64_t then;

	return find_time(filter, name, &then, err) < 0 ? -1 : compare_times(image, then, false);
}

/* A point in time, or a duration before now. */
static int fits_until(const struct filter *filter, const struct image_summary *image,
		      const char *value, struct error *err)
{
	struct error ignored = ERROR_INIT;
	int64_t then;

	(void)filter;
	if (time_of(value, &then, &ignored) < 0) {
		if (text_parse_duration(value, &then, err) < 0)
			return -1;
		then = (int64_t)time(NULL) - then / 1000000000;
	}
	return compare_times(image, then, true);
}

static const struct {
	const char *key;
	int (*fits)(const struct filter *filter, const struct image_summary *image,
		    const char *value, struct error *err);
} kinds[] = {
	{ "reference", fits_reference }, { "dangling", fits_dangling }, { "label", fits_label },
	{ "before", fits_before },	 { "since", fits_since },	{ "until", fits_until },
};

/* 1 also where nothing of this kind was asked for. */
static int fits_kind(const struct filter *filter, const struct image_summary *image, size_t kind,
		     const struct strv *filters, struct error *err)
{
	size_t len = strlen(kinds[kind].key);
	bool is_asked = false;
	int fits = 0;

	/* of labels all, of others any */
	bool wants_all = kinds[kind].fits == fits_label;
	for (size_t i = 0; i < filters->len && (!is_asked || (fits > 0) == wants_all); i++) {
		const char *text = filters->items[i];
		if (strncmp(text, kinds[kind].key, len) != 0 || text[len] != '=')
			continue;
		is_asked = true;
		fits = kinds[kind].fits(filter, image, text + len + 1, err);
		if (fits < 0)
			return error_wrap(err, "--filter '%s'", text);
	}
	return is_asked ? fits : 1;
}

static int check(const struct strv *filters, struct error *err)
{
	for (size_t i = 0; i < filters->len; i++) {
		const char *text = filters->items[i];
		size_t len = strcspn(text, "=");
		bool is_known = false;
		for (size_t k = 0; k < countof(kinds); k++)
			is_known |= strlen(kinds[k].key) == len &&
				    strncmp(kinds[k].key, text, len) == 0;
		if (!text[len] || !is_known)
			return error_set(err, ERROR_USAGE,
					 "--filter '%s' is none of: reference=, dangling=, label=, "
					 "before=, since=, until=",
					 text);
	}
	return 0;
}

static int fits_all(const struct filter *filter, const struct image_summary *image,
		    const struct strv *filters, const char *pattern, struct error *err)
{
	if (pattern && !fits_reference(filter, image, pattern, err))
		return 0;
	for (size_t kind = 0; kind < countof(kinds); kind++) {
		int fits = fits_kind(filter, image, kind, filters, err);
		if (fits <= 0)
			return fits;
	}
	return 1;
}

int image_filter_apply(const char *root, const struct strv *filters, const char *pattern,
		       struct image_summaries *images, struct error *err)
{
	struct filter filter = { root };
	size_t kept = 0;

	if (check(filters, err) < 0)
		return -1;
	for (size_t i = 0; i < images->len; i++) {
		struct image_summary image = images->items[i];
		int fits = fits_all(&filter, &image, filters, pattern, err);
		if (fits < 0)
			return -1;
		/* what does not fit goes behind, so that all are released in the end */
		if (fits) {
			images->items[i] = images->items[kept];
			images->items[kept++] = image;
		}
	}
	while (images->len > kept) {
		struct image_summary *last = &images->items[--images->len];
		free(last->name);
		free(last->created);
		free(last->platform);
	}
	return 0;
}
