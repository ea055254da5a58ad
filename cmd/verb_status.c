/* SPDX-License-Identifier: GPL-3.0-or-later */
/* status: from what is known. Settings and recipes are not read: a wrong one hides nothing. */
#include "cmd/report.h"
#include "cmd/status.h"
#include "cmd/verb.h"
#include "updaters/lib/log.h"
#include "updaters/verdict.h"

int verb_status(const struct options *o)
{
	SCOPED_CLEAR(status_clear) struct status status = {0};
	struct err e = {0};

	if (!status_read(&status, &e))
		return report_fail("status", o, &e);
	for (size_t i = 0; i < status.n_sides; i++) {
		if (status.sides[i].note[0] != '\0')
			log_note("%s", status.sides[i].note);
	}
	if (o->json)
		status_document(&status, o, stdout);
	else
		status_print(&status, o, stdout);
	return EXIT_DONE;
}
