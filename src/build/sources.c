/* SPDX-License-Identifier: Apache-2.0 */
/* What is read before anything is planned: context, Dockerfile, ignore file. */
#include "phases.h"

#include "base/alloc.h"
#include "base/path.h"
#include "base/text.h"
#include "context/source.h"

#include <string.h>

int build_read_sources(struct build *build, struct error *err)
{
	const struct build_request *request = build->request;
	struct build_result *result = build->result;

	if (request->context && context_open_dir(request->context, &build->context_fd, err) < 0)
		return -1;
	if (context_read_dockerfile(build->context_fd, request->context, request->dockerfile,
				    &result->dockerfile, &result->dockerfile_name, err) < 0)
		return -1;
	if (build->context_fd < 0)
		return 0;
	return context_read_ignore(build->context_fd, request->dockerfile, request->ignore_file,
				   &build->ignore, err);
}

/* The memo of file contents is kept per tree: by the path that others would call it too. */
static char *absolute(const char *host_path)
{
	char *resolved = realpath(host_path, NULL);

	return resolved ? resolved : xstrdup(host_path);
}

int build_open_context(struct build *build, size_t index, struct exec_context *ret_context,
		       struct error *err)
{
	const struct plan_context *context = &build->plan->contexts[index];
	autofree char *path = absolute(context->host_path);
	struct exec_context opened = { .dir_fd = build->context_fd,
				       .owned_fd = -1,
				       .ignore = build->ignore };

	opened.host_path = arena_strdup(&build->arena, path);
	if (context->name) {
		if (context_open_dir(context->host_path, &opened.owned_fd, err) < 0)
			return -1;
		opened.dir_fd = opened.owned_fd;
		if (context_read_ignore(opened.dir_fd, "-", NULL, &opened.owned_ignore, err) < 0) {
			exec_context_release(&opened);
			return -1;
		}
		opened.ignore = opened.owned_ignore;
	}
	*ret_context = opened;
	return 0;
}
