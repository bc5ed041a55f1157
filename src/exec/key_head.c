/* SPDX-License-Identifier: Apache-2.0 */
#include "key_head.h"

#include "base/base64.h"
#include "base/buf.h"
#include "base/text.h"
#include "exec/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char begin[] = "-----BEGIN ";
static const char openssh_begin[] = "-----BEGIN OPENSSH PRIVATE KEY-----";
static const char openssh_magic[] = "openssh-key-v1"; /* with its NUL */
static const char none[] = { 0, 0, 0, 4, 'n', 'o', 'n', 'e' };

/* Of base 64: as far as the cipher's name is "none", all of it is public. */
enum { DIGITS = (sizeof(openssh_magic) + sizeof(none) + 2) / 3 * 4 };

static const char encrypted[] = "Proc-Type: 4,ENCRYPTED";

/* Behind the magic word: the name of the cipher, with its length in front; "none" is none. */
static bool is_openssh_protected(const char *body)
{
	cleanup(buf_release) struct buf digits = BUF_INIT, bytes = BUF_INIT;

	for (; *body && digits.len < DIGITS; body++)
		if (!text_is_space(*body))
			buf_add_char(&digits, *body);
	if (!digits.len || !base64_decode(digits.data, &bytes) ||
	    bytes.len < sizeof(openssh_magic) + sizeof(none) ||
	    memcmp(bytes.data, openssh_magic, sizeof(openssh_magic)) != 0)
		return false;
	return memcmp(bytes.data + sizeof(openssh_magic), none, sizeof(none)) != 0;
}

bool key_is_protected(const char *text)
{
	const char *openssh = strstr(text, openssh_begin);

	if (openssh)
		return is_openssh_protected(openssh + strlen(openssh_begin));
	return strstr(text, encrypted) || strstr(text, "-----BEGIN ENCRYPTED PRIVATE KEY-----");
}

int key_refuse_protected(const char *path, struct error *err)
{
	return error_set(
		err, ERROR_USAGE,
		"failed to parse %s: ssh: this private key is passphrase protected (add it "
		"to an ssh-agent, and give --ssh its socket)",
		path);
}

/* --- a file ------------------------------------------------------------------------------------
 */

/* Byte by byte: what comes next may be secret. 1, 0 at the end, -1. */
static int read_byte(int fd, struct buf *text, struct error *err)
{
	char byte;
	ssize_t n;

	if (text->len >= AGENT_KEY_SIZE_MAX)
		return 0;
	do
		n = read(fd, &byte, 1);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_sys(err, "read a private key");
	if (n > 0)
		buf_add_char(text, byte);
	return n > 0;
}

static int read_line(int fd, struct buf *text, struct error *err)
{
	int found;

	do
		found = read_byte(fd, text, err);
	while (found > 0 && text->data[text->len - 1] != '\n');
	return found;
}

/* Up to the line that says what comes, which is there. */
static int read_begin(int fd, struct buf *text, struct error *err)
{
	for (;;) {
		size_t line = text->len;
		int found = read_line(fd, text, err);
		if (found < 0)
			return -1;
		if (text->len > line && text_has_prefix(text->data + line, begin))
			return 1;
		if (!found)
			return 0;
	}
}

/* The digits that hold the cipher's name, wherever the lines end. */
static int read_digits(int fd, struct buf *text, struct error *err)
{
	for (size_t n = 0; n < DIGITS;) {
		int found = read_byte(fd, text, err);
		if (found <= 0)
			return found;
		n += !text_is_space(text->data[text->len - 1]);
	}
	return 0;
}

/* As long as it is what an encrypted key begins with. */
static int read_header(int fd, struct buf *text, struct error *err)
{
	for (size_t i = 0; encrypted[i]; i++) {
		int found = read_byte(fd, text, err);
		if (found <= 0)
			return found;
		if (text->data[text->len - 1] != encrypted[i])
			return 0;
	}
	return 0;
}

static int check_head(int fd, const char *path, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	int found = read_begin(fd, &text, err);

	if (found < 0)
		return -1;
	if (!found)
		return error_set(err, ERROR_USAGE, "failed to parse %s: ssh: no key found", path);
	if ((strstr(text.data, openssh_begin) ? read_digits(fd, &text, err)
					      : read_header(fd, &text, err)) < 0)
		return -1;
	return key_is_protected(text.data) ? key_refuse_protected(path, err) : 0;
}

int key_head_check(const char *path, struct error *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return error_sys(err, "look at '%s'", path);
	/* not even opened: who waits for a reader at the other end would write to nobody */
	if (!S_ISREG(st.st_mode))
		return 0;
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return error_sys(err, "open '%s'", path);
	return check_head(fd, path, err);
}
