/* SPDX-License-Identifier: Apache-2.0 */
#include "planning.h"

static size_t count_needs(const char *text, struct fake_images *images, char *first, size_t size)
{
	cleanup(dockerfile_free) struct dockerfile *dockerfile = parsed(text);
	cleanup(plan_needs_release) struct plan_needs needs = { 0 };
	struct plan_options options = amd64_options();
	struct image_lookup lookup = { .find = find_fake_image, .context = images };
	struct error err = ERROR_INIT;

	if (plan_find_needs(dockerfile, &options, &lookup, &needs, &err) < 0)
		fail_msg("%s", err.text);
	if (needs.n_images) {
		assert_true(strlen(needs.images[0].reference) < size);
		memcpy(first, needs.images[0].reference, strlen(needs.images[0].reference) + 1);
		assert_true(needs.images[0].at.line > 0);
		assert_null(needs.images[0].config);
	}
	return needs.n_images;
}

static void asks_until_triggers_name_nothing_new(void **state)
{
	static const char text[] = "FROM a\n";
	cleanup(fake_images_release) struct fake_images images = { 0 };
	char first[100] = "";

	(void)state;
	assert_int_equal(count_needs(text, &images, first, sizeof(first)), 1);
	assert_string_equal(first, "docker.io/library/a:latest");
	struct image_config *a = add_fake_image(&images, "docker.io/library/a:latest");
	strv_add(&a->on_build, "COPY --from=b / /");
	assert_int_equal(count_needs(text, &images, first, sizeof(first)), 1);
	assert_string_equal(first, "docker.io/library/b:latest");
	struct image_config *b = add_fake_image(&images, "docker.io/library/b:latest");
	/* what is only copied from runs no triggers */
	strv_add(&b->on_build, "COPY --from=c / /");
	assert_int_equal(count_needs(text, &images, first, sizeof(first)), 0);
}

static void plan_without_an_image_is_refused(void **state)
{
	cleanup(fake_images_release) struct fake_images images = { 0 };
	cleanup(plan_free) struct plan *plan = NULL;
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(make_plan("ARG x\n\nFROM a\n", &images, &plan, &err), -1);
	assert_null(plan);
	assert_int_equal(err.code, ERROR_NOT_FOUND);
	assert_int_equal(err.at.line, 3);
	assert_string_equal(err.text, "image docker.io/library/a:latest has not been resolved");
}

static void failing_look_up_gets_the_position(void **state)
{
	cleanup(fake_images_release) struct fake_images images = { .fails = true };
	cleanup(plan_free) struct plan *plan = NULL;
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(make_plan("FROM scratch\nCOPY --from=a / /\n", &images, &plan, &err), -1);
	assert_int_equal(err.at.line, 2);
}

static void circle_is_found_before_images_are_needed(void **state)
{
	cleanup(dockerfile_free) struct dockerfile *dockerfile =
		parsed("FROM a AS x\nCOPY --from=y / /\nFROM a AS y\nCOPY --from=x / /\n");
	cleanup(fake_images_release) struct fake_images images = { 0 };
	cleanup(plan_needs_release) struct plan_needs needs = { 0 };
	struct plan_options options = amd64_options();
	struct image_lookup lookup = { .find = find_fake_image, .context = &images };
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(plan_find_needs(dockerfile, &options, &lookup, &needs, &err), -1);
	assert_string_equal(err.text, "circular dependency detected on stage: x");
	assert_int_equal(images.n_asked, 0);
}

static void plan_lends_the_configs_of_its_images(void **state)
{
	cleanup(fake_images_release) struct fake_images images = { 0 };
	cleanup(plan_free) struct plan *plan = NULL;
	struct error err = ERROR_INIT;

	(void)state;
	struct image_config *a = add_fake_image(&images, "docker.io/library/a:latest");
	assert_int_equal(make_plan("FROM a\nENV x=1\n", &images, &plan, &err), 0);
	assert_int_equal(plan->n_images, 1);
	assert_ptr_equal(plan->images[0].config, a);
	assert_int_equal(plan->images[0].at.line, 1);
	/* the target's is its own, and has none of what the image is made of */
	const struct image_config *own = plan->targets[0].config;
	assert_ptr_not_equal(own, a);
	assert_int_equal(own->n_diff_ids, 0);
	assert_int_equal(own->n_history, 0);
	assert_int_equal(a->n_diff_ids, 1);
	assert_string_equal(strv_env_get(&own->env, "x"), "1");
	assert_null(strv_env_get(&a->env, "x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_until_triggers_name_nothing_new),
		cmocka_unit_test(plan_without_an_image_is_refused),
		cmocka_unit_test(failing_look_up_gets_the_position),
		cmocka_unit_test(circle_is_found_before_images_are_needed),
		cmocka_unit_test(plan_lends_the_configs_of_its_images),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
