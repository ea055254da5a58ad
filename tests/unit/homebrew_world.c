/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "homebrew_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "updaters/homebrew/homebrew.h"
#include "updaters/lib/child.h"
#include "updaters/lib/fs.h"

static char *shell(struct homebrew_world *w, const char *words)
{
	char prefix[PERSON_PATH_MAX + 8], home[PERSON_PATH_MAX + 8];
	const char *const argv[] = {"/bin/bash", "-c", words, NULL};
	const char *const envp[] = {prefix, home, "S=" DEVUPD_SUPPORT,
		"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL};
	struct child_spec spec = {.argv = argv, .envp = envp, .merges_output = true};
	char *text = NULL;
	int status = -1;
	struct err e = {0};

	snprintf(prefix, sizeof(prefix), "P=%s", w->prefix);
	snprintf(home, sizeof(home), "HOME=%s", w->mends->person.home);
	if (!child_run(&spec, 60000, 1 << 20, &text, NULL, &status, &e) || status != 0)
		fail_msg("%s: exit %d: %s %s", words, status, e.text, text ? text : "");
	return text;
}

void world_shell(struct homebrew_world *w, const char *words)
{
	free(shell(w, words));
}

int homebrew_world_make(void **state)
{
	struct homebrew_world *w = calloc(1, sizeof(*w));
	struct mend_world *mends = NULL;

	if (w == NULL || world_make((void **)&mends) != 0)
		return -1;
	w->mends = mends;
	result_init(&w->summary);
	if (!fs_join(w->prefix, sizeof(w->prefix), mends->person.home, "brew") ||
		!text_copy(mends->person.search_path, sizeof(mends->person.search_path),
			"/usr/bin:/bin") ||
		!words_set(&w->recipe.words, "home", mends->person.home))
		return -1;
	w->recipe.name = strdup("homebrew-python");
	w->recipe.formula = strdup("python");
	w->recipe.prefix = strdup("${home}/brew");
	w->owner = (struct owner){
		.recipe = &w->recipe, .person = &mends->person, .mode = OWNER_REPAIR};
	*state = w;
	return 0;
}

int homebrew_world_remove(void **state)
{
	struct homebrew_world *w = *state;
	struct mend_world *mends = w->mends;

	findings_clear(&w->found);
	result_clear(&w->summary);
	words_clear(&w->recipe.words);
	free(w->recipe.name);
	free(w->recipe.formula);
	free(w->recipe.prefix);
	free(w);
	return world_remove((void **)&mends);
}

void world_build(struct homebrew_world *w, const char *state)
{
	char words[128];

	snprintf(words, sizeof(words), "$S/brew-prefix $P %s", state);
	world_shell(w, words);
}

void world_clear(struct homebrew_world *w)
{
	findings_clear(&w->found);
	result_clear(&w->summary);
	result_init(&w->summary);
	world_shell(w, "rm -rf $P $P.* $HOME/.local/state $HOME/.cache");
}

void world_look(struct homebrew_world *w, struct findings *out)
{
	struct err e = {0};

	result_clear(&w->summary);
	result_init(&w->summary);
	if (!homebrew_updater.look(&w->owner, out, &w->summary, &e))
		fail_msg("%s", e.text);
}

static const char *below(const struct homebrew_world *w, const char *path)
{
	size_t len = strlen(w->prefix);

	if (strncmp(path, w->prefix, len) != 0)
		return path;
	return path[len] == '/' ? path + len + 1 : path + len;
}

static bool is_about_kegs(const char *verb)
{
	return text_equal(verb, "update") || text_equal(verb, "upgrade") ||
	       text_equal(verb, "install");
}

static void say_step(const struct homebrew_world *w, const struct mend_step *s, struct buf *out)
{
	switch (s->type) {
	case MEND_LINK: buf_printf(out, "ln %s %s", below(w, s->path), s->to); break;
	case MEND_DROP_LINK: buf_printf(out, "rm %s", below(w, s->path)); break;
	case MEND_MOVE:
		buf_printf(out, "mv %s", below(w, s->path));
		assert_true(text_starts(s->to, s->path));
		break;
	case MEND_RUN:
		/* links to kegs that an upgrade replaced are nothing to go back to */
		if (is_about_kegs(s->argv.items[1]))
			assert_null(s->watched);
		else
			assert_string_equal(s->watched, w->prefix);
		assert_string_equal(below(w, s->argv.items[0]), "bin/brew");
		buf_puts(out, "brew");
		for (size_t i = 1; i < s->argv.n_items; i++)
			buf_printf(out, " %s", s->argv.items[i]);
		break;
	default: fail_msg("a step of type %d", (int)s->type);
	}
}

char *world_found(const struct homebrew_world *w)
{
	struct buf out;

	buf_init(&out, 1 << 16);
	for (size_t i = 0; i < w->found.n_items; i++) {
		const struct finding *f = &w->found.items[i];
		const char *path = below(w, f->item.path);

		buf_printf(&out, "%s%s%s|%s:", path, path[0] != '\0' ? " " : "", f->item.state,
			outcome_token(f->item.outcome));
		for (size_t s = 0; s < f->mend.n_steps; s++) {
			buf_puts(&out, s > 0 ? ", " : " ");
			say_step(w, &f->mend.steps[s], &out);
		}
		buf_puts(&out, "\n");
	}
	return buf_move(&out);
}

void world_mend(struct homebrew_world *w)
{
	struct err e = {0};

	for (size_t i = 0; i < w->found.n_items; i++) {
		struct finding *f = &w->found.items[i];

		if (f->mend.n_steps == 0)
			continue;
		if (!world_take(w->mends, &f->mend, 20000, &e))
			fail_msg("%s: %s", f->item.path, e.text);
		f->is_mended = true;
	}
}

void world_take_back(struct homebrew_world *w)
{
	world_undo(w->mends, false);
	if (w->mends->n_refused > 0)
		fail_msg("not taken back: %s", w->mends->told);
}

char *world_links(struct homebrew_world *w)
{
	return shell(w, "cd $P && find . ! -type d ! -path '*/locks/*' -printf '%P %y %l %s\\n' "
			"| sort");
}

size_t world_brews(struct homebrew_world *w)
{
	SCOPED_FREE char *text = shell(w, "cat $P.upstream/log 2>/dev/null | wc -l");

	return strtoul(text, NULL, 10);
}
