/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/report_health.h"

#include "cmd/report_line.h"
#include "updaters/lib/log.h"

void report_health_read(const struct run *run, const struct recipe *r, struct health *out)
{
	struct err e = {0};

	*out = (struct health){0};
	if (r != NULL && !health_read(r, run->state, run->root_state, out, &e))
		log_note("the health of %s is not known: %s", r->name, e.text);
}

void report_health_put(struct json_writer *w, const char *key, const struct health *h)
{
	json_open(w, key, '[');
	for (size_t i = 0; i < h->n_items; i++) {
		const struct source_health *s = &h->items[i];

		json_open(w, NULL, '{');
		json_put_str(w, "source", s->source);
		report_put_time(w, "last_good", s->good_unix_ms);
		json_put_u64(w, "failures", s->n_failures);
		report_put_time(w, "failing_since", s->failing_unix_ms);
		json_put_known(w, "reason", s->reason);
		json_put_bool(w, "ailing", s->is_ailing);
		json_close(w, '}');
	}
	json_close(w, ']');
}
