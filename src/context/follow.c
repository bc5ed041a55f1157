/* SPDX-License-Identifier: Apache-2.0 */
#include "follow.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/path.h"

#include <string.h>

/* What has been reached, free of links; and what is still to go. */
struct way {
	char *done;
	struct buf rest;
	int n_links;
};

static void way_release(struct way *way)
{
	free(way->done);
	buf_release(&way->rest);
}
DEFINE_RELEASE(struct way, way_release);

static void go_to(struct way *way, char *done)
{
	free(way->done);
	way->done = done;
}

/* Takes the first component off; NULL when there is none. */
static char *take_component(struct buf *rest)
{
	size_t start = strspn(rest->data, "/");
	size_t len = strcspn(rest->data + start, "/");

	if (!len)
		return NULL;
	char *component = xstrndup(rest->data + start, len);
	struct buf shorter = BUF_INIT;
	buf_add_text(&shorter, rest->data + start + len);
	buf_release(rest);
	*rest = shorter;
	return component;
}

static void go_over_link(struct way *way, const char *target)
{
	struct buf longer = BUF_INIT;

	buf_printf(&longer, "%s/%s", target, way->rest.data);
	buf_release(&way->rest);
	way->rest = longer;
	way->n_links++;
	if (*target == '/')
		go_to(way, xstrdup(""));
}

static int advance(struct way *way, const char *component, follow_reader *read_link, void *context,
		   struct error *err)
{
	autofree char *target = NULL;

	if (strcmp(component, ".") == 0)
		return 0;
	if (strcmp(component, "..") == 0) {
		go_to(way, path_parent(way->done));
		return 0;
	}
	autofree char *path = path_join(way->done, component);
	int is_link = read_link(context, way->done, component, path, &target, err);
	if (is_link < 0)
		return -1;
	if (is_link)
		go_over_link(way, target);
	else
		go_to(way, take_ptr(&path));
	return 0;
}

int follow_links(const char *path, int max_links, follow_reader *read_link, void *context,
		 char **ret_path, struct error *err)
{
	cleanup(way_release) struct way way = { .done = xstrdup(""), .rest = BUF_INIT };

	buf_add_text(&way.rest, path);
	while (way.n_links <= max_links) {
		autofree char *component = take_component(&way.rest);
		if (!component) {
			*ret_path = take_ptr(&way.done);
			return 1;
		}
		if (advance(&way, component, read_link, context, err) < 0)
			return -1;
	}
	return 0;
}
