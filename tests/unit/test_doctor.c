/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What checks say, and how it is shown. That they find what is broken is told by e2e/doctor.bats.
 */
#include "cmd/doctor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "updaters/doctor_parts.h"
#include "updaters/lib/json.h"

static const struct doctor_check check = {"x", "the x", NULL};

static struct doctor start(void)
{
	return (struct doctor){.at = &check};
}

static char *shown(const struct doctor *d, const struct options *o, bool as_document)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	if (as_document)
		doctor_document(d, o, 1, out);
	else
		doctor_table(d, o, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void each_check_has_an_id_of_its_own(void **state)
{
	(void)state;
	for (const struct doctor_check *a = doctor_checks; a->id != NULL; a++) {
		assert_int_equal(strspn(a->id, "abcdefghijklmnopqrstuvwxyz-"), strlen(a->id));
		assert_non_null(a->title);
		assert_non_null(a->look);
		for (const struct doctor_check *b = a + 1; b->id != NULL; b++) {
			assert_string_not_equal(a->id, b->id);
			assert_true(a->look != b->look);
		}
	}
}

/* What an error advises is the mending, and is not said twice. */
static void an_error_is_parted_from_its_advice(void **state)
{
	static const struct {
		const char *text, *otherwise, *evidence, *mend;
	} cases[] = {
		{"others may write /x, so root does not trust it; sudo chmod go-w /x", NULL,
			"others may write /x, so root does not trust it", "sudo chmod go-w /x"},
		{"/x holds secrets and others may read it (mode 0644): chmod 600 /x", "no",
			"/x holds secrets and others may read it (mode 0644)", "sudo chmod 600 /x"},
		{"it is broken; try again", "mend it", "it is broken; try again", "mend it"},
		{"it is broken", NULL, "it is broken", ""},
	};
	struct doctor d = start();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		doctor_say_error(&d, DOCTOR_FAILURE, cases[i].text, cases[i].otherwise);
		assert_string_equal(d.findings[i].evidence, cases[i].evidence);
		assert_string_equal(d.findings[i].mend, cases[i].mend);
	}
	free(d.findings);
}

static void a_word_is_quoted_where_a_shell_would_read_it(void **state)
{
	static const char *const cases[][2] = {{"/etc/devupd/a.yaml", "/etc/devupd/a.yaml"},
		{"", "''"}, {"/a b", "'/a b'"}, {"/a'b;rm", "'/a'\\''b;rm'"}, {"$x", "'$x'"},
		{"~", "'~'"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		SCOPED_CLEAR(buf_clear) struct buf b = {0};

		buf_init(&b, 100);
		doctor_put_word(&b, cases[i][0]);
		assert_string_equal(buf_str(&b), cases[i][1]);
	}
}

static void a_long_list_is_cut_and_says_so(void **state)
{
	SCOPED_CLEAR(strings_clear) struct strings list = {0};
	char text[256];

	(void)state;
	doctor_join(&list, text, sizeof(text));
	assert_string_equal(text, "");
	for (char name[] = "a"; name[0] <= 'j'; name[0]++)
		assert_true(strings_add(&list, name));
	doctor_join(&list, text, sizeof(text));
	assert_string_equal(text, "a, b, c, d, e, f, g, h and 2 more");
}

/* However much is found: no more than is kept, and nothing is written beyond. */
static void findings_are_bounded(void **state)
{
	struct doctor d = start();

	(void)state;
	doctor_mend(&d, "of nothing");
	for (size_t i = 0; i < DOCTOR_FINDINGS_MAX + 10; i++)
		doctor_say(&d, DOCTOR_OK, "%zu", i);
	assert_int_equal(d.n_findings, DOCTOR_FINDINGS_MAX);
	free(d.findings);
}

static void put_three(struct doctor *d)
{
	doctor_say(d, DOCTOR_OK, "all is well");
	doctor_say(d, DOCTOR_WARNING, "ill\033[2J");
	doctor_mend(d, "sudo mend 'the \033x'");
	doctor_say(d, DOCTOR_FAILURE, "dead");
	doctor_say(d, DOCTOR_NOT_APPLICABLE, "not here");
}

static void the_table_puts_the_mending_below(void **state)
{
	struct doctor d = start();
	struct options o = {.color = COLOR_NEVER};

	(void)state;
	put_three(&d);

	SCOPED_FREE char *text = shown(&d, &o, false);

	assert_string_equal(text, "ok       the x  all is well\n"
				  "warning  the x  ill\\x1b[2J\n"
				  "                sudo mend 'the \\x1bx'\n"
				  "failure  the x  dead\n"
				  "-        the x  not here\n"
				  "a run would fail: 1 failure, 1 warning\n");
	o.verbosity = -1;

	SCOPED_FREE char *quiet = shown(&d, &o, false);

	assert_string_equal(quiet, "warning  the x  ill\\x1b[2J\n"
				   "                sudo mend 'the \\x1bx'\n"
				   "failure  the x  dead\n");
	free(d.findings);
}

static void without_a_failure_a_run_would_work(void **state)
{
	struct doctor d = start();
	struct options o = {.color = COLOR_NEVER};

	(void)state;
	doctor_say(&d, DOCTOR_OK, "well");

	SCOPED_FREE char *well = shown(&d, &o, false);

	assert_non_null(strstr(well, "\na run would work\n"));
	doctor_say(&d, DOCTOR_WARNING, "a");
	doctor_say(&d, DOCTOR_WARNING, "b");

	SCOPED_FREE char *warned = shown(&d, &o, false);

	assert_non_null(strstr(warned, "\na run would work: 2 warnings\n"));
	free(d.findings);
}

static void the_document_has_each_finding(void **state)
{
	struct doctor d = start();
	struct options o = {.json = true};
	SCOPED(json_free) struct json *document = NULL;
	struct err e = {0};

	(void)state;
	put_three(&d);

	SCOPED_FREE char *text = shown(&d, &o, true);

	if (!json_parse(text, strlen(text), &document, &e))
		fail_msg("%s", e.text);
	assert_string_equal(json_text(json_at(document, "/verb")), "doctor");
	assert_string_equal(json_text(json_at(document, "/exit")), "1");
	assert_int_equal(json_count(json_at(document, "/checks")), 4);
	assert_string_equal(json_text(json_at(document, "/checks/0/id")), "x");
	assert_string_equal(json_text(json_at(document, "/checks/0/title")), "the x");
	assert_null(json_at(document, "/checks/0/mend"));
	assert_string_equal(json_text(json_at(document, "/checks/1/evidence")), "ill\033[2J");
	assert_string_equal(json_text(json_at(document, "/checks/2/state")), "failure");
	assert_string_equal(json_text(json_at(document, "/checks/3/state")), "not applicable");
	free(d.findings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_check_has_an_id_of_its_own),
		cmocka_unit_test(an_error_is_parted_from_its_advice),
		cmocka_unit_test(a_word_is_quoted_where_a_shell_would_read_it),
		cmocka_unit_test(a_long_list_is_cut_and_says_so),
		cmocka_unit_test(findings_are_bounded),
		cmocka_unit_test(the_table_puts_the_mending_below),
		cmocka_unit_test(without_a_failure_a_run_would_work),
		cmocka_unit_test(the_document_has_each_finding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
