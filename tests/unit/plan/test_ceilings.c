/* SPDX-License-Identifier: Apache-2.0 */
/* Large files: what is refused and by which name, and that the rest takes no square of time. */
/* rules: 13-max-stages 13-max-layers */
#include "planning.h"

#include "base/buf.h"

#include <time.h>

enum { MANY = 10000, LAYERS = 4096 };

/* Generous: a square would take minutes. */
static const double SECONDS_MAX = 20;

static double now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static struct plan *planned(const char *text)
{
	cleanup(fake_images_release) struct fake_images images = { 0 };
	struct plan *plan = NULL;
	struct error err = ERROR_INIT;
	double start = now();

	(void)add_fake_image(&images, "docker.io/library/a:latest");
	if (make_plan(text, &images, &plan, &err) < 0)
		fail_msg("%u: %s", err.at.line, err.text);
	assert_true(now() - start < SECONDS_MAX);
	return plan;
}

static void refuses(const char *text, unsigned line, const char *error)
{
	cleanup(fake_images_release) struct fake_images images = { 0 };
	cleanup(plan_free) struct plan *plan = NULL;
	struct error err = ERROR_INIT;

	(void)add_fake_image(&images, "docker.io/library/a:latest");
	assert_int_equal(make_plan(text, &images, &plan, &err), -1);
	assert_string_equal(err.text, error);
	assert_int_equal(err.at.line, line);
}

static void long_chain_of_stages(void **state)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	(void)state;
	buf_add_text(&text, "FROM a AS s0\n");
	for (int i = 1; i < MANY; i++)
		buf_printf(&text, "FROM s%d AS s%d\nENV e%d=%d\nARG a%d=%d\n", i - 1, i, i, i, i,
			   i);
	cleanup(plan_free) struct plan *plan = planned(text.data);
	assert_int_equal(plan->n_steps, 1);
	assert_int_equal(plan->targets[0].n_history, 2 * MANY - 1);
	assert_int_equal(plan->targets[0].config->env.len, MANY);
	assert_string_equal(plan->targets[0].config->env.items[MANY - 1], "e9999=9999");
}

static void many_stages_of_one(void **state)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	(void)state;
	buf_add_text(&text, "FROM a AS base\nRUN make\n");
	for (int i = 1; i < MANY - 1; i++)
		buf_printf(&text, "FROM base AS s%d\nENV e=%d\nRUN x\n", i, i % 2);
	buf_add_text(&text, "FROM scratch\n");
	for (int i = 1; i < LAYERS; i++)
		buf_printf(&text, "COPY --from=s%d /a /a%d\n", i, i);
	cleanup(plan_free) struct plan *plan = planned(text.data);
	/* FROM, make, x with two environments, the copies */
	assert_int_equal(plan->n_steps, 4 + LAYERS - 1);
}

static void many_instructions(void **state)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	(void)state;
	/* a stage that is copied from may have more layers than an image */
	buf_add_text(&text, "FROM a AS work\n");
	for (int i = 0; i < MANY / 2; i++)
		buf_printf(&text, "ENV e%d=$e%d\nRUN x\n", i, i / 2);
	buf_add_text(&text, "FROM scratch\nCOPY --from=work / /\n");
	cleanup(plan_free) struct plan *plan = planned(text.data);
	assert_int_equal(plan->n_steps, MANY / 2 + 2);
	const struct run_step *last = &plan->steps[MANY / 2].run;
	assert_int_equal(last->env.len, MANY / 2 + 1);
	assert_int_equal(plan->steps[1].run.env.len, 2);
	/* steps behind variables that were only added share one array */
	assert_ptr_equal(plan->steps[MANY / 2 - 1].run.env.items, last->env.items);
}

static void environment_that_changes_is_not_shared(void **state)
{
	(void)state;
	cleanup(plan_free) struct plan *plan =
		planned("FROM a\nENV e=1\nRUN x\nENV e=2\nRUN x\nENV f=3\nRUN x\n");
	assert_int_equal(plan->n_steps, 4);
	assert_string_equal(plan->steps[1].run.env.items[1], "e=1");
	assert_int_equal(plan->steps[1].run.env.len, 2);
	assert_string_equal(plan->steps[2].run.env.items[1], "e=2");
	assert_int_equal(plan->steps[2].run.env.len, 2);
	assert_string_equal(plan->steps[3].run.env.items[2], "f=3");
}

static void stages_of_one_do_not_write_into_each_other(void **state)
{
	(void)state;
	cleanup(plan_free) struct plan *plan =
		planned("FROM a AS p\nENV e=1\nRUN x\nFROM p AS q\nENV f=q\nRUN x\nFROM p AS r\n"
			"ENV f=r g=r\nRUN x\nCOPY --from=q / /\n");
	assert_int_equal(plan->n_steps, 5);
	assert_string_equal(plan->steps[2].run.env.items[2], "f=q");
	assert_int_equal(plan->steps[2].run.env.len, 3);
	assert_string_equal(plan->steps[3].run.env.items[2], "f=r");
	assert_int_equal(plan->steps[3].run.env.len, 4);
}

/* M-08 */
static void more_stages_than_the_ceiling(void **state)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	cleanup(dockerfile_free) struct dockerfile *dockerfile = NULL;
	struct error err = ERROR_INIT;

	(void)state;
	for (int i = 0; i <= MANY; i++)
		buf_add_text(&text, "FROM scratch\n");
	/* the parser may already refuse it */
	if (dockerfile_parse(text.data, text.len, &dockerfile, &err) == 0)
		refuses(text.data, MANY + 1, "more than 10000 stages");
	else
		assert_non_null(strstr(err.text, "10000 stages"));
}

/* M-08 */
static void more_layers_than_the_ceiling(void **state)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	(void)state;
	buf_add_text(&text, "FROM a\n");
	for (int i = 0; i < LAYERS - 1; i++)
		buf_printf(&text, "COPY %d /\n", i);
	cleanup(plan_free) struct plan *plan = planned(text.data);
	assert_int_equal(plan->n_steps, LAYERS);
	buf_add_text(&text, "COPY last /\n");
	refuses(text.data, 1, "the image would have 4097 layers, more than 4096");
}

/* M-08 */
static void history_longer_than_a_config(void **state)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	(void)state;
	buf_add_text(&text, "FROM a\nARG a=");
	for (int i = 0; i < 1000000; i++)
		buf_add_char(&text, 'x');
	buf_add_text(&text, "\nRUN x\nRUN y\nRUN z\nRUN last\n");
	refuses(text.data, 6, "the image's history is longer than 65536 entries or 4194304 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(long_chain_of_stages),
		cmocka_unit_test(many_stages_of_one),
		cmocka_unit_test(many_instructions),
		cmocka_unit_test(environment_that_changes_is_not_shared),
		cmocka_unit_test(stages_of_one_do_not_write_into_each_other),
		cmocka_unit_test(more_stages_than_the_ceiling),
		cmocka_unit_test(more_layers_than_the_ceiling),
		cmocka_unit_test(history_longer_than_a_config),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
