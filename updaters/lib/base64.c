/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/base64.h"

#include <stdint.h>
#include <string.h>

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#define KEYS_BEGIN "-----BEGIN PGP PUBLIC KEY BLOCK-----"
#define KEYS_END   "-----END PGP PUBLIC KEY BLOCK-----"

/* What 2 to 4 letters stand for: one byte fewer. */
static bool group_put(uint32_t bits, size_t n_letters, struct buf *out)
{
	uint32_t all = bits << (6 * (4 - n_letters));
	const unsigned char bytes[] = {
		(unsigned char)(all >> 16), (unsigned char)(all >> 8), (unsigned char)all};

	return n_letters >= 2 && buf_put(out, bytes, n_letters - 1);
}

/* Behind the letters: as much padding as makes groups of four, and white space. */
static bool padding_fits(const char *at, const char *end, size_t n_letters)
{
	size_t n = 0;

	for (; at < end; at++) {
		if (*at == '=')
			n++;
		else if (strchr(" \t\r\n", *at) == NULL || *at == '\0')
			return false;
	}
	return n == 0 ? n_letters == 0 : n_letters >= 2 && n_letters + n == 4;
}

bool base64_decode(const char *text, size_t len, struct buf *out)
{
	const char *at = text, *end = text + len;
	uint32_t bits = 0;
	size_t n_letters = 0;

	for (; at < end && *at != '='; at++) {
		const char *letter = *at != '\0' ? strchr(letters, *at) : NULL;

		if (letter == NULL && *at != '\0' && strchr(" \t\r\n", *at) != NULL)
			continue;
		if (letter == NULL)
			return false;
		bits = bits << 6 | (uint32_t)(letter - letters);
		if (++n_letters < 4)
			continue;
		if (!group_put(bits, 4, out))
			return false;
		bits = 0;
		n_letters = 0;
	}
	return padding_fits(at, end, n_letters) &&
	       (n_letters == 0 || group_put(bits, n_letters, out));
}

/* The body of a block: behind the empty line that ends its headers, before its checksum. */
static bool block_decode(const char *start, const char *end, struct buf *out)
{
	const char *body = strchr(start, '\n');
	const char *sum;

	while (body != NULL && body < end && body[1] != '\n' && body[1] != '\r')
		body = strchr(body + 1, '\n');
	if (body == NULL || body >= end)
		return false;
	sum = strstr(body, "\n=");
	return base64_decode(body, (size_t)((sum != NULL && sum < end ? sum : end) - body), out);
}

bool armor_keys_decode(const char *text, struct buf *out, struct err *e)
{
	const char *start = strstr(text, KEYS_BEGIN);

	if (start == NULL)
		return err_set(e, ERR_PARSE, "no line \"%s\" in it: gpg --export --armor writes it",
			KEYS_BEGIN);
	for (; start != NULL; start = strstr(start, KEYS_BEGIN)) {
		const char *end = strstr(start, KEYS_END);

		if (end == NULL || !block_decode(start + strlen(KEYS_BEGIN), end, out))
			return err_set(e, ERR_PARSE, "a block of keys in it is damaged");
		start = end;
	}
	return true;
}
