/* SPDX-License-Identifier: Apache-2.0 */
#include "build/request.h"

#include <stdlib.h>

static void output_release(struct output_request *output)
{
	free(output->dest);
	strv_release(&output->names);
	strv_release(&output->annotations);
}

void build_request_release(struct build_request *request)
{
	char *texts[] = { request->context,	request->context_sub_path, request->dockerfile,
			  request->ignore_file, request->target,	   request->root };
	struct strv *lists[] = { &request->build_args, &request->build_contexts,  &request->allow,
				 &request->tags,       &request->no_cache_filter, &request->labels,
				 &request->annotations };

	for (size_t i = 0; i < countof(texts); i++)
		free(texts[i]);
	for (size_t i = 0; i < countof(lists); i++)
		strv_release(lists[i]);
	for (size_t i = 0; i < request->n_secrets; i++) {
		free(request->secrets[i].id);
		free(request->secrets[i].source);
	}
	free(request->secrets);
	for (size_t i = 0; i < request->n_ssh; i++) {
		free(request->ssh[i].id);
		strv_release(&request->ssh[i].paths);
	}
	free(request->ssh);
	for (size_t i = 0; i < request->n_failed_files; i++) {
		free(request->failed_files[i].stage);
		free(request->failed_files[i].path);
		free(request->failed_files[i].dest);
	}
	free(request->failed_files);
	for (size_t i = 0; i < request->n_outputs; i++)
		output_release(&request->outputs[i]);
	free(request->outputs);
	free(request->platforms);
	registry_access_release(&request->access);
	name_settings_release(&request->names);
	sandbox_policy_release(&request->policy);
	limits_release(&request->limits);
	*request = (struct build_request){ .signal_fd = -1 };
}
