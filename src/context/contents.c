/* SPDX-License-Identifier: Apache-2.0 */
#include "context/contents.h"

#include "ignore_rules.h"
#include "listing_walk.h"
#include "plain_open.h"

#include "base/path.h"

#include <fcntl.h>
#include <unistd.h>

void context_contents_release(struct context_contents *contents)
{
	arena_release(&contents->arena);
	*contents = (struct context_contents){ 0 };
}

static int find_reason(const struct ignore *ignore, const char *path, struct arena *arena,
		       struct ignore_reason *ret_reason, struct error *err)
{
	cleanup(ignore_state_release) struct ignore_state state = IGNORE_STATE_INIT;

	*ret_reason = (struct ignore_reason){ 0 };
	if (!ignore || !*path)
		return 0;
	if (ignore_walk_down(ignore, path, &state, err) < 0)
		return -1;
	ret_reason->is_ignored = state.is_ignored;
	if (!state.n_applied)
		return 0;
	const struct rule *rule = &ignore->rules.items[state.applied[state.n_applied - 1]];
	ret_reason->line = rule->line;
	ret_reason->pattern = arena_printf(arena, "%s%s", rule->is_exception ? "!" : "",
					   pattern_text(rule->pattern));
	return 0;
}

static int keep_items(const struct context *context, const struct listing_draft *draft,
		      struct context_contents *contents, struct error *err)
{
	contents->items =
		arena_array(&contents->arena, draft->records.len, sizeof(*contents->items));
	for (size_t i = 1; i < draft->records.len; i++) {
		const struct listing_record *record = &draft->records.items[i];
		struct context_item *item = &contents->items[contents->len++];
		*item = (struct context_item){
			.path = arena_strdup(&contents->arena, listing_draft_path(draft, i)),
			.type = (enum fs_type)record->type,
			.mode = record->mode,
			.size = record->type == FS_FILE ? record->size : 0,
		};
		contents->n_files += item->type != FS_DIR;
		contents->size += item->size;
		if (find_reason(context->ignore, item->path, &contents->arena, &item->reason, err) <
		    0)
			return -1;
		item->reason.is_there = true;
	}
	return 0;
}

int context_contents_read(const struct context *context, struct context_contents *ret_contents,
			  struct error *err)
{
	cleanup(context_contents_release) struct context_contents contents = { 0 };
	cleanup(wanted_release) struct wanted wanted = WANTED_INIT;
	cleanup(walk_result_release) struct walk_result result = WALK_RESULT_INIT;
	const struct listing_source everything = { .kind = LISTING_PATH, .path = "" };

	if (wanted_add_source(&wanted, context->fd, &everything, err) < 0 ||
	    listing_walk(context->fd, context->ignore, &wanted, NULL, &result, err) < 0 ||
	    keep_items(context, &result.draft, &contents, err) < 0)
		return -1;
	*ret_contents = contents;
	contents = (struct context_contents){ 0 };
	return 0;
}

int context_explain(const struct context *context, const char *path, struct arena *arena,
		    struct ignore_reason *ret_reason, struct error *err)
{
	autofree char *clean = path_clean(path);
	struct ignore_reason reason;

	if (find_reason(context->ignore, clean, arena, &reason, err) < 0)
		return -1;
	autoclose int fd = plain_open(context->fd, *clean ? clean : ".", O_PATH | O_NOFOLLOW);
	reason.is_there = fd >= 0;
	*ret_reason = reason;
	return 0;
}
