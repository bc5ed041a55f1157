/* SPDX-License-Identifier: Apache-2.0 */
#include "wire.h"

#include <errno.h>
#include <string.h>

enum http_failure wire_failure(const struct wire *wire, CURLcode code)
{
	long sys = 0;

	if (code == CURLE_OK)
		return HTTP_FAILURE_NONE;
	if (wire->verdict != HTTP_FAILURE_NONE)
		return wire->verdict;
	(void)curl_easy_getinfo(wire->easy, CURLINFO_OS_ERRNO, &sys);
	switch ((int)code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
	case CURLE_PROXY:
	case CURLE_OPERATION_TIMEDOUT:
		return HTTP_FAILURE_UNREACHABLE;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
		return HTTP_FAILURE_CERTIFICATE;
	case CURLE_SSL_CIPHER:
		return HTTP_FAILURE_TLS;
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		/* TLS 1.3 refuses a client's certificate, or the lack of one, only after the fact
		 */
		return strstr(wire->detail, " alert ") ? HTTP_FAILURE_CERTIFICATE
						       : HTTP_FAILURE_BROKEN;
	case CURLE_SSL_CONNECT_ERROR:
		if (strstr(wire->detail, " alert "))
			return HTTP_FAILURE_CERTIFICATE;
		return sys == ECONNRESET || sys == EPIPE ? HTTP_FAILURE_BROKEN : HTTP_FAILURE_TLS;
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_HTTP2:
		return HTTP_FAILURE_NOT_HTTP;
	case CURLE_FAILED_INIT:
	case CURLE_OUT_OF_MEMORY:
	case CURLE_URL_MALFORMAT:
	case CURLE_READ_ERROR:
	case CURLE_WRITE_ERROR:
	case CURLE_ABORTED_BY_CALLBACK:
		return HTTP_FAILURE_OURS;
	default:
		return HTTP_FAILURE_BROKEN;
	}
}

/* One clause in plain words; libcurl's own only where it knows more than we do. */
const char *wire_detail(const struct wire *wire, CURLcode code)
{
	long sys = 0;

	if (wire->verdict != HTTP_FAILURE_NONE)
		return wire->reason;
	(void)curl_easy_getinfo(wire->easy, CURLINFO_OS_ERRNO, &sys);
	switch ((int)code) {
	case CURLE_COULDNT_RESOLVE_HOST:
		return "its name does not resolve";
	case CURLE_COULDNT_RESOLVE_PROXY:
		return "the proxy's name does not resolve";
	case CURLE_OPERATION_TIMEDOUT:
		return "no answer within 20 seconds";
	case CURLE_GOT_NOTHING:
		return "it hung up without an answer";
	case CURLE_PARTIAL_FILE:
		return "it hung up in the middle of the answer";
	case CURLE_PEER_FAILED_VERIFICATION:
		if (!wire->has_authorities)
			return "no certificate authorities are known on this machine, and "
			       "SSL_CERT_FILE names no file of them";
		break;
	case CURLE_COULDNT_CONNECT:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		if (sys == ECONNREFUSED)
			return "connection refused";
		if (sys && strerrordesc_np((int)sys))
			return strerrordesc_np((int)sys);
		break;
	default:
		break;
	}
	return *wire->detail ? wire->detail : curl_easy_strerror(code);
}
