/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any text as a file of digests, and as JSON by pointer: what is found stands in it, is a digest,
 * and is the same with line ends of another system.
 */
#include "target.h"

#include "updaters/deb/checksum.h"

static const char *const names[] = {"x.deb", "quarto-1.9.38-linux-amd64.deb",
	"Positron-2026.08.2-4-x64.deb", "drawio-amd64-30.0.4.deb"};

static void check_hex(const char *hex, size_t len)
{
	must(hex[0] == '\0' || (strlen(hex) == len && strspn(hex, "0123456789abcdef") == len),
		"a digest that is none");
}

static void check_digests(const struct digests *d)
{
	must(digests_are_known(d), "a success without a digest");
	check_hex(d->sha256, SHA256_HEX_SIZE - 1);
	check_hex(d->sha512, SHA512_HEX_SIZE - 1);
}

/* The digest as it stands there, in letters of either size. */
static bool is_there(const char *text, size_t len, const char *hex)
{
	size_t n = strlen(hex);

	for (size_t i = 0; i + n <= len; i++)
		if (strncasecmp(text + i, hex, n) == 0)
			return true;
	return false;
}

static void check_are_there(const char *text, size_t len, const struct digests *d)
{
	must(d->sha256[0] == '\0' || is_there(text, len, d->sha256),
		"a digest that does not stand there");
	/* in YAML it is base64 as a rule, and may be written with escapes */
	must(d->sha512[0] == '\0' || is_there(text, len, d->sha512) || checksum_is_yaml(text, len),
		"a digest that does not stand there");
}

static void check_crlf(const char *text, size_t len, const char *name, const struct checksum *sum)
{
	SCOPED_CLEAR(buf_clear) struct buf other = {0};
	struct checksum again;
	struct err e = {0};

	buf_init(&other, 2 * CHECKSUM_BYTES_MAX);
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n')
			buf_put(&other, "\r", 1);
		buf_put(&other, text + i, 1);
	}
	if (memchr(text, '\r', len) == NULL && len < 4000)
		must(checksum_text_find(buf_str(&other), other.len, name, &again, &e) &&
				text_equal(sum->digests.sha256, again.digests.sha256) &&
				text_equal(sum->digests.sha512, again.digests.sha512),
			"another digest with other line ends");
}

static void read_text(const char *text, size_t len, const char *name)
{
	struct checksum sum = {0};
	struct err e = {0};

	if (!checksum_text_find(text, len, name, &sum, &e)) {
		must_be_told(&e);
		must(!digests_are_known(&sum.digests), "a digest after a failure");
		return;
	}
	check_digests(&sum.digests);
	check_are_there(text, len, &sum.digests);
	check_crlf(text, len, name, &sum);
}

static void read_json(const char *text, size_t len, const char *pointer, const char *name)
{
	struct digests found = {0};
	struct err e = {0};

	if (checksum_json_find(text, len, pointer, name, &found, &e))
		check_digests(&found);
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
