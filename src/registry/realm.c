/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/realm.h"

#include "base/text.h"
#include "http/address.h"

#include <string.h>

/*
 * Endings of two labels and more under which strangers get names of their own: of the public suffix
 * list those that matter here. Under one of them only the very same host is trusted.
 */
static const char *const shared_endings[] = {
	"co.uk",
	"org.uk",
	"ac.uk",
	"gov.uk",
	"com.au",
	"net.au",
	"org.au",
	"co.nz",
	"co.jp",
	"ne.jp",
	"or.jp",
	"com.br",
	"com.cn",
	"net.cn",
	"org.cn",
	"co.in",
	"co.kr",
	"co.za",
	"com.mx",
	"com.tr",
	"com.tw",
	"com.sg",
	"com.hk",
	"co.il",
	"com.ar",
	"com.pl",
	"com.ua",
	"github.io",
	"gitlab.io",
	"azurecr.io",
	"azurecr.cn",
	"pkg.dev",
	"amazonaws.com",
	"appspot.com",
	"run.app",
	"web.app",
	"cloudfront.net",
	"azurewebsites.net",
	"windows.net",
	"cloudapp.net",
	"azure.com",
	"herokuapp.com",
	"vercel.app",
	"netlify.app",
	"pages.dev",
	"workers.dev",
	"r2.dev",
	"fly.dev",
	"onrender.com",
	"ngrok.io",
	"ngrok.app",
	"nip.io",
	"sslip.io",
	"duckdns.org",
	"dyndns.org",
	"blogspot.com",
	"aliyuncs.com",
	"myqcloud.com",
	"ocir.io",
	"oraclecloud.com",
	"digitaloceanspaces.com",
	"scw.cloud",
	"ovh.net",
	"jfrog.io",
	"cloudsmith.io",
	"svc.local",
	"cluster.local",
};

static bool is_shared(const char *ending)
{
	for (size_t i = 0; i < countof(shared_endings); i++)
		if (strcmp(ending, shared_endings[i]) == 0)
			return true;
	return false;
}

/* The last two labels, or three where two are shared; NULL where there are no more than those. */
static const char *registrable(const char *host)
{
	const char *labels[3] = { NULL };
	size_t n = 0;

	for (const char *at = host + strlen(host); at > host && n < countof(labels);) {
		at--;
		if (*at == '.' || at == host)
			labels[n++] = *at == '.' ? at + 1 : at;
	}
	if (n < 2)
		return NULL;
	if (!is_shared(labels[1]))
		return labels[1];
	return n == 3 ? labels[2] : NULL;
}

bool realm_is_sibling(const char *registry_host, const char *realm_host)
{
	if (address_is_literal(registry_host) || address_is_literal(realm_host))
		return false;
	const char *a = registrable(registry_host), *b = registrable(realm_host);
	return a && b && strcmp(a, b) == 0;
}

static int refuse(const struct url *registry, const char *realm, const char *why, struct error *err)
{
	cleanup(buf_release) struct buf host = BUF_INIT;
	cleanup(buf_release) struct buf shown = BUF_INIT;

	url_add_authority(registry, &host);
	size_t len = strcspn(realm, "?#");
	const char *at = memrchr(realm, '@', len);
	text_add_printable(&shown, at ? at : realm, len - (size_t)(at ? at - realm : 0));
	return error_set(err, ERROR_AUTH, "registry %s wants tokens fetched from '%.300s': %s",
			 host.data, shown.data, why);
}

static bool is_named(const struct strv *trusted, const char *host)
{
	for (size_t i = 0; i < trusted->len; i++)
		if (strcmp(trusted->items[i], host) == 0)
			return true;
	return false;
}

int realm_judge(const struct url *registry, const char *realm, const struct strv *trusted,
		struct url *ret_realm, enum realm_trust *ret_trust, struct error *err)
{
	cleanup(url_release) struct url url = URL_INIT;
	struct error reason;

	if (url_parse(realm, &url, &reason) < 0)
		return refuse(registry, realm, "that is no URL a token can come from", err);
	bool same_host = strcmp(registry->host, url.host) == 0;
	bool both_loopback =
		address_is_loopback_host(registry->host) && address_is_loopback_host(url.host);
	if (!url.is_https && !(both_loopback && !registry->is_https))
		return refuse(registry, realm, "refused, it is not https", err);
	if (!same_host && !both_loopback &&
	    (address_is_literal(url.host) || address_is_loopback_host(url.host)))
		return refuse(registry, realm, "refused, it is another machine's bare address",
			      err);
	bool is_trusted = same_host || both_loopback ||
			  realm_is_sibling(registry->host, url.host) || is_named(trusted, url.host);
	*ret_trust = is_trusted ? REALM_TRUSTED : REALM_ANONYMOUS;
	*ret_realm = url;
	url = (struct url)URL_INIT;
	return 0;
}
