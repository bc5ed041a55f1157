/* SPDX-License-Identifier: Apache-2.0 */
#include "http/header.h"

#include "base/text.h"

#include <curl/curl.h>
#include <string.h>
#include <time.h>

void header_list_release(struct header_list *list)
{
	for (size_t i = 0; i < list->all.len; i++) {
		free(list->all.items[i].name);
		free(list->all.items[i].value);
	}
	vec_release(&list->all);
	list->size = 0;
}

int header_list_add(struct header_list *list, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len);

	list->size += len;
	if (list->size > HEADERS_SIZE_MAX || list->all.len >= HEADERS_MAX)
		return -1;
	if (!colon || colon == line || memchr(line, '\0', len))
		return 0;
	const char *value = colon + 1, *end = line + len;
	while (value < end && text_is_space(*value))
		value++;
	while (end > value && text_is_space(end[-1]))
		end--;
	struct header header = { xstrndup(line, (size_t)(colon - line)),
				 xstrndup(value, (size_t)(end - value)) };
	text_make_lower(header.name);
	vec_push(&list->all, header);
	return 0;
}

const char *header_find(const struct header_list *list, const char *name)
{
	for (size_t i = 0; i < list->all.len; i++)
		if (strcmp(list->all.items[i].name, name) == 0)
			return list->all.items[i].value;
	return NULL;
}

int header_read_length(const struct header_list *list, uint64_t *ret_length)
{
	const char *value = header_find(list, "content-length");
	struct error ignored;

	return value && text_parse_unsigned(value, INT64_MAX, ret_length, &ignored) == 0;
}

/* Digits up to one of `ends`; moves *at behind that character. */
static bool read_number(const char **at, char end, uint64_t *ret_number)
{
	char digits[24];
	struct error ignored;
	size_t len = strspn(*at, "0123456789");

	if (!len || len >= sizeof(digits) || (*at)[len] != end)
		return false;
	memcpy(digits, *at, len);
	digits[len] = '\0';
	*at += len + (end != '\0');
	return text_parse_unsigned(digits, INT64_MAX, ret_number, &ignored) == 0;
}

int header_read_range(const struct header_list *list, uint64_t *ret_start, uint64_t *ret_end,
		      uint64_t *ret_total)
{
	const char *at = header_find(list, "content-range");
	uint64_t start, end, total = 0;

	if (!at || !text_has_prefix(at, "bytes "))
		return 0;
	at += strlen("bytes ");
	if (!read_number(&at, '-', &start) || !read_number(&at, '/', &end) || end < start)
		return 0;
	if (strcmp(at, "*") != 0 && (!read_number(&at, '\0', &total) || total <= end))
		return 0;
	*ret_start = start;
	*ret_end = end;
	*ret_total = total;
	return 1;
}

unsigned header_read_retry_after(const struct header_list *list)
{
	const char *value = header_find(list, "retry-after");
	struct error ignored;
	uint64_t seconds = 0;

	if (!value)
		return 0;
	if (text_is_digit(*value)) {
		/* too large a number is a long wait as well */
		if (text_parse_unsigned(value, RETRY_AFTER_MAX, &seconds, &ignored) == 0)
			return (unsigned)seconds;
		return value[strspn(value, "0123456789")] ? 0 : RETRY_AFTER_MAX;
	}
	const char *date = header_find(list, "date");
	time_t until = curl_getdate(value, NULL);
	time_t now = date ? curl_getdate(date, NULL) : time(NULL);
	if (until < 0 || now < 0 || until <= now)
		return 0;
	return until - now > RETRY_AFTER_MAX ? RETRY_AFTER_MAX : (unsigned)(until - now);
}
