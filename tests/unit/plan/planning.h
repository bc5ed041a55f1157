/* SPDX-License-Identifier: Apache-2.0 */
/* Plans out of a text, over a table of made-up images. */
#ifndef CBUILD_TESTS_PLANNING_H
#define CBUILD_TESTS_PLANNING_H

#include "../cmocka_head.h"
#include "base/alloc.h"
#include "plan/plan.h"

#include <string.h>

enum { IMAGES_MAX = 8 };

struct fake_images {
	const char *references[IMAGES_MAX];
	struct image_config *configs[IMAGES_MAX];
	size_t len;
	unsigned n_asked;
	bool fails;
};

/* An image with one layer. */
static inline struct image_config *add_fake_image(struct fake_images *images, const char *reference)
{
	static const char config[] =
		"{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{},"
		"\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:"
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
		"\"]},\"history\":[{\"created_by\":\"x\"}]}";
	struct error err = ERROR_INIT;

	images->references[images->len] = reference;
	assert_int_equal(
		image_config_decode(config, strlen(config), &images->configs[images->len], &err),
		0);
	return images->configs[images->len++];
}

static inline void fake_images_release(struct fake_images *images)
{
	for (size_t i = 0; i < images->len; i++)
		image_config_free(images->configs[i]);
}
DEFINE_RELEASE(struct fake_images, fake_images_release);

static inline int find_fake_image(void *context, const char *reference,
				  const struct platform *platform,
				  const struct image_config **ret_config)
{
	struct fake_images *images = context;

	(void)platform;
	images->n_asked++;
	if (images->fails)
		return -1;
	for (size_t i = 0; i < images->len; i++) {
		if (strcmp(images->references[i], reference) != 0)
			continue;
		*ret_config = images->configs[i];
		return 1;
	}
	return 0;
}

static inline struct plan_options amd64_options(void)
{
	struct plan_options options = { 0 };
	struct error err = ERROR_INIT;

	assert_int_equal(platform_parse("linux/amd64", &options.build_platform, &err), 0);
	return options;
}

static inline struct dockerfile *parsed(const char *text)
{
	struct dockerfile *dockerfile = NULL;
	struct error err = ERROR_INIT;

	if (dockerfile_parse(text, strlen(text), &dockerfile, &err) < 0)
		fail_msg("%s", err.text);
	return dockerfile;
}

static inline int make_plan(const char *text, struct fake_images *images, struct plan **ret_plan,
			    struct error *err)
{
	cleanup(dockerfile_free) struct dockerfile *dockerfile = parsed(text);
	struct plan_options options = amd64_options();
	struct image_lookup lookup = { .find = find_fake_image, .context = images };

	return plan_make(dockerfile, &options, &lookup, ret_plan, err);
}

#endif
