/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each state of a virtual environment: found, its steps, mended, proved, taken back, found again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "updaters/lib/fs.h"
#include "updaters/python/python.h"
#include "updaters/python/venv.h"
#include "updaters/python/venv_python.h"
#include "updaters/python/venv_state.h"
#include "venv_world.h"

/* What a step says that it changes in ~/NAME. */
static const char *told_of(const struct venv_world *w, const struct finding *f, const char *name)
{
	const char *path = home_at(w, "%s", name);

	for (size_t i = 0; i < f->mend.n_steps; i++)
		if (f->mend.steps[i].tells && text_equal(f->mend.steps[i].path, path))
			return f->mend.steps[i].tells;
	fail_msg("no step tells of %s", path);
	return NULL;
}

/* Found as `state` with these steps; mended and proved; taken back and found again. */
static void round_trip(struct venv_world *w, const char *name, const char *state, const char *steps)
{
	const char *before = world_photo(w);
	struct finding *f = world_look(w, name);
	const char *planned = steps_of(w, f);

	assert_string_equal(f->item.state, state);
	assert_int_equal(f->item.outcome, OUTCOME_BROKEN);
	if (steps)
		assert_string_equal(planned, steps);
	assert_string_equal(world_photo(w), before); /* a look changes nothing */
	assert_non_null(strstr(world_mend(w, name), "python runs: 3."));
	world_undo(w);
	assert_string_equal(world_photo(w), before);
	f = world_look(w, name);
	assert_string_equal(f->item.state, state);
	assert_string_equal(steps_of(w, f), planned);
	(void)world_mend(w, name);
}

/* ~/v by a keg's own path, with a line of somebody's own; then brew upgrades. */
static void make_dangling(struct venv_world *w)
{
	keg_make(w, w->old_keg);
	venv_make_real(w, home_at(w, "%s/bin/python%s", w->old_keg, w->minor), "v");
	sh(w,
		"printf '# mine\\nextra=1\\n' >> v/pyvenv.cfg; echo x = 1 > "
		"v/lib/python%s/site-packages/"
		"kept.py",
		w->minor);
	world_glob(w, "~/v");
	assert_string_equal(world_look(w, "v")->item.state, "sound");
	keg_upgrade(w);
}

static void sound_after_a_patch(void **state)
{
	struct venv_world *w = *state;

	keg_make(w, w->old_keg);
	venv_make_real(w, home_at(w, "%s", w->opt_python), "v");
	world_glob(w, "${home}/v");
	keg_upgrade(w);

	struct finding *f = world_look(w, "v");

	assert_string_equal(f->item.state, "sound");
	assert_int_equal(f->item.outcome, OUTCOME_CURRENT);
	assert_int_equal(f->mend.n_steps, 0);
	assert_string_equal(f->prefix, home_at(w, ".linuxbrew"));
	assert_string_equal(f->minor, w->minor);
	assert_string_equal(f->noun, "venv");
	assert_int_equal(f->weight, 0); /* it stays with its formula when python3 moves on */
	assert_non_null(strstr(f->item.text, "no pip in it"));
}

static void link_dangles(void **state)
{
	struct venv_world *w = *state;
	char steps[2048], text[1024];
	const char *m = w->minor;

	make_dangling(w);
	(void)snprintf(steps, sizeof(steps),
		"link ~/v/bin/python%s ~/%s/bin/python%s ~/%s\nwrite ~/v/pyvenv.cfg\n", m,
		w->old_keg, m, w->opt_python);
	(void)snprintf(text, sizeof(text), "its python%s is gone with %s; opt/python@%s has %s.99",
		m, home_at(w, "%s", w->old_keg), m, m);
	assert_string_equal(world_look(w, "v")->item.text, text);
	(void)snprintf(text, sizeof(text), "home = %s -> %s", home_at(w, "%s/bin", w->old_keg),
		home_at(w, ".linuxbrew/opt/python@%s/bin", m));
	assert_non_null(strstr(told_of(w, world_look(w, "v"), "v/pyvenv.cfg"), text));
	round_trip(w, "v", "link dangles", steps);
	/* nothing of it was lost, and nothing speaks of what is gone */
	sh(w,
		"grep -qx '# mine' v/pyvenv.cfg; grep -qx extra=1 v/pyvenv.cfg;"
		"grep -qx 'home = '$HOME'/.linuxbrew/opt/python@%s/bin' v/pyvenv.cfg;"
		"! grep -E '^(home|executable)' v/pyvenv.cfg | grep Cellar; v/bin/python -c "
		"'import kept'",
		m);
}

/* `python -m venv --upgrade` writes pyvenv.cfg and leaves the link as it was. */
static void link_dangles_after_venv_upgrade(void **state)
{
	struct venv_world *w = *state;
	const char *m = w->minor;
	char steps[2048];

	make_dangling(w);
	sh(w, "%s -m venv --upgrade --without-pip v", w->opt_python);
	(void)snprintf(steps, sizeof(steps), "link ~/v/bin/python%s ~/%s/bin/python%s ~/%s\n", m,
		w->old_keg, m, w->opt_python);
	round_trip(w, "v", "link dangles", steps);
}

static void link_taken_away(void **state)
{
	struct venv_world *w = *state;

	make_dangling(w);
	sh(w, "rm v/bin/python%s", w->minor);
	round_trip(w, "v", "link dangles", NULL);
}

static void no_python_at_all(void **state)
{
	struct venv_world *w = *state;

	make_dangling(w);
	sh(w, "rm v/bin/python*");
	round_trip(w, "v", "half upgraded", NULL);
}

static void home_gone(void **state)
{
	struct venv_world *w = *state;

	keg_make(w, w->new_keg);
	venv_make_real(w, home_at(w, "%s", w->opt_python), "v");
	sh(w, "sed -i 's,^home = .*,home = '$HOME'/%s/bin,' v/pyvenv.cfg", w->old_keg);
	world_glob(w, "~/v");
	round_trip(w, "v", "home gone", "write ~/v/pyvenv.cfg\n");
}

/* Neither a home without a value nor none at all is a folder that is there. */
static void home_empty(void **state)
{
	struct venv_world *w = *state;
	static const char *const edits[] = {"s,^home = .*,home =,", "/^home/d"};

	keg_make(w, w->new_keg);
	venv_make_real(w, home_at(w, "%s", w->opt_python), "v");
	world_glob(w, "~/v");
	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		sh(w, "sed -i '%s' v/pyvenv.cfg", edits[i]);
		round_trip(w, "v", "home gone", "write ~/v/pyvenv.cfg\n");
		sh(w, "grep -qx 'home = '$HOME'/.linuxbrew/opt/python@%s/bin' v/pyvenv.cfg",
			w->minor);
	}
}

/* Links can't be made in a folder that is gone, and would not bring back its scripts. */
static void bin_gone(void **state)
{
	struct venv_world *w = *state;
	struct finding *f;

	keg_make(w, w->new_keg);
	venv_make_real(w, home_at(w, "%s", w->opt_python), "v");
	world_glob(w, "~/v");
	sh(w, "rm -r v/bin");
	f = world_look(w, "v");
	assert_string_equal(f->item.state, "half upgraded");
	assert_int_equal(f->mend.n_steps, 0);
	assert_non_null(strstr(f->item.text, ": devupd upgrade python-venvs"));
	w->owner.mode = OWNER_UPGRADE;
	w->owner.may_upgrade = true;
	f = world_look(w, "v");
	assert_int_equal(f->tag, VENV_REBUILT);
	assert_string_equal(f->mend.steps[0].argv.items[0], home_at(w, "%s", w->opt_python));
	assert_non_null(strstr(world_mend(w, "v"), "python runs: 3."));
}

static void mixed(void **state)
{
	struct venv_world *w = *state;

	keg_make(w, w->new_keg);
	venv_make_real(w, home_at(w, "%s", w->opt_python), "v");
	sh(w,
		"sed -i 's/^version = .*/version = 3.5.1/' v/pyvenv.cfg;"
		"mkdir -p v/lib/python3.5/site-packages v/lib/python%s/site-packages/x-1.dist-info",
		w->minor);
	world_glob(w, "~/v");
	round_trip(w, "v", "mixed", "write ~/v/pyvenv.cfg\n");
}

/* A keg by the name of another minor version. */
static void other_keg_make(struct venv_world *w)
{
	sh(w,
		"k=.linuxbrew/Cellar/python@3.5/3.5.1; mkdir -p $k/bin .linuxbrew/opt "
		".linuxbrew/bin;"
		"cp -L %s $k/bin/python3.5; ln -s ../Cellar/python@3.5/3.5.1 "
		".linuxbrew/opt/python@3.5;"
		"ln -sf ../Cellar/python@3.5/3.5.1/bin/python3.5 .linuxbrew/bin/python3",
		w->python);
}

/* Made by PREFIX/bin/python3, which is another minor version since. */
static void minor_moved(void **state)
{
	struct venv_world *w = *state;
	char steps[512];

	keg_make(w, w->new_keg);
	sh(w, "ln -s ../../%s/bin/python%s .linuxbrew/bin/python3", w->new_keg, w->minor);
	venv_make_real(w, ".linuxbrew/bin/python3", "v");
	sh(w,
		"mkdir -p v/lib/python%s/site-packages; rm v/bin/python*;"
		"ln -s $HOME/.linuxbrew/bin/python3 v/bin/python3; ln -s python3 v/bin/python;"
		"ln -s python3 v/bin/python%s",
		w->minor, w->minor);
	world_glob(w, "~/v");
	assert_string_equal(world_look(w, "v")->item.state, "sound");
	assert_int_equal(world_look(w, "v")->weight, 1);
	other_keg_make(w);
	(void)snprintf(steps, sizeof(steps), "link ~/v/bin/python3 ~/.linuxbrew/bin/python3 ~/%s\n",
		w->opt_python);
	round_trip(w, "v", "minor moved", steps);
}

/* `venv --upgrade` by another minor version, the other way round as well: names lead astray. */
static void mixed_links(void **state)
{
	struct venv_world *w = *state;
	char steps[512];

	keg_make(w, w->new_keg);
	other_keg_make(w);
	venv_make_real(w, home_at(w, "%s", w->opt_python), "v");
	sh(w,
		"cd v; mkdir -p lib/python3.5/site-packages "
		"lib/python%s/site-packages/x-1.dist-info;"
		"ln -s $HOME/.linuxbrew/opt/python@3.5/bin/python3.5 bin/python3.5;"
		"ln -sf python3.5 bin/python; sed -i 's/^version = .*/version = 3.5.1/' pyvenv.cfg",
		w->minor);
	world_glob(w, "~/v");
	(void)snprintf(steps, sizeof(steps),
		"link ~/v/bin/python python3.5 python%s\nwrite ~/v/pyvenv.cfg\n", w->minor);
	round_trip(w, "v", "mixed", steps);
}

/* Without a python of its minor version a repair can't do it, and says who can. */
static void minor_gone(void **state)
{
	struct venv_world *w = *state;
	struct finding *f;

	sh(w, "mkdir -p v/bin v/lib/python3.5/site-packages;"
	      "ln -s $HOME/.linuxbrew/Cellar/python@3.5/3.5.1/bin/python3.5 v/bin/python3.5;"
	      "ln -s python3.5 v/bin/python;"
	      "printf 'home = /nowhere/bin\\nversion = 3.5.1\\n' > v/pyvenv.cfg");
	world_glob(w, "~/v");
	f = world_look(w, "v");
	assert_string_equal(f->item.state, "minor gone");
	assert_int_equal(f->item.outcome, OUTCOME_BROKEN);
	assert_int_equal(f->mend.n_steps, 0);
	assert_non_null(strstr(f->item.text, "devupd upgrade python-venvs"));
	/* what an upgrade would do is shown by a check, unless the settings forbid it */
	w->owner.mode = OWNER_CHECK;
	assert_true(world_look(w, "v")->mend.n_steps > 4);
	w->recipe.upgrade = UPGRADE_NO;
	assert_int_equal(world_look(w, "v")->mend.n_steps, 0);
	w->owner.mode = OWNER_UPGRADE;
	assert_int_equal(world_look(w, "v")->mend.n_steps, 0);
	w->owner.may_upgrade = true;
	assert_true(world_look(w, "v")->mend.n_steps > 4);
	w->owner.offline = true;
	assert_int_equal(world_look(w, "v")->mend.n_steps, 0);
}

static void stray_script(void **state)
{
	struct venv_world *w = *state;
	char told[1024];

	venv_make_real(w, w->python, "v");
	sh(w,
		"printf '#!/nowhere/bin/python3\\nimport sys\\nprint(sys.prefix)\\n' > v/bin/tool;"
		"printf '#!%s\\nx\\n' > v/bin/fine; printf '\\177ELF\\0' > v/bin/program;"
		"chmod +x v/bin/tool",
		w->python);
	world_glob(w, "~/v");
	(void)snprintf(told, sizeof(told), "first line: #!/nowhere/bin/python3 -> #!%s",
		home_at(w, "v/bin/python"));
	assert_string_equal(told_of(w, world_look(w, "v"), "v/bin/tool"), told);
	round_trip(w, "v", "stray scripts", "write ~/v/bin/tool\n");
	assert_string_equal(sh(w, "v/bin/tool"), home_at(w, "v"));
}

/* A folder with a blank in it can't stand in a first line. */
static void stray_script_with_a_blank(void **state)
{
	struct venv_world *w = *state;

	venv_make_real(w, w->python, "'a b'");
	sh(w, "printf '#!/nowhere/bin/python3 -I\\nimport sys\\nprint(sys.prefix)\\n' > 'a "
	      "b/bin/tool';"
	      "chmod +x 'a b/bin/tool'");
	world_glob(w, "~/a*");
	round_trip(w, "a b", "stray scripts", "write ~/a b/bin/tool\n");
	assert_string_equal(sh(w, "'a b/bin/tool'"), home_at(w, "a b"));
}

static void moved(void **state)
{
	struct venv_world *w = *state;
	char told[1024];

	venv_make_real(w, w->python, "old");
	sh(w, "printf '#!'$HOME'/old/bin/python\\nimport sys\\nprint(sys.prefix)\\n' > "
	      "old/bin/tool;"
	      "printf 'echo '$HOME'/older '$HOME'/old\\n' > old/bin/other;"
	      "chmod +x old/bin/tool; mv old v");
	world_glob(w, "~/v");
	(void)snprintf(told, sizeof(told), "%s -> %s", home_at(w, "old"), home_at(w, "v"));
	assert_string_equal(told_of(w, world_look(w, "v"), "v/bin/activate"), told);
	round_trip(w, "v", "moved", NULL);
	assert_string_equal(sh(w, "v/bin/tool"), home_at(w, "v"));
	sh(w, "! grep -rn $HOME/old'[^e]' v/bin; grep -q $HOME/older v/bin/other;"
	      ". v/bin/activate; test $VIRTUAL_ENV = $HOME/v");
}

static void moved_to_a_blank(void **state)
{
	struct venv_world *w = *state;

	venv_make_real(w, w->python, "old");
	sh(w, "printf '#!'$HOME'/old/bin/python -I\\nimport sys\\nprint(sys.prefix)\\n' > "
	      "old/bin/tool;"
	      "chmod +x old/bin/tool; mv old 'a b'");
	world_glob(w, "~/a*");
	round_trip(w, "a b", "moved", NULL);
	sh(w, ". 'a b/bin/activate'; test \"$VIRTUAL_ENV\" = \"$HOME/a b\"");
	assert_string_equal(sh(w, "'a b/bin/tool'"), home_at(w, "a b"));
}

/* A copy's scripts run the other one: moved, too. The same by another way is not. */
static void copied_or_linked(void **state)
{
	struct venv_world *w = *state;

	venv_make_real(w, w->python, "v");
	sh(w, "cp -a v copy; ln -s v link");
	world_glob(w, "~/copy");
	world_glob(w, "~/link");
	world_glob(w, "~/v");
	assert_string_equal(world_look(w, "link")->item.state, "sound");
	assert_int_equal(w->found.n_items, 2); /* ~/v is told by one name */
	round_trip(w, "copy", "moved", NULL);
}

static void unreadable(void **state)
{
	struct venv_world *w = *state;
	char text[1024];

	venv_make_real(w, w->python, "v");
	world_glob(w, "~/v");
	sh(w, "rm v/pyvenv.cfg; mkdir v/pyvenv.cfg");
	assert_string_equal(world_look(w, "v")->item.state, "unreadable");
	assert_int_equal(world_look(w, "v")->item.outcome, OUTCOME_BROKEN);
	sh(w, "rmdir v/pyvenv.cfg; echo home = / > v/pyvenv.cfg; chmod 0 v/bin");
	if (geteuid() != 0) {
		assert_string_equal(world_look(w, "v")->item.state, "unreadable");
		(void)snprintf(text, sizeof(text),
			"bin can't be read: Permission denied: chmod -R u+rwX '%s'",
			home_at(w, "v"));
		assert_string_equal(world_look(w, "v")->item.text, text);
	}
}

/* A folder that a glob names and that nobody may go into is told, not passed over. */
static void forbidden(void **state)
{
	struct venv_world *w = *state;
	struct finding *f;

	venv_make_real(w, w->python, "v");
	world_glob(w, "~/v*");
	sh(w, "echo > v.txt; mkdir vain; chmod 0 v");
	f = world_look(w, "v");
	assert_int_equal(w->found.n_items, 1);
	if (geteuid() == 0)
		return; /* who may go in everywhere */
	assert_string_equal(f->item.state, "unreadable");
	assert_int_equal(f->item.outcome, OUTCOME_BROKEN);
	assert_non_null(strstr(f->item.text, "Permission denied: chmod -R u+rwX "));
}

/* What the settings ask for and nobody can give is said with what to type. */
static void asked_for_in_vain(void **state)
{
	struct venv_world *w = *state;
	struct finding *f;
	struct result summary;
	struct err e = {0};

	world_glob(w, "~/new");
	w->recipe.venvs[0].is_declared = true;
	w->recipe.venvs[0].python = strdup("3.4");
	f = world_look(w, "new");
	assert_string_equal(f->item.state, "missing");
	assert_non_null(strstr(f->item.text, "no python 3.4 here: uv python install 3.4"));
	text_copy_cut(w->person.brew_prefix, sizeof(w->person.brew_prefix), "/nowhere");
	assert_non_null(strstr(world_look(w, "new")->item.text, ": brew install python@3.4"));
	/* a path that begins nowhere */
	world_glob(w, "relative/x");
	result_init(&summary);
	findings_clear(&w->found);
	assert_true(python_updater.look(&w->owner, &w->found, &summary, &e));
	result_clear(&summary);
	assert_int_equal(w->found.n_items, 2);
	assert_string_equal(w->found.items[0].item.path, "relative/x");
	assert_int_equal(w->found.items[0].item.outcome, OUTCOME_BROKEN);
	assert_non_null(strstr(w->found.items[0].item.text, "/devupd/devupd.yaml"));
}

/* pip was stopped between putting the old one aside and taking it away. */
static void half_upgraded(void **state)
{
	struct venv_world *w = *state;
	char steps[1024];
	const char *m = w->minor;

	venv_make_real(w, w->python, "v");
	sh(w,
		"cd v/lib/python%s/site-packages; mkdir -p '~argo' '~argo-1.0.dist-info';"
		"echo x = 1 > '~argo/__init__.py';"
		"printf 'Metadata-Version: 2.1\\nName: cargo\\nVersion: 1.0\\n\\n' > "
		"'~argo-1.0.dist-info/METADATA';"
		"printf "
		"'cargo/__init__.py,,\\ncargo-1.0.dist-info/METADATA,,\\n../../../bin/x,,\\n' > "
		"'~argo-1.0.dist-info/RECORD'",
		m);
	world_glob(w, "~/v");
	(void)snprintf(steps, sizeof(steps),
		"move ~/v/lib/python%s/site-packages/~argo ~/v/lib/python%s/site-packages/cargo\n"
		"move ~/v/lib/python%s/site-packages/~argo-1.0.dist-info "
		"~/v/lib/python%s/site-packages/cargo-1.0.dist-info\n",
		m, m, m, m);
	round_trip(w, "v", "half upgraded", steps);
	/* once the new one is there the rest hurts nothing */
	sh(w,
		"cd v/lib/python%s/site-packages; mkdir '~argo-0.9.dist-info';"
		"printf 'Name: cargo\\nVersion: 0.9\\n\\n' > '~argo-0.9.dist-info/METADATA'",
		m);
	assert_string_equal(world_look(w, "v")->item.state, "sound");
	assert_non_null(strstr(world_look(w, "v")->item.text, "~argo-0.9.dist-info"));
}

/* pip was killed while it copied the new files: what is half there is not kept beside the old. */
static void half_replaced(void **state)
{
	struct venv_world *w = *state;
	struct finding *f;

	venv_make_real(w, w->python, "v");
	sh(w,
		"cd v/lib/python%s/site-packages; mkdir -p '~argo' '~argo-1.0.dist-info' cargo;"
		"echo x = 1 > '~argo/__init__.py'; echo x = 2 > cargo/half.py;"
		"printf 'Metadata-Version: 2.1\nName: cargo\nVersion: 1.0\n\n' > "
		"'~argo-1.0.dist-info/METADATA';"
		"echo 'cargo/__init__.py,,' > '~argo-1.0.dist-info/RECORD'",
		w->minor);
	world_glob(w, "~/v");
	f = world_look(w, "v");
	assert_string_equal(f->item.state, "half upgraded");
	assert_int_equal(f->mend.n_steps, 0);
	assert_non_null(strstr(f->item.text, "cargo 1.0: devupd upgrade python-venvs"));
	w->owner.mode = OWNER_UPGRADE;
	w->owner.may_upgrade = true;
	f = world_look(w, "v");
	assert_int_equal(f->mend.n_steps, 1);
	assert_non_null(strstr(steps_of(w, f), "--no-deps cargo==1.0"));
}

/* Whoever owns a shared Homebrew decides what runs in it: not as somebody else, unasked. */
static void of_another_s_homebrew(void **state)
{
	struct venv_world *w = *state;

	sh(w, "mkdir brew");
	assert_true(venv_python_is_ours(&w->person, "/usr"));
	assert_true(venv_python_is_ours(&w->person, home_at(w, "brew")));
	assert_false(venv_python_is_ours(&w->person, home_at(w, "none")));
	w->person.uid = 12345;
	if (geteuid() == 0)
		sh(w, "chown 54321 brew");
	assert_false(venv_python_is_ours(&w->person, home_at(w, "brew")));
	w->person.uid = geteuid();
}

static void of_another(void **state)
{
	struct venv_world *w = *state;
	struct finding *f;

	venv_make_real(w, w->python, "v");
	world_glob(w, "~/v");
	w->person.uid = 12345; /* then the folders are somebody else's: root's where we are root */
	f = world_look(w, "v");
	if (geteuid() == 0) {
		assert_string_equal(f->item.state, "root's");
		assert_int_equal(f->item.outcome, OUTCOME_BROKEN);
		assert_non_null(strstr(f->item.text, "sudo chown -R "));
		assert_non_null(strstr(f->item.text, home_at(w, "v")));
		sh(w, "chown -R 54321 v");
		f = world_look(w, "v");
	}
	assert_string_equal(f->item.state, "sound");
	assert_non_null(strstr(f->item.text, "belongs to "));
	w->owner.by_root = true; /* root looks after that one, too */
	venv_make_real(w, w->python, "mine");
	world_glob(w, "~/mine");
	w->person.uid = geteuid();
	(void)world_look(w, "mine");
	assert_int_equal(w->found.n_items, geteuid() == 0 ? 1 : 2);
}

/* What pipx, uv and virtualenv make, by the globs that are shipped. */
static void of_all_makers(void **state)
{
	struct venv_world *w = *state;
	const char *m = w->minor;
	static const char *const names[] = {
		".local/share/pipx/venvs/black", ".local/share/uv/tools/ruff", ".virtualenvs/work"};

	keg_make(w, w->new_keg);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		/* uv and virtualenv link bin/python itself, the other names to it */
		sh(w,
			"mkdir -p %s/bin %s/lib/python%s/site-packages; cd %s;"
			"ln -s $HOME/%s/bin/python%s bin/python;"
			"ln -s python bin/python3; ln -s python bin/python%s",
			names[i], names[i], m, names[i], w->old_keg, m, m);
	}
	sh(w,
		"c=$HOME/%s;"
		"printf \"home = $c/bin\\nimplementation = CPython\\nuv = 0.8.0\\nversion_info = "
		"%s.1\\n\" >"
		" %s/pyvenv.cfg;"
		"printf \"home = $c/bin\\r\\nBase-Prefix = $c\\r\\nbase-executable = "
		"$c/bin/python%s\\r\\n"
		"virtualenv = 20\\r\\nversion_info = %s.1.final.0\" > %s/pyvenv.cfg;"
		"printf \"home = $c/bin\\nversion = %s.1\\n\" > %s/pyvenv.cfg",
		w->old_keg, m, names[1], m, m, names[2], m, names[0]);
	world_glob(w, "~/.local/share/pipx/venvs/*");
	world_glob(w, "~/.local/share/uv/tools/*");
	world_glob(w, "~/.virtualenvs/*");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		round_trip(w, names[i], "link dangles", NULL);
	sh(w,
		"grep -c \"$(printf '\\r')\" %s/pyvenv.cfg | grep -qx 4; ! grep -q Cellar "
		"%s/pyvenv.cfg;"
		"grep -q '^uv = 0.8.0$' %s/pyvenv.cfg; grep -q '^Base-Prefix = .*/opt/python@' "
		"%s/pyvenv.cfg",
		names[2], names[2], names[1], names[2]);
	/* uv needs no pip in it */
	assert_null(strstr(world_look(w, names[1])->item.text, "no pip"));
}

static void below_roots(void **state)
{
	struct venv_world *w = *state;

	sh(w, "for d in a/b/.venv a/node_modules/x/venv kept.devupd-2026-01-02 deep/1/2/3/4/5/6/v; "
	      "do "
	      "mkdir -p p/$d/bin; echo 'home = /usr/bin' > p/$d/pyvenv.cfg; done; ln -s .. "
	      "p/a/loop");
	assert_true(strings_add(&w->recipe.roots, "~/p"));
	(void)world_look(w, "p/a/b/.venv");
	assert_int_equal(w->found.n_items, 1);

	SCOPED_CLEAR(strings_clear) struct strings kept = {0};
	struct err e = {0};

	assert_true(python_updater.leftovers(&w->owner, &kept, &e));
	assert_int_equal(kept.n_items, 1);
	assert_string_equal(kept.items[0], home_at(w, "p/kept.devupd-2026-01-02"));
}

static void doctor_tells_who_runs_what(void **state)
{
	struct venv_world *w = *state;

	make_dangling(w);
	w->owner.mode = OWNER_DOCTOR;

	struct finding *f = world_look(w, "v");

	assert_int_equal(f->mend.n_steps, 0);
	assert_string_equal(f->who, "venv ~/v");
	assert_string_equal(f->through, home_at(w, "%s/bin/python%s", w->old_keg, w->minor));
	assert_string_equal(f->runs, "");
	assert_non_null(strstr(f->item.text, ".99: devupd repair python-venvs"));
}

/* Why a sound one runs another python than a terminal, and how a terminal comes to run it. */
static void doctor_tells_why(void **state)
{
	struct venv_world *w = *state;
	struct finding *f;

	sh(w, "mkdir bin; ln -s %s bin/python3; %s -m venv --copies --without-pip v", w->python,
		w->python);
	world_glob(w, "~/v");
	w->owner.mode = OWNER_DOCTOR;
	text_copy_cut(w->person.search_path, sizeof(w->person.search_path), home_at(w, "bin"));
	f = world_look(w, "v");
	assert_string_equal(f->item.text, "");
	assert_int_equal(strncmp(f->version, w->minor, strlen(w->minor)), 0);
	sh(w, "rm bin/python3");
	f = world_look(w, "v");
	assert_int_equal(f->item.outcome, OUTCOME_CURRENT);
	assert_non_null(strstr(f->item.text, "its own choice"));
	assert_non_null(strstr(f->item.text, home_at(w, "v/bin/activate")));
}

/* Whoever changes it meanwhile is not overwritten. */
static void changed_since_the_look(void **state)
{
	struct venv_world *w = *state;
	struct err e = {0};

	make_dangling(w);
	(void)world_look(w, "v");
	sh(w, "echo '# new' >> v/pyvenv.cfg");

	const char *before = world_photo(w);

	assert_false(world_take(w, "v", &e));
	assert_int_equal(e.code, ERR_BUSY);
	assert_string_equal(world_photo(w), before);
}

/* --- parts -------------------------------------------------------------------------- */

static void first_lines(void **state)
{
	static const struct {
		const char *text, *interpreter; /* NULL: none */
	} cases[] = {
		{"#!/v/bin/python\n", "/v/bin/python"},
		{"#! /v/bin/python3.13 -I\r\n", "/v/bin/python3.13"},
		{"#!/v/bin/python\r\nx", "/v/bin/python"},
		{"#!/bin/sh\n'''exec' /a/bin/python \"$0\"\n", "/a/bin/python"},
		{"#!/bin/sh\n'''exec' \"/a b/bin/pypy3\" \"$0\"\n", "/a b/bin/pypy3"},
		{"#!/usr/bin/env python3\n", NULL},
		{"#!/bin/sh\necho\n", NULL},
		{"#!/v/bin/pyth", NULL}, /* cut off */
		{"#!", NULL},
		{"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char out[64];
		size_t offset = 0;
		bool has = script_interpreter(
			cases[i].text, strlen(cases[i].text), out, sizeof(out), &offset);

		assert_int_equal(has, cases[i].interpreter != NULL);
		if (!has)
			continue;
		assert_string_equal(out, cases[i].interpreter);
		assert_memory_equal(cases[i].text + offset, out, strlen(out));
	}
}

static void cfg_of(const char *text, struct venv_cfg *out)
{
	venv_cfg_read(strdup(text), strlen(text), out);
}

static void cfg_lines(void **state)
{
	SCOPED_CLEAR(buf_clear) struct buf tells = {0};
	struct venv_cfg c;
	char *text;
	size_t len;

	(void)state;
	buf_init(&tells, 1000);
	cfg_of("HOME=/x/bin\r\n\n# c\nVersion_Info = 3.12.1.final.0\nuv = 1\nprompt = it's", &c);
	assert_string_equal(c.home, "/x/bin");
	assert_string_equal(c.minor, "3.12");
	assert_string_equal(c.prompt, "it's");
	assert_true(c.is_uv);
	assert_true(venv_cfg_rewrite(&c, "/new/bin/python3.12", "3.12.4_1", &text, &len, &tells));
	assert_string_equal(text, "HOME=/new/bin\r\n\n# c\nVersion_Info = 3.12.4\nuv = 1\n"
				  "prompt = it's");
	free(text);
	free(c.text);
	/* what is there stays, byte by byte; a version that is no more exact as well */
	cfg_of("home = /usr/bin\nversion = 3.11.2\nrubbish\n= \n", &c);
	assert_true(venv_cfg_rewrite(&c, "/usr/bin/python3.11", "3.11", &text, &len, &tells));
	assert_null(text);
	free(c.text);
	cfg_of("", &c);
	assert_string_equal(c.home, "");
	assert_string_equal(c.minor, "");
	free(c.text);
}

#define WITH_WORLD(f) cmocka_unit_test_setup_teardown(f, venv_world_make, venv_world_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_lines),
		cmocka_unit_test(cfg_lines),
		WITH_WORLD(sound_after_a_patch),
		WITH_WORLD(link_dangles),
		WITH_WORLD(link_dangles_after_venv_upgrade),
		WITH_WORLD(link_taken_away),
		WITH_WORLD(no_python_at_all),
		WITH_WORLD(home_gone),
		WITH_WORLD(home_empty),
		WITH_WORLD(bin_gone),
		WITH_WORLD(mixed),
		WITH_WORLD(minor_moved),
		WITH_WORLD(mixed_links),
		WITH_WORLD(minor_gone),
		WITH_WORLD(stray_script),
		WITH_WORLD(stray_script_with_a_blank),
		WITH_WORLD(moved),
		WITH_WORLD(moved_to_a_blank),
		WITH_WORLD(copied_or_linked),
		WITH_WORLD(unreadable),
		WITH_WORLD(forbidden),
		WITH_WORLD(asked_for_in_vain),
		WITH_WORLD(half_upgraded),
		WITH_WORLD(half_replaced),
		WITH_WORLD(of_another),
		WITH_WORLD(of_another_s_homebrew),
		WITH_WORLD(of_all_makers),
		WITH_WORLD(below_roots),
		WITH_WORLD(doctor_tells_who_runs_what),
		WITH_WORLD(doctor_tells_why),
		WITH_WORLD(changed_since_the_look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
