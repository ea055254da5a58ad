/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/python/python.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/lib/fs.h"
#include "updaters/python/installed.h"
#include "updaters/python/packages.h"
#include "updaters/python/venv.h"
#include "updaters/python/venv_find.h"
#include "updaters/python/venv_state.h"

enum { MODULES_TRIED = 8, PROOF_MAX = 4096 };

/* --- look ---------------------------------------------------------------------------------- */

/* Another way to a folder that was looked at already? */
struct seen {
	struct {
		uint64_t device, inode;
	} items[RECORD_ITEMS_MAX];
	size_t n;
};

static bool seen_before(struct seen *s, const struct venv *v)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->items[i].inode == v->inode && s->items[i].device == v->device)
			return v->inode != 0;
	if (s->n < RECORD_ITEMS_MAX) {
		s->items[s->n].device = v->device;
		s->items[s->n++].inode = v->inode;
	}
	return false;
}

static bool look_one(const struct owner *o, const char *path, struct seen *seen,
	struct findings *out, struct err *e)
{
	SCOPED_CLEAR(venv_clear) struct venv v = {0};

	if (!venv_read(path, &v) || seen_before(seen, &v))
		return true;
	/* root looks after that one's, too: it is told there */
	if (o->by_root && v.uid != o->person->uid && v.uid != 0)
		return true;

	struct finding *f = findings_add(out, path);

	return (f || err_set(e, ERR_INTERNAL, "over %d virtual environments", RECORD_ITEMS_MAX)) &&
	       venv_judge(o, &v, f, e);
}

/* "x/y" is below no folder that anybody could mean for sure. */
static bool tell_relative(const struct owner *o, const char *key, const char *path,
	struct findings *out, struct err *e)
{
	struct finding *f;

	if (path[0] == '/' || path[0] == '~' || path[0] == '$')
		return true;
	f = findings_add(out, path);
	if (!f)
		return err_set(e, ERR_INTERNAL, "too many virtual environments");
	finding_set(f, "no path", OUTCOME_BROKEN,
		"%s: it is to begin with / or ~/: put it right in %s/devupd/devupd.yaml", key,
		o->person->config_home);
	return true;
}

static bool look_relative(const struct owner *o, struct findings *out, struct err *e)
{
	bool ok = true;

	for (size_t i = 0; ok && i < o->recipe->n_venvs; i++)
		ok = tell_relative(o, "venvs", o->recipe->venvs[i].path, out, e);
	for (size_t i = 0; ok && i < o->recipe->roots.n_items; i++)
		ok = tell_relative(o, "roots", o->recipe->roots.items[i], out, e);
	return ok;
}

static bool look_missing(const struct owner *o, struct findings *out, struct err *e)
{
	char path[PERSON_PATH_MAX], cfg[PERSON_PATH_MAX];
	struct stat st;

	for (size_t i = 0; i < o->recipe->n_venvs; i++) {
		const struct recipe_venv *declared = &o->recipe->venvs[i];

		if (!declared->is_declared || !venv_expand(o, declared->path, path, sizeof(path)) ||
			!fs_join(cfg, sizeof(cfg), path, "pyvenv.cfg") || lstat(cfg, &st) == 0)
			continue;

		struct finding *f = findings_add(out, path);

		if (!f)
			return err_set(e, ERR_INTERNAL, "too many virtual environments");
		if (!venv_judge_missing(o, declared, path, f, e))
			return false;
	}
	return true;
}

static bool look_venvs(
	const struct owner *o, struct findings *out, struct result *summary, struct err *e)
{
	SCOPED_CLEAR(strings_clear) struct strings paths = {0};
	SCOPED_CLEAR(strings_clear) struct strings kept = {0};
	SCOPED_CLEAR(strings_clear) struct strings remote = {0};
	SCOPED_FREE struct seen *seen = calloc(1, sizeof(*seen));

	if (!seen)
		return err_set(e, ERR_INTERNAL, "out of memory");
	if (!venvs_find(o, &paths, &kept, &remote, e))
		return false;
	for (size_t i = 0; i < paths.n_items; i++) {
		if (!look_one(o, paths.items[i], seen, out, e))
			return false;
		if (o->on_tick)
			o->on_tick(o->user);
	}
	if (remote.n_items > 0 && summary)
		(void)snprintf(summary->text, sizeof(summary->text),
			"not looked into: %.200s, which is not on this machine", remote.items[0]);
	return o->mode == OWNER_DOCTOR || (look_relative(o, out, e) && look_missing(o, out, e));
}

static bool python_look(
	const struct owner *o, struct findings *out, struct result *summary, struct err *e)
{
	if ((o->recipe->n_venvs > 0 || o->recipe->roots.n_items > 0) &&
		!look_venvs(o, out, summary, e))
		return false;
	return packages_look(o, out, e);
}

/* --- prove --------------------------------------------------------------------------------- */

/* Its own folder, its version, and which of these modules do not import. */
static bool proof_code(const struct strings *modules, struct buf *out)
{
	bool ok = buf_puts(out, "import importlib, platform, sys\nbad = []\nfor m in '");

	for (size_t i = 0; ok && i < modules->n_items; i++)
		ok = buf_printf(out, "%s%s", i > 0 ? " " : "", modules->items[i]);
	return ok && buf_puts(out, "'.split():\n"
				   "\ttry:\n"
				   "\t\timportlib.import_module(m)\n"
				   "\texcept BaseException:\n"
				   "\t\tbad.append(m)\n"
				   "print('\\n' + platform.python_version())\n"
				   "print(sys.prefix)\n"
				   "print(','.join(bad))\n");
}

/* The last three lines: modules may print what they like before. */
static bool proof_read(char *text, char **out_version, char **out_prefix, char **out_bad)
{
	char *lines[3] = {NULL}, *line, *cursor = text;

	while ((line = text_next(&cursor, '\n'))) {
		lines[0] = lines[1];
		lines[1] = lines[2];
		lines[2] = line;
	}
	/* interpreter_run trims the empty last line away */
	bool has_bad = lines[2] && lines[2][0] != '/';

	*out_bad = has_bad ? lines[2] : "";
	*out_prefix = lines[has_bad ? 1 : 2];
	*out_version = lines[has_bad ? 0 : 1];
	return *out_version && *out_prefix;
}

static bool same_folder(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static size_t count_bad(const char *bad)
{
	size_t n = bad[0] != '\0';

	for (; *bad; bad++)
		n += *bad == ',';
	return n;
}

static void say_proof(
	const char *version, const struct strings *modules, char *bad, char *out, size_t out_size)
{
	SCOPED_CLEAR(buf_clear) struct buf b = {0};
	size_t n_bad = count_bad(bad);

	buf_init(&b, out_size - 1);
	buf_printf(&b, "python runs: %s", version);
	if (modules->n_items > n_bad)
		buf_printf(&b, ", %zu of its packages import%s", modules->n_items - n_bad,
			modules->n_items - n_bad == 1 ? "s" : "");
	if (n_bad > 0)
		buf_printf(&b, "; not: %s", bad);
	text_copy_cut(out, out_size, buf_str(&b));
}

static bool venv_prove(
	const struct owner *o, const struct venv *v, char *out, size_t out_size, struct err *e)
{
	SCOPED_CLEAR(dists_clear) struct dists installed = {0};
	SCOPED_CLEAR(strings_clear) struct strings modules = {0};
	SCOPED_CLEAR(buf_clear) struct buf code = {0};
	char python[PERSON_PATH_MAX], said[PROOF_MAX];
	char *version, *prefix, *bad;

	buf_init(&code, PROOF_MAX);
	if (v->site[0] && !installed_read(v->site, &installed, e))
		return false;
	if (!installed_modules(v->site, &installed, MODULES_TRIED, &modules) ||
		!proof_code(&modules, &code) || !venv_bin(v, "python", python, sizeof(python)))
		return err_set(e, ERR_INTERNAL, "%s: out of memory", v->path);
	if (!interpreter_run(o->person, python, buf_str(&code), said, sizeof(said), e))
		return false;
	if (!proof_read(said, &version, &prefix, &bad))
		return err_set(e, ERR_PYTHON, "%s says neither its version nor its folder", python);
	if (modules.n_items > 0 && count_bad(bad) == modules.n_items)
		return err_set(e, ERR_PYTHON, "%s runs, but imports none of its packages: %.300s",
			python, bad);
	if (!same_folder(prefix, v->path))
		return err_set(e, ERR_PYTHON, "%s runs, but its folder is %.300s", python, prefix);
	say_proof(version, &modules, bad, out, out_size);
	return true;
}

/* Where the old one is, if it has changed places with a new one. */
static void say_kept(const struct owner *o, const struct finding *before, char *out, size_t size)
{
	const struct mend *m = &before->mend;
	const struct mend_step *last = m->n_steps > 0 ? &m->steps[m->n_steps - 1] : NULL;
	char kept[PERSON_PATH_MAX];
	size_t len = strlen(out);

	if (!last || last->type != MEND_EXCHANGE)
		return;
	person_shorten(o->person, last->to, kept, sizeof(kept));
	(void)snprintf(out + len, size - len, "; the old one is %s till: devupd clean", kept);
}

static bool python_prove(const struct owner *o, const struct finding *before,
	const struct finding *now, char *out_text, size_t text_size, struct err *e)
{
	SCOPED_CLEAR(venv_clear) struct venv v = {0};

	if (before->tag >= PACKAGES_IMPORT)
		return packages_prove(o, before, now, out_text, text_size, e);
	if (!venv_read(before->item.path, &v))
		return err_set(e, ERR_PYTHON, "%s is no virtual environment", before->item.path);
	if (!venv_prove(o, &v, out_text, text_size, e))
		return false;
	say_kept(o, before, out_text, text_size);
	return true;
}

/* --- leftovers ----------------------------------------------------------------------------- */

static bool python_leftovers(const struct owner *o, struct strings *out_paths, struct err *e)
{
	SCOPED_CLEAR(strings_clear) struct strings paths = {0};
	SCOPED_CLEAR(strings_clear) struct strings kept = {0};
	SCOPED_CLEAR(strings_clear) struct strings remote = {0};
	struct stat st;

	bool ok = true;

	if (!venvs_find(o, &paths, &kept, &remote, e))
		return false;
	for (size_t i = 0; ok && i < paths.n_items; i++)
		ok = venv_kept_beside(paths.items[i], &kept);
	if (!ok)
		return err_set(e, ERR_INTERNAL, "out of memory");
	for (size_t i = 0; i < kept.n_items; i++)
		if (lstat(kept.items[i], &st) == 0 && S_ISDIR(st.st_mode) &&
			st.st_uid == o->person->uid && !strings_add(out_paths, kept.items[i]))
			return err_set(e, ERR_INTERNAL, "out of memory");
	return true;
}

const struct owner_updater python_updater = {
	.kind = "python",
	.look = python_look,
	.prove = python_prove,
	.leftovers = python_leftovers,
};
