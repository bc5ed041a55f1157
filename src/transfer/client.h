/* SPDX-License-Identifier: Apache-2.0 */
/* One request and its answer, over the inherited socket; private to transfer. */
#ifndef CBUILD_TRANSFER_CLIENT_H
#define CBUILD_TRANSFER_CLIENT_H

#include "transfer/message.h"
#include "transfer/transfer.h"

/* body_fd: -1 = none. */
int transfer_ask(struct transfer *transfer, const struct transfer_request *request, int body_fd,
		 const struct progress *progress, struct transfer_answer *ret_answer,
		 struct error *err) must_check;

#endif
