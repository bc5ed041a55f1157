/* SPDX-License-Identifier: Apache-2.0 */
/* The half of build_settle that says what is read: context, arguments, platforms, secrets. */
#include "settle_inputs.h"

#include "command.h"
#include "csv.h"
#include "host_file.h"
#include "settle_names.h"

#include "base/alloc.h"
#include "base/text.h"
#include "build/request.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ARG_FILE_SIZE_MAX = 16 * 1024 * 1024 };

static char *dup_or_null(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

static void add_comma_list(const struct strv *lists, struct strv *items)
{
	for (size_t i = 0; i < lists->len; i++) {
		for (const char *at = lists->items[i]; *at;) {
			size_t len = strcspn(at, ",");
			if (len)
				strv_addn(items, at, len);
			at += len;
			at += *at == ',';
		}
	}
}

/* kaniko's spellings of a context. */
static int read_kaniko_context(const char *text, const char **ret_context, struct error *err)
{
	if (text_has_prefix(text, "s3://") || text_has_prefix(text, "gs://") ||
	    (text_has_prefix(text, "https://") && strstr(text, ".blob.core.windows.net/")))
		return error_set(err, ERROR_USAGE,
				 "context '%s' is not supported yet (fetch it and give -)", text);
	if (text_has_prefix(text, "tar://"))
		return error_set(err, ERROR_USAGE,
				 "context '%s' is not supported yet (cbuild - < FILE)", text);
	*ret_context = text_has_prefix(text, "dir://") ? text + strlen("dir://") : text;
	return 0;
}

/* `cbuild --root DIR images`, as some other program has it: not the build of a folder. */
static int refuse_late_command(const struct strv *operands, struct error *err)
{
	const char *word = operands->len ? operands->items[0] : "";

	if (!command_find(word) || (operands->len == 1 && access(word, F_OK) == 0))
		return 0;
	return error_set(err, ERROR_USAGE,
			 "'%s' is a command, and stands before its options (cbuild %s ...)", word,
			 word);
}

static int settle_context(const struct build_values *values, const struct strv *operands,
			  struct build_request *request, struct error *err)
{
	const char *context = operands->len ? operands->items[0] : values->context;

	if (refuse_late_command(operands, err) < 0)
		return -1;
	if (operands->len > 1)
		return error_set(err, ERROR_USAGE, "one context is built, not '%s' and '%s'",
				 operands->items[0], operands->items[1]);
	if (operands->len && values->context)
		return error_set(err, ERROR_USAGE, "the context is given twice: '%s' and --context",
				 operands->items[0]);
	if (!context || !*context)
		return error_set(err, ERROR_USAGE,
				 "a context is missing (cbuild build [OPTIONS] PATH | URL | -)");
	if (read_kaniko_context(context, &context, err) < 0)
		return -1;
	if (strcmp(context, "-") == 0 && values->dockerfile && strcmp(values->dockerfile, "-") == 0)
		return error_set(err, ERROR_USAGE,
				 "context and Dockerfile cannot both come from stdin");
	request->context = xstrdup(context);
	return 0;
}

int settle_check_name(const char *option, const char *text, struct error *err)
{
	if (*text && *text != '=')
		return 0;
	return error_set(err, ERROR_USAGE, "%s '%s' has no name", option, text);
}

/* NAME=VALUE lines; blank ones and "#" comments are skipped (buildah's --build-arg-file). */
static int read_arg_file(const char *host_path, struct strv *args, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	int found = host_file_read(host_path, ARG_FILE_SIZE_MAX, &text, err);

	if (found == 0)
		return error_set(err, ERROR_USAGE, "--build-arg-file: there is no file '%s'",
				 host_path);
	if (found < 0)
		return -1;
	for (const char *line = text.data; *line;) {
		size_t len = strcspn(line, "\n");
		size_t used = len && line[len - 1] == '\r' ? len - 1 : len;
		if (used && *line != '#')
			strv_addn(args, line, used);
		line += len;
		line += *line == '\n';
	}
	return 0;
}

static int add_build_arg(const char *arg, struct strv *args, struct error *err)
{
	if (settle_check_name("--build-arg", arg, err) < 0)
		return -1;
	const char *equals = strchr(arg, '=');
	size_t len = equals ? (size_t)(equals - arg) : strlen(arg);
	autofree char *name = xstrndup(arg, len);
	const char *value = equals ? equals + 1 : getenv(name);
	/* One that is not set anywhere leaves the ARG its default. */
	if (value)
		strv_env_set(args, name, value);
	return 0;
}

void settle_add_variable(const char *name, struct strv *args)
{
	const char *value = getenv(name);

	if (value && *value && !strv_env_get(args, name))
		strv_env_set(args, name, value);
}

static int settle_build_args(const struct build_values *values, struct build_request *request,
			     struct error *err)
{
	static const char *const proxies[] = {
		"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY",
		"http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy",
	};
	cleanup(strv_release) struct strv args = STRV_INIT;

	for (size_t i = 0; i < values->build_arg_files.len; i++)
		if (read_arg_file(values->build_arg_files.items[i], &args, err) < 0)
			return -1;
	strv_add_all(&args, &values->build_args);
	for (size_t i = 0; i < args.len; i++)
		if (add_build_arg(args.items[i], &request->build_args, err) < 0)
			return -1;
	for (size_t i = 0; i < countof(proxies); i++)
		settle_add_variable(proxies[i], &request->build_args);
	return 0;
}

static int settle_contexts(const struct build_values *values, struct build_request *request,
			   struct error *err)
{
	for (size_t i = 0; i < values->build_contexts.len; i++) {
		const char *text = values->build_contexts.items[i];
		const char *equals = strchr(text, '=');
		if (!equals || equals == text || !equals[1])
			return error_set(err, ERROR_USAGE, "--build-context '%s' is not NAME=VALUE",
					 text);
		strv_add(&request->build_contexts, text);
	}
	return 0;
}

static int settle_platforms(const struct build_values *values, struct build_request *request,
			    struct error *err)
{
	cleanup(strv_release) struct strv names = STRV_INIT;

	add_comma_list(&values->platforms, &names);
	request->platforms = xcalloc(names.len + 1, sizeof(*request->platforms));
	for (size_t i = 0; i < names.len; i++) {
		struct platform platform = platform_host();
		if (strcmp(names.items[i], "local") != 0 &&
		    platform_parse(names.items[i], &platform, err) < 0) {
			err->code = ERROR_USAGE;
			return error_wrap(err, "--platform '%s'", names.items[i]);
		}
		bool is_known = false;
		for (size_t k = 0; k < request->n_platforms; k++)
			is_known |= platform_equal(&request->platforms[k], &platform);
		if (!is_known)
			request->platforms[request->n_platforms++] = platform;
	}
	return 0;
}

struct secret_fields {
	const char *id, *source, *variable, *type;
};

static int read_secret_fields(struct strv *fields, struct secret_fields *ret_secret,
			      struct error *err)
{
	struct secret_fields secret = { 0 };

	for (size_t i = 0; i < fields->len; i++) {
		char *value;
		const char *key = csv_cut_key(fields->items[i], &value);
		if (!value || !*value)
			return error_set(err, ERROR_USAGE, "'%s' wants a value", key);
		if (strcmp(key, "id") == 0)
			secret.id = value;
		else if (strcmp(key, "src") == 0 || strcmp(key, "source") == 0)
			secret.source = value;
		else if (strcmp(key, "env") == 0)
			secret.variable = value;
		else if (strcmp(key, "type") == 0)
			secret.type = value;
		else
			return error_set(err, ERROR_USAGE,
					 "unknown key '%s' (id, src, env, type=file|env)", key);
	}
	if (!secret.id)
		return error_set(err, ERROR_USAGE, "id is missing");
	*ret_secret = secret;
	return 0;
}

/* buildx: with type=env, src names the variable; without either, one that is called like the id. */
static int settle_secret(const char *text, struct secret_request *ret_secret, struct error *err)
{
	cleanup(strv_release) struct strv fields = STRV_INIT;
	struct secret_fields secret = { 0 };

	if (csv_split(text, &fields, err) < 0 || read_secret_fields(&fields, &secret, err) < 0)
		return -1;
	bool is_env = secret.variable || (secret.type && strcmp(secret.type, "env") == 0) ||
		      (!secret.type && !secret.source && getenv(secret.id));
	if (secret.type && strcmp(secret.type, "env") != 0 && strcmp(secret.type, "file") != 0)
		return error_set(err, ERROR_USAGE, "type '%s' is neither file nor env",
				 secret.type);
	const char *source = secret.variable && is_env ? secret.variable : secret.source;
	*ret_secret = (struct secret_request){ .id = xstrdup(secret.id),
					       .kind = is_env ? SECRET_ENV : SECRET_FILE,
					       .source = xstrdup(source ? source : secret.id) };
	return 0;
}

static int settle_secrets(const struct build_values *values, struct build_request *request,
			  struct error *err)
{
	request->secrets = xcalloc(values->secrets.len + 1, sizeof(*request->secrets));
	for (size_t i = 0; i < values->secrets.len; i++) {
		const char *text = values->secrets.items[i];
		if (settle_secret(text, &request->secrets[request->n_secrets], err) < 0)
			return error_wrap(err, "--secret '%s'", text);
		request->n_secrets++;
	}
	return 0;
}

static int settle_allow(const struct build_values *values, struct build_request *request,
			struct error *err)
{
	add_comma_list(&values->allow, &request->allow);
	for (size_t i = 0; i < request->allow.len; i++) {
		const char *word = request->allow.items[i];
		if (strcmp(word, "device") == 0 || text_has_prefix(word, "device="))
			continue;
		if (strcmp(word, "network.host") != 0 && strcmp(word, "security.insecure") != 0 &&
		    strcmp(word, "secret-leak") != 0 && strcmp(word, "secret-on-disk") != 0)
			return error_set(
				err, ERROR_USAGE,
				"unknown entitlement '%s' (network.host, "
				"security.insecure, device[=NAME], secret-leak, secret-on-disk)",
				word);
	}
	return 0;
}

int settle_inputs(const struct build_values *values, const struct strv *operands,
		  struct build_request *request, struct error *err)
{
	if (settle_context(values, operands, request, err) < 0 ||
	    settle_build_args(values, request, err) < 0 ||
	    settle_contexts(values, request, err) < 0 ||
	    settle_platforms(values, request, err) < 0 ||
	    settle_secrets(values, request, err) < 0 || settle_ssh(values, request, err) < 0 ||
	    settle_failure(values, request, err) < 0 || settle_allow(values, request, err) < 0 ||
	    settle_names(values, request, err) < 0)
		return -1;
	if (values->target && strchr(values->target, ','))
		return error_set(err, ERROR_USAGE,
				 "--target with several stages is not supported yet (one call per "
				 "target; what they share is built once)");
	request->dockerfile = dup_or_null(values->dockerfile);
	request->context_sub_path = dup_or_null(values->context_sub_path);
	request->ignore_file = dup_or_null(values->ignore_file);
	request->target = dup_or_null(values->target);
	request->pull = values->pull_always  ? PULL_ALWAYS
			: values->pull_never ? PULL_NEVER
					     : (enum pull_policy)values->pull;
	request->network = (enum network_mode)values->network;
	request->isolation = (enum sandbox_isolation)values->isolation;
	request->no_cache = values->no_cache || !values->uses_cache;
	request->verify_cache = values->verify_cache;
	add_comma_list(&values->no_cache_filter, &request->no_cache_filter);
	return 0;
}
