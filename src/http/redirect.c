/* SPDX-License-Identifier: Apache-2.0 */
#include "http/redirect.h"

bool redirect_is_status(int status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

int redirect_decide(const struct url *from, enum address_kind from_kind, unsigned allowed_kinds,
		    const char *location, unsigned hops, struct redirect *ret_redirect,
		    struct error *err)
{
	cleanup(url_release) struct url to = URL_INIT;
	cleanup(buf_release) struct buf shown = BUF_INIT;

	url_add_authority(from, &shown);
	if (hops >= REDIRECTS_MAX)
		return error_set(err, ERROR_NETWORK, "%s redirects more than %d times", shown.data,
				 REDIRECTS_MAX);
	if (!location)
		return error_set(err, ERROR_NETWORK, "%s redirects without saying where to",
				 shown.data);
	if (url_resolve(from, location, &to, err) < 0)
		return error_wrap(err, "redirect by %s", shown.data);
	if (from->is_https && !to.is_https)
		return error_set(err, ERROR_NETWORK,
				 "%s redirects from https to plain http: refused", shown.data);
	bool same = url_same_origin(from, &to);
	unsigned kinds = same ? allowed_kinds : allowed_kinds & ~(unsigned)ADDRESS_LOOPBACK;
	if (!same && from_kind == ADDRESS_LOOPBACK && address_is_loopback_host(to.host))
		kinds |= ADDRESS_LOOPBACK;
	if (!same && from_kind == ADDRESS_PUBLIC)
		kinds = ADDRESS_PUBLIC;
	*ret_redirect =
		(struct redirect){ .url = to, .keeps_authorization = same, .allowed_kinds = kinds };
	to = (struct url)URL_INIT;
	return 0;
}
