/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/steps.h"

#include "cmd/report.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/json.h"

static void put_steps(struct json_writer *w, const struct result *r)
{
	static const char *const kinds[] = {
		[TRACE_REQUEST] = "request",
		[TRACE_CANDIDATE] = "candidate",
		[TRACE_NOTE] = "note",
		[TRACE_TRIED] = "tried",
	};

	json_open(w, "steps", '[');
	for (size_t i = 0; i < r->n_trace; i++) {
		const struct trace *t = &r->trace[i];

		json_open(w, NULL, '{');
		json_put_str(w, "kind", kinds[t->kind]);
		json_put_known(w, "url", t->url);
		if (t->status != 0)
			json_put_u64(w, "status", (uint64_t)t->status);
		else
			json_put_null(w, "status");
		json_put_u64(w, "size_bytes", t->size_bytes);
		json_put_u64(w, "ms", t->ms);
		json_put_bool(w, "cached", t->is_cached);
		json_put_bool(w, "taken", t->is_taken);
		json_put_known(w, "text", t->text);
		json_close(w, '}');
	}
	json_close(w, ']');
}

void steps_document(const char *verb, const struct run *run, const struct options *o, int exit_code)
{
	const struct entry *entry = &run->plan.entries[0];
	const struct release *r = &entry->result.release;
	char date[CLOCK_TEXT_MAX] = "";
	struct json_writer w;
	struct buf body;

	if (r->date_unix_ms > 0)
		clock_format(r->date_unix_ms, date, sizeof(date));
	buf_init(&body, WIRE_BODY_MAX);
	json_writer_init(&w, &body);
	json_put_str(&w, "name", entry->name);
	json_put_str(&w, "outcome", outcome_token(entry->result.outcome));
	json_put_known(&w, "installed", entry->result.installed);
	json_put_known(&w, "available", entry->result.available);
	json_put_known(&w, "source", r->source);
	json_put_known(&w, "url", r->url);
	json_put_known(&w, "sha256", r->digests.sha256);
	json_put_known(&w, "sha512", r->digests.sha512);
	json_put_known(&w, "date", date);
	put_steps(&w, &entry->result);
	report_own_document(verb, o, exit_code,
		err_is_set(&entry->result.error) ? &entry->result.error : NULL, buf_str(&body),
		stdout);
	buf_clear(&body);
}
