/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers with a unit, as people write them: 30 s, 5 min, 2 d; 4 GiB, 500 MB. */
#ifndef DEVUPD_CONFIG_AMOUNT_H
#define DEVUPD_CONFIG_AMOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct unit {
	const char *name;
	uint64_t factor;
};

/* Ended by name NULL; the factor 1 ends those that amount_print uses. */
extern const struct unit duration_units[]; /* into ms */
extern const struct unit size_units[];     /* into bytes */
extern const struct unit no_units[];

/*
 * "30", "30 s", "30s", "none" (0).
 *
 * In:    bare   what a number without a unit is multiplied by
 */
bool amount_parse(const char *text, const struct unit *units, uint64_t bare, uint64_t *out);
/* With the largest unit that leaves a whole number; 0 is "0". out of 40 bytes is enough. */
void amount_print(uint64_t n, const struct unit *units, char *out, size_t out_size);

#endif
