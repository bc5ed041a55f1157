/* SPDX-License-Identifier: Apache-2.0 */
#include "complaint.h"

#include "base/json.h"
#include "base/text.h"

#include <string.h>

enum { COMPLAINT_LEN_MAX = 300 };

/* {"errors":[{"code":..,"message":..}]}, as the distribution specification has it; borrowed. */
static const json_t *first_error(const json_t *document)
{
	return json_array_get(json_object_get(document, "errors"), 0);
}

static void add_text(const json_t *value, const char *before, struct buf *buf)
{
	const char *text = json_string_value(value);

	if (!text || !*text)
		return;
	buf_add_text(buf, before);
	text_add_printable(buf, text, strnlen(text, COMPLAINT_LEN_MAX));
}

void complaint_format(const struct http_response *response, struct buf *buf)
{
	cleanup(value_free) json_t *document = NULL;
	struct error ignored;

	buf_printf(buf, "%d", response->status);
	if (!response->body.len ||
	    value_read(response->body.data, response->body.len, "answer", &document, &ignored) < 0)
		return;
	const json_t *first = first_error(document);
	if (json_is_object(first)) {
		add_text(json_object_get(first, "code"), " ", buf);
		add_text(json_object_get(first, "message"), ": ", buf);
	} else {
		/* token servers have a word of their own */
		add_text(json_object_get(document, "details"), " ", buf);
		add_text(json_object_get(document, "error"), " ", buf);
		add_text(json_object_get(document, "message"), " ", buf);
	}
}

bool complaint_has_code(const struct http_response *response, const char *code)
{
	cleanup(value_free) json_t *document = NULL;
	struct error ignored;
	const json_t *error;
	size_t i;

	if (!response->body.len ||
	    value_read(response->body.data, response->body.len, "answer", &document, &ignored) < 0)
		return false;
	json_array_foreach(json_object_get(document, "errors"), i, error)
	{
		const char *said = json_string_value(json_object_get(error, "code"));
		if (said && strcmp(said, code) == 0)
			return true;
	}
	return false;
}
