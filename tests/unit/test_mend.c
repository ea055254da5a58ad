/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/mend.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "mend_world.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/fs.h"

static struct mend_step *add_shell(struct mend *m, const char *line)
{
	const char *const argv[] = {"/bin/sh", "-c", line, NULL};
	struct mend_step *step = mend_run(m, argv, 10000);

	assert_non_null(step);
	step->says = "the shell";
	return step;
}

static void set(char **out, const char *text)
{
	*out = strdup(text);
	assert_non_null(*out);
}

/* --- each type: how things are, and the step --------------------------------- */

static void build_link_new(struct mend_world *w, struct mend *m)
{
	assert_true(mend_link(m, at(w, "python"), NULL, "../opt/python"));
}

static void make_old_link(struct mend_world *w)
{
	make_link(w, "python", "gone");
}
static void build_link(struct mend_world *w, struct mend *m)
{
	assert_true(mend_link(m, at(w, "python"), "gone", "../opt/python"));
}

static void build_drop_link(struct mend_world *w, struct mend *m)
{
	assert_true(mend_drop_link(m, at(w, "python"), "gone"));
}

static void make_file(struct mend_world *w)
{
	put(w, "file", "old\n");
	assert_int_equal(chmod(at(w, "file"), 0640), 0);
}
static void build_move(struct mend_world *w, struct mend *m)
{
	assert_true(mend_move(m, at(w, "file"), at(w, "aside")));
}

static void build_write(struct mend_world *w, struct mend *m)
{
	assert_true(mend_write(m, at(w, "file"), sha_of("old\n"), "new\n", 4));
}

static void build_write_new(struct mend_world *w, struct mend *m)
{
	assert_true(mend_write(m, at(w, "file"), NULL, "new\n", 4));
}

static void make_two_folders(struct mend_world *w)
{
	assert_int_equal(mkdir(at(w, "venv"), 0755), 0);
	assert_int_equal(mkdir(at(w, "venv.new"), 0755), 0);
	put(w, "venv/a", "old");
	put(w, "venv.new/a", "new");
}
static void build_exchange(struct mend_world *w, struct mend *m)
{
	assert_true(mend_exchange(m, at(w, "venv"), at(w, "venv.new")));
}

static void make_scripts(struct mend_world *w)
{
	char text[3 * PERSON_PATH_MAX];

	assert_int_equal(mkdir(at(w, "bin"), 0755), 0);
	snprintf(text, sizeof(text), "#!/tmp/new/bin/python\nx=/tmp/new/y\n");
	put(w, "bin/pip", text);
	assert_int_equal(chmod(at(w, "bin/pip"), 0755), 0);
	put(w, "bin/other", "no word of it\n");
	make_link(w, "bin/python", "/tmp/new/bin/python");
}
static void build_rebase(struct mend_world *w, struct mend *m)
{
	struct mend_step *step = mend_add(m, MEND_REBASE);

	assert_non_null(step);
	set(&step->path, at(w, "bin"));
	set(&step->was, "/tmp/new");
	set(&step->to, "/home/ana/venv");
}

static void build_makes(struct mend_world *w, struct mend *m)
{
	struct mend_step *step = add_shell(m, "mkdir -p ../w/made/b && echo x > ../w/made/b/f && "
					      "ln -s ../../etc made/out && chmod 500 made/b");

	set(&step->path, at(w, "."));
	set(&step->makes, at(w, "made"));
}

/* A prefix in which a program unlinks one formula and links another: a link replaced, one gone, one
 * new, a folder of links in the place of a link, and a link in the place of a folder of links. */
static void make_prefix(struct mend_world *w)
{
	static const char *const folders[] = {
		"p", "p/bin", "p/include", "p/share", "p/share/x", "p/Cellar"};

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		assert_int_equal(mkdir(at(w, folders[i]), 0755), 0);
	make_link(w, "p/bin/python3", "../Cellar/3.12/python3");
	make_link(w, "p/bin/gone", "../Cellar/3.12/gone");
	make_link(w, "p/bin/same", "../Cellar/3.12/same");
	make_link(w, "p/include/h", "../Cellar/3.12/include");
	make_link(w, "p/share/x/a", "../../Cellar/3.12/a");
	make_link(w, "p/share/x/b", "../../Cellar/3.12/b");
	put(w, "p/bin/file", "a file is not watched");
}
static void build_watched(struct mend_world *w, struct mend *m)
{
	struct mend_step *step = add_shell(m,
		"ln -sfn ../Cellar/3.13/python3 bin/python3; rm bin/gone;"
		"ln -s ../Cellar/3.13/new bin/new; rm include/h; mkdir -p include/h/in;"
		"ln -s ../../Cellar/3.13/x include/h/x; ln -s y include/h/in/y;"
		"rm -r share/x; mkdir -p Cellar/3.13/x; echo f > Cellar/3.13/x/a;"
		"ln -s ../Cellar/3.13/x share/x; rm -r Cellar/3.13");

	set(&step->path, at(w, "p"));
	set(&step->watched, at(w, "p"));
}

struct type_case {
	const char *name;
	void (*make)(struct mend_world *w);
	void (*build)(struct mend_world *w, struct mend *m);
	const char *path, *is; /* seen when it was taken */
	const char *told;      /* when it is taken back; NULL = not compared */
};
static const struct type_case type_cases[] = {
	{"new link", NULL, build_link_new, "python", "-> ../opt/python", "python ../opt/python>;"},
	{"link", make_old_link, build_link, "python", "-> ../opt/python",
		"python ../opt/python>gone;"},
	{"drop link", make_old_link, build_drop_link, "python", "", "python >gone;"},
	{"move", make_file, build_move, "aside", "old\n", "aside aside>file;"},
	{"write", make_file, build_write, "file", "new\n", NULL},
	{"new file", NULL, build_write_new, "file", "new\n", NULL},
	{"exchange", make_two_folders, build_exchange, "venv/a", "new", "venv venv>venv.new;"},
	{"rebase", make_scripts, build_rebase, "bin/pip",
		"#!/home/ana/venv/bin/python\nx=/home/ana/venv/y\n", NULL},
	{"makes", NULL, build_makes, "made/b/f", "x\n", "made made>;"},
	{"watched", make_prefix, build_watched, "p/bin/python3", "-> ../Cellar/3.13/python3",
		"p/share/x ../Cellar/3.13/x>;p/include/h/x ../../Cellar/3.13/x>;"
		"p/include/h/in/y y>;"
		"p/bin/python3 ../Cellar/3.13/python3>../Cellar/3.12/python3;"
		"p/bin/new ../Cellar/3.13/new>;p/share/x/b >../../Cellar/3.12/b;"
		"p/share/x/a >../../Cellar/3.12/a;p/include/h >../Cellar/3.12/include;"
		"p/bin/gone >../Cellar/3.12/gone;"},
};

static void take_or_fail(struct mend_world *w, struct mend *m)
{
	struct err e = {0};

	if (!world_take(w, m, 0, &e))
		fail_msg("%s", e.text);
}

/* Taken; taken back dry, which changes nothing; taken back. */
static void run_circle(const struct type_case *c)
{
	SCOPED_CLEAR(mend_clear) struct mend m = {0};
	void *state = NULL;

	assert_int_equal(world_make(&state), 0);

	struct mend_world *w = state;

	if (c->make != NULL)
		c->make(w);

	SCOPED_FREE char *before = world_photo(w);

	c->build(w, &m);
	take_or_fail(w, &m);
	assert_string_equal(seen(w, c->path), c->is);

	SCOPED_FREE char *taken = world_photo(w);
	char told[sizeof(w->told)];

	world_undo(w, true);
	assert_int_equal(w->n_done, 1);
	memcpy(told, w->told, sizeof(told));
	if (c->told != NULL)
		assert_string_equal(told, c->told);

	SCOPED_FREE char *dry = world_photo(w);

	assert_string_equal(dry, taken);
	world_undo(w, false);
	assert_string_equal(w->told, told);
	assert_int_equal(w->n_done, 1);

	SCOPED_FREE char *after = world_photo(w);

	assert_string_equal(after, before);
	world_undo(w, false); /* once is enough */
	assert_int_equal(w->n_done + w->n_refused, 0);
	assert_int_equal(world_remove(&state), 0);
}

/* A later step fails: those before it are taken back, and are on record as such. */
static void run_failure(const struct type_case *c)
{
	SCOPED_CLEAR(mend_clear) struct mend m = {0};
	struct err e = {0};
	void *state = NULL;

	assert_int_equal(world_make(&state), 0);

	struct mend_world *w = state;

	if (c->make != NULL)
		c->make(w);

	SCOPED_FREE char *before = world_photo(w);

	c->build(w, &m);
	add_shell(&m, "echo 'no such keg'; echo; exit 3");
	assert_false(world_take(w, &m, 0, &e));
	assert_int_equal(e.code, ERR_COMMAND);
	assert_string_equal(e.text, "the shell: status 3: no such keg");

	SCOPED_FREE char *after = world_photo(w);
	SCOPED_FREE char *record = world_record(w);

	assert_string_equal(after, before);
	assert_true(text_ends(record, "{\"taken_back\":1}\n"));
	assert_int_equal(world_remove(&state), 0);
}

/*
 * The power went between the line and the change: the line is there, things are as before. Taking
 * it back has nothing to do, and does it.
 */
static void run_power_cut(const struct type_case *c)
{
	SCOPED_CLEAR(mend_clear) struct mend m = {0};
	char path[PERSON_PATH_MAX];
	struct err e = {0};
	void *state = NULL;

	assert_int_equal(world_make(&state), 0);

	struct mend_world *w = state;

	if (c->make != NULL)
		c->make(w);

	SCOPED_FREE char *before = world_photo(w);

	c->build(w, &m);
	take_or_fail(w, &m);
	world_undo(w, false);

	SCOPED_FREE char *record = world_record(w);
	char *end = strstr(record, "{\"end_ms\"");

	assert_non_null(end);
	memcpy(end, "{\"type\":\"li", 12); /* the next line was begun, too */
	assert_true(
		person_path(&w->person, ".local/state/devupd/undo/r1.jsonl", path, sizeof(path)));
	assert_true(fs_replace(path, record, strlen(record), 0600, &e));
	world_undo(w, false);
	assert_int_equal(w->n_done, 1);
	assert_string_equal(w->told, "");

	SCOPED_FREE char *after = world_photo(w);

	assert_string_equal(after, before);
	world_undo(w, false); /* the mark took the place of the line that was begun */
	assert_int_equal(w->n_done, 0);
	assert_int_equal(world_remove(&state), 0);
}

static void test_each_type(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(type_cases); i++) {
		print_message("           %s\n", type_cases[i].name);
		run_circle(&type_cases[i]);
		run_failure(&type_cases[i]);
		run_power_cut(&type_cases[i]);
	}
}

/* --- changed since it was looked at ------------------------------------------ */

/* Refused, and nothing was touched. */
static void expect_busy(struct mend_world *w, struct mend *m, const char *words)
{
	SCOPED_FREE char *before = world_photo(w);
	struct err e = {0};

	assert_false(world_take(w, m, 0, &e));
	assert_int_equal(e.code, ERR_BUSY);
	if (strstr(e.text, words) == NULL)
		fail_msg("%s", e.text);

	SCOPED_FREE char *after = world_photo(w);

	assert_string_equal(after, before);
}

static void test_changed_since(void **state)
{
	struct mend_world *w = *state;
	SCOPED_CLEAR(mend_clear) struct mend m = {0};

	make_link(w, "python", "another");
	build_link(w, &m);
	expect_busy(w, &m, "python was changed since");
	build_link_new(w, &m);
	expect_busy(w, &m, "python was changed since");
	build_drop_link(w, &m);
	expect_busy(w, &m, "python was changed since");
	build_move(w, &m);
	expect_busy(w, &m, "file has gone since");
	put(w, "file", "changed\n");
	build_write(w, &m);
	expect_busy(w, &m, "file was changed since");
	build_write_new(w, &m);
	expect_busy(w, &m, "file was changed since");
	put(w, "aside", "x");
	build_move(w, &m);
	expect_busy(w, &m, "aside was changed since");
	build_exchange(w, &m);
	expect_busy(w, &m, "venv has gone since");
	put(w, "made", "x");
	build_makes(w, &m);
	expect_busy(w, &m, "made was made since");
}

/* --- files ------------------------------------------------------------------- */

/* Mode and attributes stay, and the link that leads to it. */
static void test_write_through_link(void **state)
{
	struct mend_world *w = *state;
	SCOPED_CLEAR(mend_clear) struct mend m = {0};
	char value[8] = "";
	struct stat st;

	make_file(w);
	make_link(w, "settings.json", "file");

	bool has_xattr = setxattr(at(w, "file"), "user.tag", "abc", 3, 0) == 0;

	assert_true(mend_write(&m, at(w, "settings.json"), sha_of("old\n"), "new\n", 4));
	take_or_fail(w, &m);
	assert_string_equal(seen(w, "settings.json"), "-> file");
	assert_string_equal(seen(w, "file"), "new\n");
	assert_int_equal(stat(at(w, "file"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	if (has_xattr)
		assert_int_equal(getxattr(at(w, "file"), "user.tag", value, sizeof(value)), 3);
	world_undo(w, false);
	assert_string_equal(seen(w, "file"), "old\n");
	assert_string_equal(seen(w, "settings.json"), "-> file");
}

static void test_write_dangling(void **state)
{
	struct mend_world *w = *state;
	SCOPED_CLEAR(mend_clear) struct mend m = {0};
	struct err e = {0};

	make_link(w, "file", "nowhere");
	build_write_new(w, &m);
	assert_false(world_take(w, &m, 0, &e));
	assert_int_equal(e.code, ERR_STATE);
	assert_string_equal(seen(w, "nowhere"), "");
}

/* Binary and large files are not rebased. */
static void test_rebase_spares(void **state)
{
	struct mend_world *w = *state;
	SCOPED_CLEAR(mend_clear) struct mend m = {0};
	SCOPED_FREE char *large = malloc((1 << 20) + 100);
	struct err e = {0};

	make_scripts(w);
	memset(large, 'x', (1 << 20) + 99);
	large[(1 << 20) + 99] = '\0';
	memcpy(large, "/tmp/new/", 9);
	put(w, "bin/large", large);
	assert_true(fs_replace(at(w, "bin/elf"), "\0/tmp/new", 9, 0755, &e));
	build_rebase(w, &m);
	take_or_fail(w, &m);

	SCOPED_FREE char *is = NULL;
	size_t len = 0;

	assert_true(fs_read(at(w, "bin/large"), 2 << 20, &is, &len, &e));
	assert_string_equal(is, large);
	free(MOVE_PTR(is));
	assert_true(fs_read(at(w, "bin/elf"), 100, &is, &len, &e));
	assert_int_equal(len, 9);
	assert_memory_equal(is, "\0/tmp/new", 9);
	assert_string_equal(seen(w, "bin/python"), "-> /tmp/new/bin/python");
}

static void test_aside(void **state)
{
	struct mend_world *w = *state;
	char first[PERSON_PATH_MAX], second[PERSON_PATH_MAX], expected[PERSON_PATH_MAX + 8];
	struct err e = {0};

	assert_true(mend_aside(at(w, "python3"), first, sizeof(first)));
	assert_true(fs_replace(first, "", 0, 0644, &e));
	assert_true(mend_aside(at(w, "python3"), second, sizeof(second)));
	snprintf(expected, sizeof(expected), "%s-2", first);
	assert_string_equal(second, expected);
	assert_int_equal(strlen(first), strlen(at(w, "python3.devupd-2026-11-22")));
}

/* --- programs ---------------------------------------------------------------- */

/* It fails twice because another is at work; the third try is made, and succeeds. */
static void test_busy_program(void **state)
{
	static const char *const busy_words[] = {"has already locked", NULL};
	struct mend_world *w = *state;
	SCOPED_CLEAR(mend_clear) struct mend m = {0};
	struct err e = {0};
	struct mend_step *step =
		add_shell(&m, "echo x >> tries; [ $(wc -l < tries) -ge 3 ] || "
			      "{ echo 'A `brew link` process has already locked it.'; exit 1; }");

	set(&step->path, at(w, "."));
	step->busy_words = busy_words;
	if (!world_take(w, &m, 10000, &e))
		fail_msg("%s", e.text);
	assert_string_equal(seen(w, "tries"), "x\nx\nx\n");
	assert_int_equal(w->n_ticks, 2);
}

static void test_busy_for_too_long(void **state)
{
	static const char *const busy_words[] = {"locked", NULL};
	SCOPED_CLEAR(mend_clear) struct mend m = {0};
	struct err e = {0};

	add_shell(&m, "echo locked; exit 1")->busy_words = busy_words;
	assert_false(world_take(*state, &m, 500, &e));
	assert_int_equal(e.code, ERR_BUSY);
	assert_string_equal(e.text, "the shell: another is at work: locked");
}

static void test_forgiven(void **state)
{
	SCOPED_CLEAR(mend_clear) struct mend m = {0};

	add_shell(&m, "exit 1")->is_forgiven = true;
	take_or_fail(*state, &m);
}

static void test_timeout(void **state)
{
	SCOPED_CLEAR(mend_clear) struct mend m = {0};
	struct err e = {0};

	add_shell(&m, "sleep 30")->timeout_ms = 200;
	assert_false(world_take(*state, &m, 0, &e));
	/* not the code that stands for the network */
	assert_int_equal(e.code, ERR_COMMAND);
	assert_true(text_starts(e.text, "the shell: /bin/sh did not end within"));
}

static void test_flood(void **state)
{
	SCOPED_CLEAR(mend_clear) struct mend m = {0};
	struct err e = {0};

	add_shell(&m, "yes | head -c 5000000; printf '\\nthe reason\\n'; exit 2");
	assert_false(world_take(*state, &m, 0, &e));
	assert_string_equal(e.text, "the shell: status 2: the reason");
}

/* Stopped: the program goes, and what was done before it. */
static void test_stopped(void **state)
{
	struct mend_world *w = *state;
	SCOPED_CLEAR(mend_clear) struct mend m = {0};
	uint64_t start_ms = clock_now_ms();
	struct err e = {0};

	build_link_new(w, &m);
	w->is_stopped = true;
	assert_false(world_take(w, &m, 0, &e));
	assert_int_equal(e.code, ERR_COMMAND);
	assert_string_equal(seen(w, "python"), "");
	assert_true(clock_now_ms() - start_ms < 10000);
}

/* A program that fails in the middle of its work on watched links: that is taken back, too. */
static void test_watched_fails(void **state)
{
	struct mend_world *w = *state;
	SCOPED_CLEAR(mend_clear) struct mend m = {0};
	struct err e = {0};

	make_prefix(w);

	SCOPED_FREE char *before = world_photo(w);
	struct mend_step *step = add_shell(&m, "rm bin/*3; ln -s x bin/y; echo conflict; exit 1");

	set(&step->path, at(w, "p"));
	set(&step->watched, at(w, "p"));
	assert_false(world_take(w, &m, 0, &e));
	assert_string_equal(e.text, "the shell: status 1: conflict");
	assert_string_equal(w->told, ""); /* nothing of it is left */

	SCOPED_FREE char *after = world_photo(w);

	assert_string_equal(after, before);
}

/* A foreign file is moved aside, and a program puts a link where it was: one mend, undone whole. */
static void test_aside_and_link(void **state)
{
	struct mend_world *w = *state;
	SCOPED_CLEAR(mend_clear) struct mend m = {0};

	make_prefix(w);

	SCOPED_FREE char *before = world_photo(w);

	assert_true(mend_move(&m, at(w, "p/bin/file"), at(w, "p/bin/file.aside")));

	struct mend_step *step = add_shell(&m, "ln -s ../Cellar/f bin/file");

	set(&step->path, at(w, "p"));
	set(&step->watched, at(w, "p"));
	take_or_fail(w, &m);
	assert_string_equal(seen(w, "p/bin/file"), "-> ../Cellar/f");
	assert_string_equal(w->told, "p/bin/file >../Cellar/f;"); /* the planned ones are known */
	world_undo(w, false);
	assert_int_equal(w->n_done, 1);

	SCOPED_FREE char *after = world_photo(w);

	assert_string_equal(after, before);
}

/* A new venv is made, its scripts are set for where it will be, it takes the old one's place. */
static void build_new_venv(struct mend_world *w, struct mend *m)
{
	struct mend_step *step = add_shell(
		m, "mkdir -p venv.new/bin && echo '#!/x/venv.new/python' > venv.new/bin/pip");

	set(&step->path, at(w, "."));
	set(&step->makes, at(w, "venv.new"));
	step = mend_add(m, MEND_REBASE);
	set(&step->path, at(w, "venv.new/bin"));
	set(&step->was, "/x/venv.new");
	set(&step->to, "/x/venv");
	assert_true(mend_exchange(m, at(w, "venv"), at(w, "venv.new")));
	assert_true(mend_move(m, at(w, "venv.new"), at(w, "venv.old")));
}

static void test_new_venv(void **state)
{
	struct mend_world *w = *state;
	SCOPED_CLEAR(mend_clear) struct mend m = {0};
	struct err e = {0};

	assert_int_equal(mkdir(at(w, "venv"), 0755), 0);
	put(w, "venv/old", "old");

	SCOPED_FREE char *before = world_photo(w);

	build_new_venv(w, &m);
	add_shell(&m, "exit 1");
	assert_false(world_take(w, &m, 0, &e));

	SCOPED_FREE char *reverted = world_photo(w);

	assert_string_equal(reverted, before);
	build_new_venv(w, &m);
	take_or_fail(w, &m);
	assert_string_equal(seen(w, "venv/bin/pip"), "#!/x/venv/python\n");
	assert_string_equal(seen(w, "venv.old/old"), "old");

	SCOPED_FREE char *record = world_record(w);

	assert_null(strstr(record, "\"file\"")); /* what was made goes whole */

	/* what Python caches in it later is no change of somebody's */
	usleep(20000); /* the clock of files ticks every few ms */
	assert_int_equal(mkdir(at(w, "venv/bin/__pycache__"), 0755), 0);
	put(w, "venv/bin/__pycache__/x.pyc", "x");
	world_undo(w, false);
	assert_int_equal(w->n_done, 1);

	SCOPED_FREE char *after = world_photo(w);

	assert_string_equal(after, before);
}

/* A link in a folder that changes its place afterwards: it is found where it is now. */
static void test_link_then_exchange(void **state)
{
	struct mend_world *w = *state;
	SCOPED_CLEAR(mend_clear) struct mend m = {0};

	make_two_folders(w);

	SCOPED_FREE char *before = world_photo(w);

	assert_true(mend_link(&m, at(w, "venv.new/python"), NULL, "t"));
	assert_true(mend_exchange(&m, at(w, "venv"), at(w, "venv.new")));
	assert_true(mend_link(&m, at(w, "venv/pip"), NULL, "t"));
	take_or_fail(w, &m);
	world_undo(w, false);
	assert_int_equal(w->n_done, 1);
	assert_string_equal(w->told, "venv/pip t>;venv venv>venv.new;venv.new/python t>;");

	SCOPED_FREE char *after = world_photo(w);

	assert_string_equal(after, before);
}

/* In the folder that took a link's place lies somebody's file: the link can't come back. */
static void test_watched_folder_in_use(void **state)
{
	struct mend_world *w = *state;
	SCOPED_CLEAR(mend_clear) struct mend m = {0};

	make_prefix(w);
	build_watched(w, &m);
	take_or_fail(w, &m);
	put(w, "p/include/h/in/mine", "mine");

	SCOPED_FREE char *before = world_photo(w);

	world_undo(w, false);
	assert_string_equal(w->told, "p/include/h!changed since by somebody;");

	SCOPED_FREE char *after = world_photo(w);

	assert_string_equal(after, before);
}

#define MEND_TEST(f) cmocka_unit_test_setup_teardown(f, world_make, world_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_type),
		MEND_TEST(test_changed_since),
		MEND_TEST(test_write_through_link),
		MEND_TEST(test_write_dangling),
		MEND_TEST(test_rebase_spares),
		MEND_TEST(test_aside),
		MEND_TEST(test_busy_program),
		MEND_TEST(test_busy_for_too_long),
		MEND_TEST(test_forgiven),
		MEND_TEST(test_timeout),
		MEND_TEST(test_flood),
		MEND_TEST(test_stopped),
		MEND_TEST(test_watched_fails),
		MEND_TEST(test_aside_and_link),
		MEND_TEST(test_new_venv),
		MEND_TEST(test_link_then_exchange),
		MEND_TEST(test_watched_folder_in_use),
	};

	return cmocka_run_group_tests_name("mend", tests, NULL, NULL);
}
