/* SPDX-License-Identifier: Apache-2.0 */
#include "output_option.h"

#include "csv.h"

#include "base/alloc.h"
#include "base/text.h"
#include "oci/reference.h"

#include <string.h>

struct output_reader {
	struct output_request output;
	struct build_request *request;
	const char *level; /* behind the kind that it belongs to */
	bool has_type, has_tag;
	struct strv *lines;
};

static const struct {
	const char *word;
	enum output_type type;
	bool push;
} types[] = {
	{ "image", OUTPUT_IMAGE, false },
	{ "registry", OUTPUT_IMAGE, true },
	{ "oci", OUTPUT_OCI, false },
	{ "docker", OUTPUT_DOCKER, false },
	{ "local", OUTPUT_LOCAL, false },
	{ "tar", OUTPUT_TAR, false },
	{ "cacheonly", OUTPUT_CACHEONLY, false },
};

/* --- values -------------------------------------------------------------------------------------
 */

static int read_type(struct output_reader *reader, const char *value, struct error *err)
{
	for (size_t i = 0; i < countof(types); i++) {
		if (strcmp(types[i].word, value) != 0)
			continue;
		reader->output.type = types[i].type;
		reader->output.push |= types[i].push;
		reader->has_type = true;
		return 0;
	}
	return error_set(
		err, ERROR_USAGE,
		"type '%s' is none of: local, tar, oci, docker, image, registry, cacheonly", value);
}

static int read_dest(struct output_reader *reader, const char *value, struct error *err)
{
	static const char *const stdout_names[] = { "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1" };

	if (!*value)
		return error_set(err, ERROR_USAGE, "dest is empty");
	/* what it is called in the job that writes it is another file */
	for (size_t i = 0; i < countof(stdout_names); i++)
		if (strcmp(stdout_names[i], value) == 0)
			value = "-";
	free(reader->output.dest);
	reader->output.dest = xstrdup(value);
	return 0;
}

int names_add(const char *text, struct strv *names, struct error *err)
{
	for (const char *at = text; *at;) {
		size_t len = strcspn(at, ",");
		autofree char *name = xstrndup(at, len);
		cleanup(reference_release) struct reference reference = REFERENCE_INIT;
		cleanup(buf_release) struct buf full = BUF_INIT;
		if (reference_parse(name, &reference, err) < 0 || reference.has_digest) {
			if (reference.has_digest)
				(void)error_set(err, ERROR_USAGE, "a name cannot carry a digest");
			err->code = ERROR_USAGE;
			return error_wrap(err, "invalid tag '%s'", name);
		}
		reference_format(&reference, &full);
		strv_add(names, full.data);
		at += len;
		at += *at == ',';
	}
	return 0;
}

static int read_name(struct output_reader *reader, const char *value, struct error *err)
{
	if (strcmp(value, "*") == 0)
		return 0;
	const char *slash = strrchr(value, '/');
	reader->has_tag |= strchr(slash ? slash : value, ':') != NULL;
	return names_add(value, &reader->output.names, err);
}

static int read_compression(struct output_reader *reader, const char *value, struct error *err)
{
	static const struct {
		const char *word;
		enum layer_compression kind;
	} kinds[] = { { "gzip", LAYER_GZIP },
		      { "zstd", LAYER_ZSTD },
		      { "uncompressed", LAYER_UNCOMPRESSED } };

	for (size_t i = 0; i < countof(kinds); i++) {
		if (strcmp(kinds[i].word, value) == 0) {
			/* --compression-level was meant for another kind. */
			if (reader->output.compression.kind != kinds[i].kind)
				reader->output.compression.level = -1;
			reader->output.compression.kind = kinds[i].kind;
			return 0;
		}
	}
	if (strcmp(value, "estargz") == 0)
		return error_set(err, ERROR_USAGE,
				 "compression 'estargz' is not supported yet (zstd, gzip)");
	return error_set(err, ERROR_USAGE, "compression '%s' is none of: gzip, zstd, uncompressed",
			 value);
}

static int read_level(struct output_reader *reader, const char *value, struct error *err)
{
	(void)err;
	reader->level = value;
	return 0;
}

int compression_level_parse(const char *text, enum layer_compression kind, int *ret_level,
			    struct error *err)
{
	uint64_t level, max = kind == LAYER_ZSTD ? 22 : kind == LAYER_GZIP ? 9 : 0;

	if (text_parse_unsigned(text, max, &level, err) < 0) {
		err->code = ERROR_USAGE;
		return error_wrap(err, "compression level of %s, 0 to %u",
				  kind == LAYER_ZSTD   ? "zstd"
				  : kind == LAYER_GZIP ? "gzip"
						       : "no compression",
				  (unsigned)max);
	}
	*ret_level = (int)level;
	return 0;
}

static int read_epoch(struct output_reader *reader, const char *value, struct error *err)
{
	uint64_t seconds = 0;

	reader->output.has_epoch = *value != '\0';
	if (*value && text_parse_unsigned(value, 253402300799, &seconds, err) < 0)
		return -1;
	reader->output.epoch = (int64_t)seconds;
	return 0;
}

static int read_push(struct output_reader *reader, const char *value, struct error *err)
{
	return text_parse_bool(value, &reader->output.push, err);
}

static int read_push_by_digest(struct output_reader *reader, const char *value, struct error *err)
{
	return text_parse_bool(value, &reader->output.push_by_digest, err);
}

static int read_force(struct output_reader *reader, const char *value, struct error *err)
{
	return text_parse_bool(value, &reader->output.compression.is_forced, err);
}

static int read_rewrite(struct output_reader *reader, const char *value, struct error *err)
{
	return text_parse_bool(value, &reader->output.rewrites_times, err);
}

static int read_tar(struct output_reader *reader, const char *value, struct error *err)
{
	bool is_tar;

	if (text_parse_bool(value, &is_tar, err) < 0)
		return -1;
	reader->output.is_directory = !is_tar;
	return 0;
}

static int read_media_types(struct output_reader *reader, const char *value, struct error *err)
{
	bool is_oci;

	if (text_parse_bool(value, &is_oci, err) < 0)
		return -1;
	reader->output.format = is_oci ? IMAGE_FORMAT_OCI : IMAGE_FORMAT_DOCKER;
	return 0;
}

static int read_split(struct output_reader *reader, const char *value, struct error *err)
{
	bool splits;

	if (text_parse_bool(value, &splits, err) < 0)
		return -1;
	reader->output.platform_split = splits ? SPLIT_YES : SPLIT_NO;
	return 0;
}

static int read_mode(struct output_reader *reader, const char *value, struct error *err)
{
	(void)reader;
	if (strcmp(value, "copy") == 0)
		return 0;
	return error_set(err, ERROR_USAGE,
			 "mode '%s' is not supported yet (empty the directory first)", value);
}

static int say_nothing_to_do(struct output_reader *reader, const char *value, struct error *err)
{
	bool ignored;

	if (text_parse_bool(value, &ignored, err) < 0)
		return -1;
	strv_add(
		reader->lines,
		"--output: the image is in cbuild's store in any case; unpack and store mean nothing here");
	return 0;
}

/* --- fields -------------------------------------------------------------------------------------
 */

static const struct {
	const char *key;
	int (*read)(struct output_reader *reader, const char *value, struct error *err);
	bool is_bool; /* a bare key is true */
} fields[] = {
	{ "type", read_type, false },
	{ "dest", read_dest, false },
	{ "name", read_name, false },
	{ "push", read_push, true },
	{ "push-by-digest", read_push_by_digest, true },
	{ "compression", read_compression, false },
	{ "compression-level", read_level, false },
	{ "force-compression", read_force, true },
	{ "oci-mediatypes", read_media_types, true },
	{ "rewrite-timestamp", read_rewrite, true },
	{ "source-date-epoch", read_epoch, false },
	{ "tar", read_tar, true },
	{ "platform-split", read_split, true },
	{ "mode", read_mode, false },
	{ "unpack", say_nothing_to_do, true },
	{ "store", say_nothing_to_do, true },
};

/* Known to BuildKit, not here. */
static const char *const later_fields[] = {
	"attestation-inline",	   "attestation-prefix",   "buildinfo",	     "context",
	"danging-name-empty-only", "dangling-name-prefix", "name-canonical", "oci-artifact",
	"prefer-nondist-layers",   "registry.insecure",
};

/* annotation[-TYPE][\[PLATFORM\]].KEY=VALUE -> TYPE[PLATFORM]:KEY=VALUE */
static int read_annotation(struct output_reader *reader, const char *key, const char *value,
			   struct error *err)
{
	const char *rest = key + strlen("annotation");
	const char *bracket = strchr(rest, '[');
	const char *dot = strchr(rest, '.');
	/* A platform may hold no dot, but the key behind it may hold brackets. */
	const char *type_end = bracket && dot && bracket < dot ? bracket : dot;

	if (!dot || !dot[1] || (*rest != '-' && rest != type_end))
		return error_set(err, ERROR_USAGE, "annotation wants a key: annotation.KEY=VALUE");
	const char *type = *rest == '-' ? rest + 1 : rest;
	strv_printf(&reader->output.annotations, "%.*s%.*s:%s=%s",
		    type == type_end ? (int)strlen("manifest") : (int)(type_end - type),
		    type == type_end ? "manifest" : type, (int)(dot - type_end), type_end, dot + 1,
		    value ? value : "");
	return 0;
}

static int refuse_field(const char *key, struct error *err)
{
	const char *keys[countof(fields)];

	for (size_t i = 0; i < countof(later_fields); i++)
		if (strcmp(later_fields[i], key) == 0)
			return error_set(err, ERROR_USAGE, "'%s' is not supported yet", key);
	for (size_t i = 0; i < countof(fields); i++)
		keys[i] = fields[i].key;
	const char *near = text_nearest(key, keys, countof(keys));
	return error_set(err, ERROR_USAGE, "unknown key '%s'%s%s%s", key,
			 near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static int read_field(struct output_reader *reader, const char *key, const char *value,
		      struct error *err)
{
	if (text_has_prefix(key, "annotation.") || text_has_prefix(key, "annotation-") ||
	    text_has_prefix(key, "annotation["))
		return read_annotation(reader, key, value, err);
	for (size_t i = 0; i < countof(fields); i++) {
		if (strcmp(fields[i].key, key) != 0)
			continue;
		if (!value && !fields[i].is_bool)
			return error_set(err, ERROR_USAGE, "'%s' wants a value", key);
		return fields[i].read(reader, value ? value : "true", err) < 0
			       ? error_wrap(err, "%s", key)
			       : 0;
	}
	return refuse_field(key, err);
}

/* --- the whole ----------------------------------------------------------------------------------
 */

/* As buildx has it: an archive goes to stdout, and type=docker to the engine, as --load does. */
static int settle_dest(struct output_reader *reader, struct error *err)
{
	struct output_request *output = &reader->output;
	bool is_image = output->type == OUTPUT_OCI || output->type == OUTPUT_DOCKER;

	if (output->dest || !reader->has_type)
		return 0;
	if (output->type == OUTPUT_LOCAL || (is_image && output->is_directory))
		return error_set(err, ERROR_USAGE, "dest is missing (dest=DIR)");
	if (output->type == OUTPUT_TAR || output->type == OUTPUT_OCI)
		output->dest = xstrdup("-");
	if (output->type == OUTPUT_DOCKER && output->names.len)
		return error_set(err, ERROR_USAGE,
				 "name wants dest=PATH; what is loaded, as --load does, -t names");
	return 0;
}

static bool is_load(const struct output_request *output)
{
	return output->type == OUTPUT_DOCKER && !output->dest;
}

static int check(const struct output_reader *reader, struct error *err)
{
	const struct output_request *output = &reader->output;
	bool is_tree = output->type == OUTPUT_LOCAL || output->type == OUTPUT_TAR;
	bool has_dest = is_tree || output->type == OUTPUT_OCI || output->type == OUTPUT_DOCKER;

	if (!reader->has_type)
		return error_set(err, ERROR_USAGE, "type is missing (type=local, oci, docker ...)");
	if (!has_dest && output->dest)
		return error_set(err, ERROR_USAGE, "this type has no dest");
	if (output->push_by_digest && (!output->push || !output->names.len || reader->has_tag))
		return error_set(
			err, ERROR_USAGE,
			"push-by-digest wants push=true and name=REPOSITORY without a tag");
	bool is_stdout = output->dest && strcmp(output->dest, "-") == 0;
	if (is_stdout && (output->type == OUTPUT_LOCAL || output->is_directory))
		return error_set(err, ERROR_USAGE, "a directory cannot go to stdout (type=tar)");
	if (is_tree && (output->push || output->names.len))
		return error_set(err, ERROR_USAGE, "files of a tree have no name and no registry");
	return 0;
}

static void take_defaults(struct output_reader *reader)
{
	const struct build_request *request = reader->request;

	reader->output.format = request->format;
	reader->output.compression = request->compression;
	reader->output.has_epoch = request->has_epoch;
	reader->output.epoch = request->epoch;
	reader->output.rewrites_times = request->rewrites_times;
}

static int read_fields(struct output_reader *reader, const struct strv *texts, struct error *err)
{
	/* "-o DIR" and "-o -" */
	if (texts->len == 1 && !strchr(texts->items[0], '=')) {
		bool is_stdout = strcmp(texts->items[0], "-") == 0;
		reader->output.type = is_stdout ? OUTPUT_TAR : OUTPUT_LOCAL;
		reader->has_type = true;
		return read_dest(reader, texts->items[0], err);
	}
	for (size_t i = 0; i < texts->len; i++) {
		char *value;
		const char *key = csv_cut_key(texts->items[i], &value);
		if (read_field(reader, key, value, err) < 0)
			return -1;
	}
	if (reader->level && compression_level_parse(reader->level, reader->output.compression.kind,
						     &reader->output.compression.level, err) < 0)
		return -1;
	return 0;
}

static void output_drop(struct output_request *output)
{
	free(output->dest);
	strv_release(&output->names);
	strv_release(&output->annotations);
}

int output_option_add(struct build_request *request, const char *text, struct strv *lines,
		      struct error *err)
{
	cleanup(strv_release) struct strv texts = STRV_INIT;
	struct output_reader reader = { .request = request, .lines = lines };

	take_defaults(&reader);
	if (csv_split(text, &texts, err) < 0 || read_fields(&reader, &texts, err) < 0 ||
	    settle_dest(&reader, err) < 0 || check(&reader, err) < 0) {
		output_drop(&reader.output);
		err->code = ERROR_USAGE;
		return error_wrap(err, "--output '%s'", text);
	}
	if (is_load(&reader.output)) {
		request->load = true;
		output_drop(&reader.output);
		return 0;
	}
	bool is_image = reader.output.type == OUTPUT_IMAGE || reader.output.type == OUTPUT_OCI ||
			reader.output.type == OUTPUT_DOCKER;
	if (is_image && !reader.output.names.len)
		strv_add_all(&reader.output.names, &request->tags);
	strv_add_all(&reader.output.annotations, &request->annotations);
	request->outputs =
		xrealloc(request->outputs, request->n_outputs + 1, sizeof(*request->outputs));
	request->outputs[request->n_outputs++] = reader.output;
	return 0;
}
