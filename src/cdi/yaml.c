/* SPDX-License-Identifier: Apache-2.0 */
#include "yaml.h"

#include "base/alloc.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { NODES_MAX = 100000 };

/* A mapping or sequence that is not closed yet. */
struct open_node {
	json_t *value; /* borrowed: its parent, or the document, owns it */
	char *key;     /* of a mapping: waits for its value */
};

struct reading {
	yaml_parser_t parser;
	json_t *root; /* owned */
	struct open_node open[JSON_DEPTH_MAX];
	size_t depth, n_nodes;
};

static void reading_release(struct reading *reading)
{
	for (size_t i = 0; i < reading->depth; i++)
		free(reading->open[i].key);
	json_decref(reading->root);
	yaml_parser_delete(&reading->parser);
}
DEFINE_RELEASE(struct reading, reading_release);

static int refuse(const struct reading *reading, const char *what, struct error *err)
{
	return error_set(err, ERROR_CORRUPT, "line %zu: %s", reading->parser.mark.line + 1, what);
}

/* Takes the value over. */
static int put(struct reading *reading, json_t *value, struct error *err)
{
	if (!value)
		return refuse(reading, "a text that is no UTF-8", err);
	if (++reading->n_nodes > NODES_MAX) {
		json_decref(value);
		return refuse(reading, "too many values", err);
	}
	if (!reading->depth) {
		reading->root = value;
		return 0;
	}
	struct open_node *parent = &reading->open[reading->depth - 1];
	if (json_is_array(parent->value)) {
		json_array_append_new(parent->value, value);
		return 0;
	}
	if (!parent->key) {
		json_decref(value);
		return refuse(reading, "a key that is no text", err);
	}
	json_object_set_new(parent->value, parent->key, value);
	free(take_ptr(&parent->key));
	return 0;
}

static int open_node(struct reading *reading, json_t *value, struct error *err)
{
	if (put(reading, value, err) < 0)
		return -1;
	if (reading->depth == JSON_DEPTH_MAX)
		return refuse(reading, "nested too deeply", err);
	reading->open[reading->depth++] = (struct open_node){ .value = value };
	return 0;
}

/* What a plain scalar means: null, a boolean, an integer, else text. */
static json_t *plain_value(const char *text)
{
	struct error ignored = ERROR_INIT;
	uint64_t number = 0;

	if (!*text || strcmp(text, "~") == 0 || strcmp(text, "null") == 0)
		return json_null();
	if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
		return json_boolean(*text == 't');
	const char *digits = text + (*text == '-');
	if (strspn(digits, "0123456789") == strlen(digits) && *digits &&
	    text_parse_unsigned(digits, INT64_MAX, &number, &ignored) == 0) {
		/* as YAML 1.1 has it: file modes are written 0660 */
		json_int_t value = *digits == '0' ? strtoll(digits, NULL, 8) : (json_int_t)number;
		return json_integer(*text == '-' ? -value : value);
	}
	return json_string(text);
}

static int read_scalar(struct reading *reading, const yaml_event_t *event, struct error *err)
{
	const char *text = (const char *)event->data.scalar.value;
	struct open_node *parent = reading->depth ? &reading->open[reading->depth - 1] : NULL;

	if (strlen(text) != event->data.scalar.length)
		return refuse(reading, "a NUL byte", err);
	if (parent && json_is_object(parent->value) && !parent->key) {
		if (json_object_get(parent->value, text) || strcmp(text, "<<") == 0)
			return refuse(reading,
				      *text == '<' ? "a merge key (<<) is not supported yet"
						   : "a key that was there already",
				      err);
		parent->key = xstrdup(text);
		return 0;
	}
	bool is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	return put(reading, is_plain ? plain_value(text) : json_string(text), err);
}

/* What would give a value another meaning than it has as it stands. */
static int check_marks(const yaml_event_t *event, struct error *err)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	if (event->type == YAML_SCALAR_EVENT) {
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
	} else if (event->type == YAML_MAPPING_START_EVENT) {
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
	} else if (event->type == YAML_SEQUENCE_START_EVENT) {
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
	} else if (event->type == YAML_ALIAS_EVENT) {
		anchor = event->data.alias.anchor;
	}
	if (!anchor && !tag)
		return 0;
	return error_set(err, ERROR_UNSUPPORTED, "line %zu: %s '%.60s' is not supported yet",
			 event->start_mark.line + 1, anchor ? "the anchor or alias" : "the tag",
			 (const char *)(anchor ? anchor : tag));
}

/* 1 goes on, 0 that was the end. */
static int read_event(struct reading *reading, const yaml_event_t *event, struct error *err)
{
	if (check_marks(event, err) < 0)
		return -1;
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return read_scalar(reading, event, err) < 0 ? -1 : 1;
	case YAML_MAPPING_START_EVENT:
		return open_node(reading, json_object(), err) < 0 ? -1 : 1;
	case YAML_SEQUENCE_START_EVENT:
		return open_node(reading, json_array(), err) < 0 ? -1 : 1;
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		reading->depth--;
		return 1;
	case YAML_STREAM_END_EVENT:
		return 0;
	case YAML_DOCUMENT_START_EVENT:
		if (reading->root)
			return refuse(reading, "a second document", err);
		break;
	case YAML_ALIAS_EVENT:
	case YAML_DOCUMENT_END_EVENT:
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
		break;
	}
	return 1;
}

int yaml_read(const char *text, size_t len, json_t **ret_value, struct error *err)
{
	cleanup(reading_release) struct reading reading = { .depth = 0 };
	int goes_on = 1;

	if (!yaml_parser_initialize(&reading.parser))
		return error_set(err, ERROR_SYSTEM, "no memory for a YAML parser");
	yaml_parser_set_input_string(&reading.parser, (const unsigned char *)text, len);
	while (goes_on > 0) {
		yaml_event_t event;
		if (!yaml_parser_parse(&reading.parser, &event))
			return refuse(&reading,
				      reading.parser.problem ? reading.parser.problem : "no YAML",
				      err);
		goes_on = read_event(&reading, &event, err);
		yaml_event_delete(&event);
	}
	if (goes_on < 0)
		return -1;
	if (!reading.root)
		return error_set(err, ERROR_CORRUPT, "the document is empty");
	*ret_value = take_ptr(&reading.root);
	return 0;
}
