/* SPDX-License-Identifier: GPL-3.0-or-later */
/* look ROOT [MEMORY]: the venvs below ROOT, as devupd finds them. */
#include <stdio.h>

#include "updaters/lib/walk.h"

int main(int argc, char **argv)
{
	static const char *const skipped[] = {".git", "node_modules", "__pycache__", NULL};
	const char *const roots[] = {argc > 1 ? argv[1] : NULL, NULL};
	const struct walk_options o = {.roots = roots,
		.marker = "pyvenv.cfg",
		.skipped = skipped,
		.depth = 8,
		.memory = argc > 2 ? argv[2] : NULL};
	struct strings found = {0}, passed = {0};
	struct err e = {0};

	if (argc < 2 || !walk_find(&o, &found, &passed, &e)) {
		fprintf(stderr, "look: %s\n", e.text[0] != '\0' ? e.text : "which folder?");
		return 1;
	}
	for (size_t i = 0; i < found.n_items; i++)
		puts(found.items[i]);
	strings_clear(&found);
	strings_clear(&passed);
	return 0;
}
