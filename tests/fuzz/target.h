/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every fuzz target has: its entry, a way to say that a property does not hold, and the input
 * as the kinds of memory that parsers are given. Copies have just the length of the input, so that
 * the sanitizers see a step beyond it.
 */
#ifndef DEVUPD_TESTS_FUZZ_TARGET_H
#define DEVUPD_TESTS_FUZZ_TARGET_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "updaters/lib/err.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A fuzz target has no other way to say that something is wrong. */
static inline void must(bool is_right, const char *what)
{
	if (is_right)
		return;
	fprintf(stderr, "fuzz: %s\n", what);
	abort();
}

/* NUL-ended; cut at the first NUL of the input where a parser takes strings. */
static inline char *text_of(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	must(text != NULL, "no memory");
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

static inline char *bytes_of(const uint8_t *data, size_t size)
{
	char *bytes = calloc(1, size > 0 ? size : 1);

	must(bytes != NULL, "no memory");
	if (size > 0)
		memcpy(bytes, data, size);
	return bytes;
}

/* A failure says why, in one line that can be shown. */
static inline void must_be_told(const struct err *e)
{
	must(err_is_set(e), "refused without a reason");
	for (const char *at = e->text; *at != '\0'; at++)
		must((unsigned char)*at >= 0x20 && *at != 0x7F, "a reason with control bytes");
}

/* Does the text hold bytes that rule a terminal or end a line? */
static inline bool has_control_bytes(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7F)
			return true;
	return false;
}

#endif
