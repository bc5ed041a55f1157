/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands are given for an image: a name, or an image id as `cbuild images` shows it. */
#include "manage_find.h"

#include "base/alloc.h"
#include "oci/reference.h"

#include <string.h>

enum { ID_LEN_MIN = 4 }; /* fewer digits are sooner a slip than an id */

int manage_full_name(const char *name, char **ret_full, struct error *err)
{
	cleanup(reference_release) struct reference reference = REFERENCE_INIT;
	cleanup(buf_release) struct buf full = BUF_INIT;

	if (reference_parse(name, &reference, err) < 0)
		return -1;
	reference_format(&reference, &full);
	*ret_full = buf_take(&full);
	return 0;
}

int manage_find(const struct engine *engine, const char *name, struct image_set *ret_set,
		struct error *err)
{
	autofree char *full = NULL;

	if (manage_full_name(name, &full, err) < 0)
		return -1;
	return image_set_find(&engine->env, full, ret_set, err);
}

/* The digits of what may be an id, or NULL. */
static const char *id_digits(const char *text)
{
	static const char ALGORITHM[] = "sha256:";

	if (strncmp(text, ALGORITHM, strlen(ALGORITHM)) == 0)
		text += strlen(ALGORITHM);
	size_t len = strspn(text, "0123456789abcdef");
	return !text[len] && len >= ID_LEN_MIN && len <= DIGEST_HEX_LEN ? text : NULL;
}

static bool begins_with(const struct digest *digest, const char *digits)
{
	return strncmp(digest_hex(digest).text, digits, strlen(digits)) == 0;
}

/* By manifest, or by the config of a single image. 1/0/-1 */
static int tag_has_id(const struct engine *engine, const struct store_tag *tag, const char *digits,
		      struct image_set *ret_set, struct error *err)
{
	cleanup(image_set_release) struct image_set set = IMAGE_SET_INIT;
	autofree char *reference = xasprintf("image@%s", digest_format(&tag->digest).text);

	int found = image_set_find(&engine->env, reference, &set, err);
	if (found <= 0)
		return found;
	if (!begins_with(&tag->digest, digits) &&
	    (set.has_index || !begins_with(&set.items[0]->manifest->config.digest, digits)))
		return 0;
	image_set_release(ret_set);
	*ret_set = set;
	set = (struct image_set)IMAGE_SET_INIT;
	return 1;
}

int manage_find_id(const struct engine *engine, const char *text, struct image_set *ret_set,
		   struct error *err)
{
	cleanup(store_tags_release) struct store_tags tags = { 0 };
	cleanup(image_set_release) struct image_set set = IMAGE_SET_INIT;
	const char *digits = id_digits(text);

	if (!digits)
		return 0;
	if (store_list_tags(engine->store, &tags, err) < 0)
		return -1;
	const struct digest *first = NULL;
	for (size_t i = 0; i < tags.len; i++) {
		const struct digest *digest = &tags.items[i].digest;
		if (first && digest_equal(first, digest))
			continue;
		int found = tag_has_id(engine, &tags.items[i], digits, &set, err);
		if (found < 0)
			return -1;
		if (found && first)
			return error_set(err, ERROR_USAGE,
					 "several images have an id that begins with '%s'", text);
		if (found)
			first = digest;
	}
	if (!first)
		return 0;
	*ret_set = set;
	set = (struct image_set)IMAGE_SET_INIT;
	return 1;
}

int manage_find_any(const struct engine *engine, const char *text, struct image_set *ret_set,
		    struct error *err)
{
	struct error naming = ERROR_INIT;

	int found = manage_find(engine, text, ret_set, &naming);
	if (found > 0)
		return 1;
	int has_id = manage_find_id(engine, text, ret_set, err);
	if (!has_id && found < 0) {
		*err = naming;
		return -1;
	}
	return has_id;
}
