/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "audit_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "updaters/lib/json.h"
#include "updaters/lib/text.h"

static void the_fields_are_the_contract_s(void **ptr)
{
	static const char *const fields[] = {"v", "ts", "run", "seq", "event", "name", "kind",
		"outcome", "step", "from", "to", "url", "sha256", "sha256_from", "size_bytes",
		"license", "changes", "also", "ms", "error", "uid", "sudo_user", "verb", "prev"};
	struct world *w = *ptr;
	struct result result;
	SCOPED_FREE char *text = NULL;
	SCOPED(json_free) struct json *record = NULL;
	size_t len = 0;
	struct stat st;

	result_init(&result);
	text_copy_cut(result_add_also(&result)->package, DPKG_NAME_MAX, "libx");
	err_set(&result.error, ERR_HALF_CONFIGURED, "its \"postinst\" failed\nbadly");

	struct audit_record r = {.event = AUDIT_RESULT,
		.name = "positron",
		.kind = "deb",
		.has_outcome = true,
		.outcome = OUTCOME_FAILED,
		.step = STEP_INSTALL,
		.to = "",
		.size_bytes = 5,
		.sha256_from = DIGEST_FROM_FEED,
		.result = &result,
		.ms = 12};

	assert_true(open_audit(w));
	assert_true(audit_is_new(w->audit));
	assert_true(audit_write(w->audit, &r, &w->e));
	assert_false(audit_is_new(w->audit));
	result_clear(&result);
	assert_int_equal(stat(w->log, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);

	text = log_text(w->log, &len);
	assert_ptr_equal(strchr(text, '\n'), text + len - 1);
	assert_true(json_parse(text, len, &record, &w->e));
	assert_int_equal(json_count(record), ARRAY_SIZE(fields));
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const char *key = NULL;

		json_item(record, i, &key);
		assert_string_equal(key, fields[i]);
	}
	assert_string_equal(json_text(json_at(record, "/event")), "result");
	assert_string_equal(json_text(json_at(record, "/outcome")), "failed");
	assert_string_equal(json_text(json_at(record, "/sha256_from")), "feed");
	assert_string_equal(json_text(json_at(record, "/also/0/package")), "libx");
	assert_string_equal(json_text(json_at(record, "/error/code")), "half-configured");
	assert_string_equal(json_text(json_at(record, "/error/step")), "install");
	assert_string_equal(json_text(json_at(record, "/sudo_user")), "ana");
	assert_string_equal(json_text(json_at(record, "/seq")), "1");
	assert_null(json_text(json_at(record, "/from")));
	assert_null(json_text(json_at(record, "/to")));
	assert_null(json_text(json_at(record, "/license")));
	assert_int_equal(strspn(json_text(json_at(record, "/prev")), "0"), 64);
}

static void a_whole_chain_is_sound(void **ptr)
{
	struct world *w = *ptr;

	assert_sound(w, 0);
	write_some(w, 3);
	write_some(w, 2);
	assert_sound(w, 5);

	struct last last = last_line(w);

	assert_int_equal(last.n, 5);
	assert_int_equal(last.line.seq, 5);
	assert_string_equal(last.line.name, "positron");
	assert_string_equal(last.line.to, "2.0");
	assert_int_equal(last.line.uid, 1000);
}

/* Another process, and for it a state of its own. */
static pid_t write_beside(struct world *w, int n)
{
	pid_t pid;

	close_audit(w);
	state_close(MOVE_PTR(w->state));
	pid = fork();
	if (pid != 0)
		return pid;
	open_state(w);
	write_some(w, n);
	_exit(0);
}

/* What a run adds while it is read was not added by somebody else. */
static void a_chain_that_grows_is_sound(void **ptr)
{
	struct world *w = *ptr;
	int status = -1;
	pid_t pid;

	write_some(w, 3);
	pid = write_beside(w, 60);
	assert_true(pid > 0);
	open_state(w);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		struct audit_verdict v = verify(w);

		if (!v.is_sound)
			fail_msg("%s", v.trouble);
	}
	assert_int_equal(status, 0);
	assert_sound(w, 63);
}

static void without_a_log_nothing_is_written(void **ptr)
{
	struct world *w = *ptr;
	struct audit_record r = {.event = AUDIT_INTENT, .name = "x"};

	assert_true(open_audit(w));
	assert_int_equal(mkdir(w->log, 0755), 0);
	assert_false(audit_write(w->audit, &r, &w->e));
	assert_int_equal(w->e.code, ERR_AUDIT);
	assert_int_equal(rmdir(w->log), 0);
	/* and the next write brings the missing line along, on record */
	assert_true(audit_write(w->audit, &r, &w->e));
	assert_sound(w, 3);
}

static void a_linked_log_is_refused(void **ptr)
{
	struct world *w = *ptr;

	assert_int_equal(symlink("/etc/passwd", w->log), 0);
	assert_false(open_audit(w));
	assert_int_equal(w->e.code, ERR_AUDIT);
}

static void open_intents_are_found(void **ptr)
{
	struct world *w = *ptr;
	SCOPED_FREE struct audit_intent *open = NULL;
	size_t n = 9;

	assert_true(audit_open_intents(w->log, &open, &n, &w->e));
	assert_int_equal(n, 0);
	assert_true(open_audit(w));
	write_one(w, AUDIT_INTENT, "positron", "2.0");
	write_one(w, AUDIT_INTENT, "rstudio", "3.0");
	assert_int_equal(rename(w->log, w->rotated), 0);
	write_one(w, AUDIT_RESULT, "rstudio", "3.0");
	assert_true(audit_open_intents(w->log, &open, &n, &w->e));
	assert_int_equal(n, 1);
	assert_string_equal(open[0].name, "positron");
	assert_string_equal(open[0].to, "2.0");
	assert_string_equal(open[0].from, "1.0");
	assert_string_equal(open[0].verb, "upgrade");
	free(MOVE_PTR(open));

	/* put on record in between, by a hold: what became of the intent is still not known */
	struct audit_record hold = {.event = AUDIT_RESULT,
		.name = "positron",
		.has_outcome = true,
		.outcome = OUTCOME_HELD};

	assert_true(audit_write(w->audit, &hold, &w->e));
	assert_true(audit_open_intents(w->log, &open, &n, &w->e));
	assert_int_equal(n, 1);
	free(MOVE_PTR(open));
	write_one(w, AUDIT_RESULT, "positron", "1.0");
	assert_true(audit_open_intents(w->log, &open, &n, &w->e));
	assert_int_equal(n, 0);
}

static void lists_that_are_too_long_are_left_out(void **ptr)
{
	struct world *w = *ptr;
	struct result result;
	char *long_text = NULL;

	result_init(&result);
	for (int i = 0; i < 700; i++) {
		struct change *change = result_add_change(&result);

		memset(change->path, 'p', sizeof(change->path) - 1);
		change->path[sizeof(change->path) - 1] = '\0';
	}

	struct audit_record r = {.event = AUDIT_RESULT, .name = "x", .result = &result};

	assert_true(open_audit(w));
	assert_true(audit_write(w->audit, &r, &w->e));
	result_clear(&result);
	assert_sound(w, 1);
	long_text = log_text(w->log, NULL);
	assert_non_null(strstr(long_text, "\"changes\":null"));
	free(long_text);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_make, world_drop)
	const struct CMUnitTest tests[] = {
		TEST(the_fields_are_the_contract_s),
		TEST(a_whole_chain_is_sound),
		TEST(a_chain_that_grows_is_sound),
		TEST(without_a_log_nothing_is_written),
		TEST(a_linked_log_is_refused),
		TEST(open_intents_are_found),
		TEST(lists_that_are_too_long_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
