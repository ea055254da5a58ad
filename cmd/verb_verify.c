/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "cmd/report.h"
#include "cmd/session.h"
#include "cmd/verb.h"
#include "updaters/lib/json.h"
#include "updaters/verdict.h"

/* Only what was looked at and found right; not what nobody looked at. */
static bool verify_is_sound(const struct entry *entry)
{
	return !err_is_set(&entry->result.error) && entry->result.verified_by != VERIFIED_BY_NONE;
}

static void verify_document(const struct entry *entry, const struct options *o, int code)
{
	struct json_writer w;
	struct buf body;
	bool is_sound = verify_is_sound(entry);

	buf_init(&body, 64 << 10);
	json_writer_init(&w, &body);
	json_put_str(&w, "name", entry->name);
	json_put_str(&w, "file", entry->hand_file);
	json_put_bool(&w, "sound", is_sound);
	json_put_known(&w, "version", is_sound ? entry->file.version : "");
	json_put_known(&w, "sha256", entry->file.sha256);
	json_put_known(&w, "sha256_from", digest_from_token(entry->result.release.sha256_from));
	json_put_known(&w, "verified_by", verified_by_token(entry->result.verified_by));
	report_own_document(
		"verify", o, code, is_sound ? NULL : &entry->result.error, buf_str(&body), stdout);
	buf_clear(&body);
}

static const char *verify_evidence(const struct result *r)
{
	if (r->verified_by == VERIFIED_BY_SIGNATURE)
		return "signed by the vendor";
	if (r->verified_by == VERIFIED_BY_SHA512)
		return "the vendor names the SHA-512 of the same bytes";
	if (r->verified_by == VERIFIED_BY_SHA256)
		return "the vendor names the same";
	return r->text[0] != '\0' ? r->text : "the vendor names none: compare it yourself";
}

static void verify_tell(const struct run *run, const struct entry *entry)
{
	if (err_is_set(&entry->result.error)) {
		report_error(run, &entry->result.error);
		return;
	}
	printf("%s: sound: %s %s, SHA-256 %s (%s)\n", entry->hand_file, entry->recipe->package,
		entry->file.version, entry->file.sha256, verify_evidence(&entry->result));
}

int verb_verify(const struct options *o)
{
	struct run run;
	struct run_setup setup = session_setup(o, "verify");
	struct plan_request request = {.wish = WISH_VERIFY, .names = &o->names};
	struct err e = {0};

	setup.ignores_bad_config = true;
	request.as_name = o->as_name;
	request.is_file = true;
	if (!session_look(&run, setup, NULL, &request, &e) || !run_verify_hand(&run, &e))
		return session_fail(&run, o, &e);

	struct entry *entry = &run.plan.entries[0];
	int code = EXIT_DONE;

	if (!verify_is_sound(entry) && !err_is_set(&entry->result.error))
		err_set(&entry->result.error, ERR_ARCHITECTURE, "%s can't be checked here: %s",
			entry->name, entry->result.text);
	if (err_is_set(&entry->result.error))
		code = verdict_of_error(&entry->result.error);
	code = session_settle(&run, code);
	if (o->json)
		verify_document(entry, o, code);
	else
		verify_tell(&run, entry);
	return run_close(&run, code);
}
