/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ssh that git runs: no configuration, no prompt, nothing forwarded, the address that was
 * judged; the server's key must be known beforehand. docs/network.md says where it is looked for.
 */
#include "git.h"

#include "base/alloc.h"
#include "base/text.h"

#include <string.h>

static const char settings[] =
	"ssh -F /dev/null -a -x -T -o BatchMode=yes -o StrictHostKeyChecking=yes"
	" -o UpdateHostKeys=no -o ConnectTimeout=20 -o ServerAliveInterval=15"
	" -o ForwardAgent=no -o ClearAllForwardings=yes -o PermitLocalCommand=no"
	" -o ControlPath=none -o ProxyCommand=none -o ProxyJump=none -o PKCS11Provider=none";

/* ssh expands tokens and variables in such paths, and a shell reads the line that they are in. */
static bool is_plain(const char *path, size_t len)
{
	static const char special[] = "\"'\\%$`";

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)path[i] < ' ' || strchr(special, path[i]))
			return false;
	return len && *path == '/';
}

/* SSH_KNOWN_HOSTS: as the git of other builders takes it, files with colons between. */
static int add_listed_hosts(const char *list, struct buf *files, struct error *err)
{
	while (*list) {
		size_t len = strcspn(list, ":");
		if (!is_plain(list, len))
			return error_set(err, ERROR_USAGE,
					 "SSH_KNOWN_HOSTS: '%.*s' is not an absolute path of plain "
					 "characters",
					 (int)len, list);
		buf_printf(files, "%s\"%.*s\"", files->len ? " " : "", (int)len, list);
		list += len + (list[len] == ':');
	}
	return 0;
}

/* ssh itself goes by the user's entry in passwd, which there need not be; HOME counts too. */
static int add_known_hosts(struct buf *files, struct error *err)
{
	const char *list = getenv("SSH_KNOWN_HOSTS"), *home = getenv("HOME");

	if (list && *list)
		return add_listed_hosts(list, files, err);
	if (home && is_plain(home, strlen(home)))
		buf_printf(files, "\"%s/.ssh/known_hosts\" ", home);
	buf_add_text(files, "~/.ssh/known_hosts ~/.ssh/known_hosts2");
	return 0;
}

int git_ssh_prepare(struct git_session *session, const struct git_reference *reference,
		    const char *address, struct error *err)
{
	const char *agent = session->env->ssh_agent;
	const char *callers = getenv("SSH_AUTH_SOCK");
	cleanup(buf_release) struct buf known_hosts = BUF_INIT;

	if (add_known_hosts(&known_hosts, err) < 0)
		return -1;
	autofree char *alias = reference->port == 22
				       ? xstrdup(reference->host)
				       : xasprintf("[%s]:%u", reference->host, reference->port);
	strv_add(&session->environment, "GIT_SSH_VARIANT=ssh");
	strv_printf(&session->environment,
		    "GIT_SSH_COMMAND=%s%s -o 'UserKnownHostsFile=%s' -o HostName='%s'"
		    " -o HostKeyAlias='%s'",
		    settings, agent ? " -o IdentityFile=none" : "", known_hosts.data, address,
		    alias);
	if (agent || (callers && *callers))
		strv_printf(&session->environment, "SSH_AUTH_SOCK=%s", agent ? agent : callers);
	return 0;
}

const char *git_ssh_advice(const char *complaints)
{
	if (!strstr(complaints, "Host key verification failed"))
		return "";
	return strstr(complaints, "host key is known for")
		       ? " (ssh-keyscan HOST >>~/.ssh/known_hosts makes it known, once its "
			 "fingerprint is checked)"
		       : "";
}
