/* SPDX-License-Identifier: Apache-2.0 */
/* What cbuild and cbuild-net say to each other, read by either; what was read is written again. */
#include "fuzz_target.h"

#include "base/alloc.h"
#include "transfer/message.h"

#include <assert.h>
#include <string.h>

static void read_request(const char *text, size_t len)
{
	cleanup(transfer_request_release) struct transfer_request request = TRANSFER_REQUEST_INIT;
	cleanup(transfer_request_release) struct transfer_request again = TRANSFER_REQUEST_INIT;
	cleanup(buf_release) struct buf encoded = BUF_INIT;
	autofree char *version = NULL;
	struct error err = ERROR_INIT;

	int same = transfer_request_decode(text, len, &request, &version, &err);
	assert(same >= 0 || err.text[0]);
	assert((same == 0) == (version != NULL));
	if (same <= 0)
		return;
	transfer_request_encode(&request, &encoded);
	same = transfer_request_decode(encoded.data, encoded.len, &again, &version, &err);
	/* an empty text is not written */
	assert(same == 1 || !*request.repository || (request.what && !*request.what));
	assert(same < 0 || (again.kind == request.kind && again.size == request.size &&
			    strcmp(again.repository, request.repository) == 0));
}

static void read_answer(const char *text, size_t len)
{
	cleanup(transfer_answer_release) struct transfer_answer answer = TRANSFER_ANSWER_INIT;
	struct error err = ERROR_INIT;

	if (transfer_answer_decode(text, len, &answer, &err) < 0)
		assert(err.text[0]);
	else if (answer.kind == TRANSFER_ERROR)
		assert(answer.error.code > ERROR_NONE && answer.error.code <= ERROR_SYSTEM);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_request((const char *)data, size);
	read_answer((const char *)data, size);
	return 0;
}
