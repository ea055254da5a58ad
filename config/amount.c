/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/amount.h"

#include <stdio.h>
#include <string.h>

#include "updaters/lib/text.h"

const struct unit duration_units[] = {{"d", 86400000}, {"h", 3600000}, {"min", 60000}, {"s", 1000},
	{"ms", 1}, {"day", 86400000}, {"days", 86400000}, {0}};

const struct unit size_units[] = {{"TiB", UINT64_C(1) << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20},
	{"KiB", 1 << 10}, {"B", 1}, {"TB", UINT64_C(1000000000000)}, {"GB", 1000000000},
	{"MB", 1000000}, {"kB", 1000}, {0}};

const struct unit no_units[] = {{"", 1}, {0}};

static const struct unit *unit_find(const struct unit *units, const char *name)
{
	while (units->name && strcmp(units->name, name) != 0)
		units++;
	return units->name ? units : NULL;
}

bool amount_parse(const char *text, const struct unit *units, uint64_t bare, uint64_t *out)
{
	size_t n_digits = strspn(text, "0123456789");
	const char *rest = text + n_digits + strspn(text + n_digits, " ");
	const struct unit *unit = unit_find(units, rest);
	uint64_t factor = unit ? unit->factor : *rest == '\0' ? bare : 0;
	char digits[24];
	uint64_t n;

	if (strcmp(text, "none") == 0) {
		*out = 0;
		return true;
	}
	if (factor == 0 || !text_copy_n(digits, sizeof(digits), text, n_digits) ||
		!text_to_u64(digits, &n) || n > UINT64_MAX / factor)
		return false;
	*out = n * factor;
	return true;
}

void amount_print(uint64_t n, const struct unit *units, char *out, size_t out_size)
{
	while (units->factor > 1 && (n == 0 || n % units->factor != 0))
		units++;
	(void)snprintf(out, out_size, "%llu%s%s", (unsigned long long)(n / units->factor),
		n && units->name[0] ? " " : "", n ? units->name : "");
}
