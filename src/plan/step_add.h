/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lists of a plan while it is made. Images, contexts and steps that are the same are one: a
 * step's definition (everything in it but where it stands and what it is called) has a digest, so
 * that what several stages or platforms have in common is done once.
 */
#ifndef CBUILD_PLAN_STEP_ADD_H
#define CBUILD_PLAN_STEP_ADD_H

#include "base/map.h"
#include "base/vec.h"
#include "plan/plan.h"

struct plan_builder {
	struct arena *arena; /* the plan's */
	VEC(struct plan_image) images;
	VEC(struct plan_context) contexts;
	VEC(struct step) steps;
	struct map image_places, context_places, step_places; /* key -> index + 1 */
	bool is_multi_platform;				      /* titles name the platform */
};

void plan_builder_init(struct plan_builder *builder, struct arena *arena,
		       const char *main_context_path);
void plan_builder_release(struct plan_builder *builder);
DEFINE_RELEASE(struct plan_builder, plan_builder_release);
/* Moves the lists into the plan. */
void plan_builder_finish(struct plan_builder *builder, struct plan *plan);

/* Each gives the index, of an equal one where there is one already. */
uint32_t builder_add_image(struct plan_builder *builder, const struct plan_image *image);
uint32_t builder_add_context(struct plan_builder *builder, const char *name, const char *host_path);
/* Fills in step->inputs. env_digest: of a RUN's environment, else NULL. */
uint32_t builder_add_step(struct plan_builder *builder, struct step *step,
			  const struct digest *env_digest);

/* step_digest.c */
struct digest step_digest(const struct step *step, const struct digest *env_digest);

#endif
