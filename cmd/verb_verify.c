/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "cmd/report.h"
#include "cmd/session.h"
#include "cmd/verb.h"
#include "updaters/lib/json.h"
#include "updaters/verdict.h"

static void verify_document(const struct entry *entry, const struct options *o, int code)
{
	struct json_writer w;
	struct buf body;
	bool is_refused = err_is_set(&entry->result.error);

	buf_init(&body, 64 << 10);
	json_writer_init(&w, &body);
	json_put_str(&w, "name", entry->name);
	json_put_str(&w, "file", entry->hand_file);
	json_put_bool(&w, "sound", !is_refused);
	json_put_known(&w, "version", is_refused ? "" : entry->file.version);
	json_put_known(&w, "sha256", entry->file.sha256);
	json_put_known(&w, "sha256_from", digest_from_token(entry->result.release.sha256_from));
	json_put_known(&w, "verified_by", verified_by_token(entry->result.verified_by));
	report_own_document("verify", o, code, is_refused ? &entry->result.error : NULL,
		buf_str(&body), stdout);
	buf_clear(&body);
}

static void verify_tell(const struct run *run, const struct entry *entry)
{
	if (err_is_set(&entry->result.error)) {
		report_error(run, &entry->result.error);
		return;
	}
	printf("%s: sound: %s %s, SHA-256 %s (%s)\n", entry->hand_file, entry->recipe->package,
		entry->file.version, entry->file.sha256,
		entry->result.verified_by == VERIFIED_BY_SHA256
			? "the vendor names the same"
			: "the vendor names none: compare it yourself");
}

int verb_verify(const struct options *o)
{
	struct run run;
	struct run_setup setup = session_setup(o, "verify");
	struct plan_request request = {
		.wish = WISH_INSTALL, .names = &o->names, .allow_downgrade = true};
	struct err e = {0};

	setup.uses_network = true;
	setup.ignores_bad_config = true;
	request.as_name = o->as_name;
	request.is_file = true;
	if (!run_open(&run, &setup, NULL, &e) || !run_plan(&run, &request, &e) ||
		!run_inspect(&run, &e) || !run_verify_hand(&run, &e))
		return session_fail(&run, o, &e);

	const struct entry *entry = &run.plan.entries[0];
	int code = err_is_set(&entry->result.error) ? verdict_of_error(&entry->result.error)
						    : EXIT_DONE;

	if (o->json)
		verify_document(entry, o, code);
	else
		verify_tell(&run, entry);
	return run_close(&run, code);
}
