/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any text as a file of digests, and as JSON by pointer: what is found stands in it, is a digest,
 * and is the same with line ends of another system.
 */
#include "target.h"

#include "updaters/deb/checksum.h"

static const char *const names[] = {"x.deb", "quarto-1.9.38-linux-amd64.deb",
	"Positron-2026.08.2-4-x64.deb", "drawio-amd64-30.0.4.deb"};

static void check_hex(const char hex[SHA256_HEX_SIZE])
{
	must(strlen(hex) == 64 && strspn(hex, "0123456789abcdef") == 64, "a digest that is none");
}

/* The digest as it stands there, in letters of either size. */
static void check_is_there(const char *text, size_t len, const char hex[SHA256_HEX_SIZE])
{
	for (size_t i = 0; i + 64 <= len; i++)
		if (strncasecmp(text + i, hex, 64) == 0)
			return;
	must(false, "a digest that does not stand there");
}

static void check_crlf(const char *text, size_t len, const char *name, const char *hex)
{
	SCOPED_CLEAR(buf_clear) struct buf other = {0};
	char again[SHA256_HEX_SIZE];
	struct err e = {0};

	buf_init(&other, 2 * CHECKSUM_BYTES_MAX);
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n')
			buf_put(&other, "\r", 1);
		buf_put(&other, text + i, 1);
	}
	if (memchr(text, '\r', len) == NULL && len < 4000)
		must(checksum_text_find(buf_str(&other), other.len, name, again, &e) &&
				text_equal(hex, again),
			"another digest with other line ends");
}

static void read_text(const char *text, size_t len, const char *name)
{
	char hex[SHA256_HEX_SIZE] = "";
	struct err e = {0};

	if (!checksum_text_find(text, len, name, hex, &e)) {
		must_be_told(&e);
		must(hex[0] == '\0', "a digest after a failure");
		return;
	}
	check_hex(hex);
	check_is_there(text, len, hex);
	check_crlf(text, len, name, hex);
}

static void read_json(const char *text, size_t len, const char *pointer, const char *name)
{
	char hex[SHA256_HEX_SIZE] = "";
	struct err e = {0};

	if (checksum_json_find(text, len, pointer, name, hex, &e))
		check_hex(hex);
	else
		must_be_told(&e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED_FREE char *text = bytes_of(data, size);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		read_text(text, size, names[i]);
		read_json(text, size, NULL, names[i]);
	}
	read_json(text, size, "/sha256hash", names[0]);
	read_json(text, size, "/assets/1/checksum", names[0]);
	return 0;
}
