/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "cmd/report.h"
#include "cmd/verb.h"
#include "updaters/verdict.h"

int verb_version(const struct options *o)
{
	if (o->json)
		report_own_document("version", o, EXIT_DONE, NULL,
			"\"version\": \"" DEVUPD_VERSION "\"", stdout);
	else
		puts("devupd " DEVUPD_VERSION);
	return EXIT_DONE;
}
