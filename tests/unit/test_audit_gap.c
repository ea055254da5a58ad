/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is done to a trail is told for as long as it is there; a rotation is no trouble. */
#include "audit_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/stat.h>

#include "updaters/lib/fs.h"
#include "updaters/lib/text.h"

static void an_edit_is_found(void **ptr)
{
	struct world *w = *ptr;
	SCOPED_FREE char *text = NULL;
	size_t len = 0;

	write_some(w, 4);
	text = log_text(w->log, &len);
	*strstr(line_at(text, 1), "\"2.0\"") = '\''; /* no JSON any more */
	log_put(w, text, len);
	assert_trouble(w, "audit.log:2: is no record");
	*strchr(line_at(text, 1), '\'') = '"';
	strstr(line_at(text, 1), "\"2.0\"")[1] = '3';
	log_put(w, text, len);
	assert_trouble(w, "audit.log:3: record 3 does not fit");
}

static void an_edit_of_the_last_is_found(void **ptr)
{
	struct world *w = *ptr;
	SCOPED_FREE char *text = NULL;
	size_t len = 0;

	write_some(w, 4);
	text = log_text(w->log, &len);
	strstr(line_at(text, 3), "\"2.0\"")[1] = '3';
	log_put(w, text, len);
	assert_trouble(w, "the state knows record 4");
}

static void a_deletion_is_found(void **ptr)
{
	struct world *w = *ptr;
	SCOPED_FREE char *text = NULL;
	size_t len = 0;

	write_some(w, 4);
	text = log_text(w->log, &len);

	char *second = line_at(text, 1), *third = line_at(text, 2);

	memmove(second, third, strlen(third) + 1);
	log_put(w, text, strlen(text));
	assert_trouble(w, "audit.log:2: record 3 follows record 1");
}

static void a_swap_is_found(void **ptr)
{
	struct world *w = *ptr;
	SCOPED_FREE char *text = NULL;
	char swapped[16384];
	size_t len = 0;

	write_some(w, 4);
	text = log_text(w->log, &len);

	const char *b = line_at(text, 1), *c = line_at(text, 2), *d = line_at(text, 3);

	snprintf(swapped, sizeof(swapped), "%.*s%.*s%.*s%s", (int)(b - text), text, (int)(d - c), c,
		(int)(c - b), b, d);
	log_put(w, swapped, strlen(swapped));
	assert_trouble(w, "audit.log:2: record 3 follows record 1");
}

static void a_cut_is_found(void **ptr)
{
	struct world *w = *ptr;
	SCOPED_FREE char *text = NULL;
	size_t len = 0;

	write_some(w, 4);
	text = log_text(w->log, &len);
	log_put(w, text, (size_t)(line_at(text, 2) - text));
	assert_trouble(w, "the log ends with record 2, the state knows record 4");
	/* the next run says so on record, goes on from the state, and the gap stays visible */
	assert_true(open_audit(w));
	close_audit(w);

	struct last last = last_line(w);

	assert_int_equal(last.line.seq, 5);
	assert_string_equal(last.line.error_code, "audit");
	assert_non_null(strstr(last.line.error_text, "the state knows record 4"));
	assert_trouble(w, "audit.log:3: record 5 follows record 2");
}

static void nothing_left_is_found(void **ptr)
{
	struct world *w = *ptr;

	write_some(w, 4);
	unlink(w->log);
	assert_trouble(w, "the log ends with record 0, the state knows record 4");
}

static void an_addition_is_found(void **ptr)
{
	struct world *w = *ptr;
	SCOPED_FREE char *text = NULL;
	char forged[16384];
	size_t len = 0;

	write_some(w, 2);
	text = log_text(w->log, &len);
	snprintf(forged, sizeof(forged), "%s%s", text, line_at(text, 1));
	log_put(w, forged, strlen(forged));
	assert_trouble(w, "audit.log:3: record 2 follows record 2");
}

/* The last line missing, or only begun, or begun and zeros behind it. */
static void check_healing(struct world *w, size_t n_left, size_t n_zeros)
{
	SCOPED_FREE char *text = NULL, *healed = NULL;
	char cut[16384] = "";
	size_t len = 0, healed_len = 0;

	write_some(w, 3);
	text = log_text(w->log, &len);

	size_t keep = (size_t)(line_at(text, 2) - text) + n_left;

	memcpy(cut, text, keep);
	log_put(w, cut, keep + n_zeros);

	struct audit_verdict v = verify(w);

	assert_true(v.is_sound);
	assert_true(v.is_one_short);
	assert_int_equal(v.n_records, 2);

	assert_true(open_audit(w));
	write_one(w, AUDIT_RUN_START, NULL, NULL);
	close_audit(w);
	healed = log_text(w->log, &healed_len);
	assert_true(healed_len > len);
	assert_memory_equal(healed, text, len);
	assert_sound(w, 5);

	char *remark = line_at(healed, 3);

	*strchr(remark, '\n') = '\0';
	assert_non_null(strstr(remark, "record 3 had not reached the log"));
}

static void one_short_is_healed(void **ptr)
{
	check_healing(*ptr, 0, 0);
}

static void a_torn_line_is_healed(void **ptr)
{
	check_healing(*ptr, 57, 0);
}

static void a_line_without_newline_is_healed(void **ptr)
{
	struct world *w = *ptr;
	SCOPED_FREE char *text = NULL;
	size_t len = 0;

	write_some(w, 2);
	text = log_text(w->log, &len);
	log_put(w, text, len - 1);
	assert_true(verify(w).is_one_short);
	assert_true(open_audit(w));
	assert_sound(w, 3);
}

static void zeros_after_a_power_cut_are_healed(void **ptr)
{
	check_healing(*ptr, 57, 300);
}

static void one_short_and_an_edit_is_found(void **ptr)
{
	struct world *w = *ptr;
	SCOPED_FREE char *text = NULL;
	size_t len = 0;

	write_some(w, 4);
	text = log_text(w->log, &len);
	strstr(line_at(text, 2), "\"2.0\"")[1] = '3';
	log_put(w, text, (size_t)(line_at(text, 3) - text));
	assert_trouble(w, "the state knows record 4");
}

static void a_torn_line_of_others_is_found(void **ptr)
{
	struct world *w = *ptr;
	SCOPED_FREE char *text = NULL;
	size_t len = 0;

	write_some(w, 2);
	text = log_text(w->log, &len);
	text[len - 10] = '~'; /* not what the state knows */
	log_put(w, text, len - 5);
	assert_trouble(w, "audit.log:2: ends inside a record");
	/* our next line is not glued to it */
	assert_true(open_audit(w));
	close_audit(w);
	assert_int_equal(last_line(w).line.seq, 3);
}

static void the_very_first_record_is_healed(void **ptr)
{
	struct world *w = *ptr;

	write_some(w, 1);
	unlink(w->log);
	assert_true(verify(w).is_one_short);
	assert_true(open_audit(w));
	assert_sound(w, 2);
}

static void a_rotated_trail_is_one_chain(void **ptr)
{
	struct world *w = *ptr;
	char second[160], away[160];

	write_some(w, 3);
	snprintf(second, sizeof(second), "%s/audit.log.2", w->folder);
	assert_int_equal(rename(w->log, second), 0);
	write_some(w, 2);
	assert_int_equal(rename(w->log, w->rotated), 0);
	assert_sound(w, 5);
	write_some(w, 1);
	assert_sound(w, 6);
	assert_int_equal(last_line(w).n, 6);
	/* one of the middle gone is found */
	snprintf(away, sizeof(away), "%s/away", w->folder);
	assert_int_equal(rename(w->rotated, away), 0);
	assert_trouble(w, "audit.log:1: record 6 follows record 3");
	assert_int_equal(rename(away, w->rotated), 0);
}

/* As logrotate does it: each file one number up, what is over n_kept away, audit.log to .1. */
static void rotate(struct world *w, int n_kept)
{
	char from[160], to[160];

	for (int i = n_kept; i > 0; i--) {
		snprintf(from, sizeof(from), "%s.%d", w->log, i);
		snprintf(to, sizeof(to), "%s.%d", w->log, i + 1);
		rename(from, to);
	}
	rename(w->log, w->rotated);
	snprintf(to, sizeof(to), "%s.%d", w->log, n_kept + 1);
	unlink(to);
}

static void assert_begins_at(struct world *w, uint64_t seq)
{
	struct audit_verdict v = verify(w);

	if (!v.is_sound)
		fail_msg("%s", v.trouble);
	assert_int_equal(v.begins_at_seq, seq);
}

static void what_rotation_ages_out_is_no_error(void **ptr)
{
	struct world *w = *ptr;

	for (int i = 0; i < 3; i++) {
		write_some(w, 2);
		rotate(w, 3);
		assert_begins_at(w, 1);
	}
	write_some(w, 2);
	rotate(w, 3);
	assert_begins_at(w, 3); /* before any run, */
	write_some(w, 2);
	assert_begins_at(w, 3); /* and after */
	rotate(w, 3);
	write_some(w, 1);
	assert_begins_at(w, 5);
	assert_sound(w, 7);
	assert_string_equal(last_line(w).line.error_code, "");
}

/* The trouble is told before the next run, after it, and after all further ones. */
static void assert_told_for_ever(struct world *w, const char *before, const char *after)
{
	assert_trouble(w, before);
	for (int i = 0; i < 3; i++) {
		write_some(w, 1);
		assert_trouble(w, after);
	}
	rotate(w, 9);
	assert_trouble(w, after);
	write_some(w, 1);
	assert_trouble(w, after);
}

static void the_oldest_taken_by_hand_is_told_for_ever(void **ptr)
{
	struct world *w = *ptr;
	char second[160];

	write_some(w, 3);
	rotate(w, 9);
	write_some(w, 2);
	rotate(w, 9);
	write_some(w, 1);
	snprintf(second, sizeof(second), "%s.2", w->log);
	unlink(second);
	assert_told_for_ever(w, "begins with record 4", "begins with record 4");
}

static void the_first_lines_cut_are_told_for_ever(void **ptr)
{
	struct world *w = *ptr;
	SCOPED_FREE char *text = NULL;
	size_t len = 0;

	write_some(w, 4);
	text = log_text(w->log, &len);
	log_put(w, line_at(text, 2), strlen(line_at(text, 2)));
	assert_told_for_ever(w, "begins with record 3", "begins with record 3");
}

static void the_first_lines_cut_of_a_rotated_file_are_told(void **ptr)
{
	struct world *w = *ptr;
	SCOPED_FREE char *text = NULL;
	size_t len = 0;

	write_some(w, 4);
	rotate(w, 9);
	write_some(w, 1);
	text = log_text(w->rotated, &len);
	assert_true(fs_replace(w->rotated, line_at(text, 2), strlen(line_at(text, 2)), 0640, NULL));
	assert_told_for_ever(w, "begins with record 3", "begins with record 3");
}

static void a_deleted_log_is_told_for_ever(void **ptr)
{
	struct world *w = *ptr;

	write_some(w, 4);
	unlink(w->log);
	assert_told_for_ever(w, "the log ends with record 0, the state knows record 4",
		"record 5 says: the log ended with record 0, the state knows record 4");
}

static void an_emptied_log_is_told_for_ever(void **ptr)
{
	struct world *w = *ptr;

	write_some(w, 4);
	log_put(w, "", 0);
	assert_told_for_ever(w, "the log ends with record 0",
		"record 5 says: the log ended with record 0, the state knows record 4");
}

static void a_deleted_log_behind_a_rotated_one_is_told_for_ever(void **ptr)
{
	struct world *w = *ptr;

	write_some(w, 3);
	rotate(w, 9);
	write_some(w, 3);
	unlink(w->log);
	assert_told_for_ever(
		w, "ends with record 3, the state knows record 6", "record 7 follows record 3");
}

static void a_deletion_during_a_run_is_told_for_ever(void **ptr)
{
	struct world *w = *ptr;

	write_some(w, 3);
	assert_true(open_audit(w));
	unlink(w->log);
	write_one(w, AUDIT_INTENT, "positron", "2.0");
	close_audit(w);
	assert_told_for_ever(w, "begins with record 4", "begins with record 4");
}

/* The record that tells of a gap can't be taken away without making one. */
static void the_telling_record_gone_is_told(void **ptr)
{
	struct world *w = *ptr;
	SCOPED_FREE char *text = NULL;
	size_t len = 0;

	write_some(w, 4);
	unlink(w->log);
	write_some(w, 3);
	text = log_text(w->log, &len);
	log_put(w, line_at(text, 1), strlen(line_at(text, 1)));
	assert_told_for_ever(w, "begins with record 6", "begins with record 6");
}

static void a_gap_is_forgotten_when_it_was_rotated_away(void **ptr)
{
	struct world *w = *ptr;

	write_some(w, 4);
	unlink(w->log);
	for (int i = 0; i < 3; i++) {
		write_some(w, 1);
		assert_trouble(w, "record 5 says");
		rotate(w, 2);
	}
	write_some(w, 1);
	assert_begins_at(w, 7);
}

static void a_lost_state_proves_less(void **ptr)
{
	struct world *w = *ptr;

	write_some(w, 3);
	assert_false(verify(w).has_no_head);
	state_close(w->state);
	unlink(w->db);
	open_state(w);
	assert_true(verify(w).has_no_head);
	write_some(w, 1);
	assert_false(verify(w).has_no_head);
	assert_int_equal(verify(w).state_lost_at_seq, 4);
}

static void torn_and_then_rotated_is_healed(void **ptr)
{
	struct world *w = *ptr;
	SCOPED_FREE char *text = NULL;
	size_t len = 0;

	write_some(w, 2);
	text = log_text(w->log, &len);
	log_put(w, text, len - 20);
	assert_int_equal(rename(w->log, w->rotated), 0);
	assert_true(verify(w).is_one_short);
	assert_true(open_audit(w));
	assert_sound(w, 3);
}

static void a_lost_state_takes_the_log_s_end(void **ptr)
{
	struct world *w = *ptr;

	write_some(w, 3);
	state_close(w->state);
	unlink(w->db);
	open_state(w);
	assert_sound(w, 3);
	assert_true(open_audit(w));
	assert_false(audit_is_new(w->audit));
	assert_sound(w, 4);
	assert_true(audit_has_lost_state(w->audit));
	assert_non_null(strstr(last_line(w).line.error_text, "knew nothing"));
	assert_string_equal(last_line(w).line.error_code, "state");
	close_audit(w);
	assert_true(open_audit(w)); /* told once */
	assert_false(audit_has_lost_state(w->audit));
	assert_sound(w, 4);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_make, world_drop)
	const struct CMUnitTest tests[] = {
		TEST(an_edit_is_found),
		TEST(an_edit_of_the_last_is_found),
		TEST(a_deletion_is_found),
		TEST(a_swap_is_found),
		TEST(a_cut_is_found),
		TEST(nothing_left_is_found),
		TEST(an_addition_is_found),
		TEST(one_short_is_healed),
		TEST(a_torn_line_is_healed),
		TEST(a_line_without_newline_is_healed),
		TEST(zeros_after_a_power_cut_are_healed),
		TEST(one_short_and_an_edit_is_found),
		TEST(a_torn_line_of_others_is_found),
		TEST(the_very_first_record_is_healed),
		TEST(a_rotated_trail_is_one_chain),
		TEST(what_rotation_ages_out_is_no_error),
		TEST(the_oldest_taken_by_hand_is_told_for_ever),
		TEST(the_first_lines_cut_are_told_for_ever),
		TEST(the_first_lines_cut_of_a_rotated_file_are_told),
		TEST(a_deleted_log_is_told_for_ever),
		TEST(an_emptied_log_is_told_for_ever),
		TEST(a_deleted_log_behind_a_rotated_one_is_told_for_ever),
		TEST(a_deletion_during_a_run_is_told_for_ever),
		TEST(the_telling_record_gone_is_told),
		TEST(a_gap_is_forgotten_when_it_was_rotated_away),
		TEST(a_lost_state_proves_less),
		TEST(torn_and_then_rotated_is_healed),
		TEST(a_lost_state_takes_the_log_s_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
