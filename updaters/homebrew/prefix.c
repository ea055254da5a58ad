/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/homebrew/prefix.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/homebrew/prefix_folder.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/list.h"

/* --- kegs --------------------------------------------------------------------------------------
 */

static int order_of_versions(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

static int order_of_formulae(const void *a, const void *b)
{
	return strcmp(((const struct formula *)a)->name, ((const struct formula *)b)->name);
}

static int order_of_links(const void *a, const void *b)
{
	return strcmp(((const struct prefix_link *)a)->at, ((const struct prefix_link *)b)->at);
}

/* The versions below Cellar/F; false: no memory. None at all is fine. */
static bool kegs_read(int cellar, const char *name, struct formula *out, bool *is_cut)
{
	SCOPED_CLEAR(folder_close) struct folder folder = {0};
	struct folder_entry entry;

	if (!folder_open_at(cellar, name, &folder))
		return true;
	while (folder_next(&folder, &entry)) {
		if (entry.type != FOLDER_FOLDER || strlen(entry.name) >= KEG_VERSION_MAX)
			continue;
		*is_cut = *is_cut || out->kegs.n_items >= PREFIX_KEGS_MAX;
		if (out->kegs.n_items < PREFIX_KEGS_MAX && !strings_add(&out->kegs, entry.name))
			return false;
	}
	if (out->kegs.n_items > 0)
		qsort(out->kegs.items, out->kegs.n_items, sizeof(char *), order_of_versions);
	return true;
}

static void formula_clear(struct formula *f)
{
	free(f->name);
	strings_clear(&f->kegs);
}

static bool formula_add(struct prefix *p, int cellar, const char *name)
{
	struct formula f = {.name = strdup(name)};
	bool ok = f.name && kegs_read(cellar, name, &f, &p->is_cut);
	struct formula *grown = NULL;

	if (ok && f.kegs.n_items > 0) {
		grown = list_grow(p->formulae, p->n_formulae, PREFIX_FORMULAE_MAX, sizeof(f));
		ok = grown != NULL;
	}
	if (!grown) {
		formula_clear(&f);
		return ok;
	}
	p->formulae = grown;
	p->formulae[p->n_formulae++] = f;
	return true;
}

static bool cellar_read(int root, struct prefix *p, struct err *e)
{
	SCOPED_CLEAR(folder_close) struct folder cellar = {0};
	struct folder_entry entry;

	p->lacks_cellar = !folder_open_at(root, "Cellar", &cellar);
	if (p->lacks_cellar && errno != ENOENT)
		return err_sys(e, ERR_BREW, "%s/Cellar can't be read", p->path);
	while (!p->lacks_cellar && folder_next(&cellar, &entry)) {
		/* a link is an old name of a formula */
		if (entry.type != FOLDER_FOLDER || strlen(entry.name) >= FORMULA_NAME_MAX)
			continue;
		p->is_cut = p->is_cut || p->n_formulae >= PREFIX_FORMULAE_MAX;
		if (p->n_formulae < PREFIX_FORMULAE_MAX && !formula_add(p, cellar.fd, entry.name))
			return err_set(e, ERR_INTERNAL, "no memory");
	}
	if (p->n_formulae > 0)
		qsort(p->formulae, p->n_formulae, sizeof(*p->formulae), order_of_formulae);
	return true;
}

/* --- links -------------------------------------------------------------------------------------
 */

/* Skip "../../Cellar/": as many steps up as the link lies deep. NULL: not brew's form. */
static const char *behind_cellar(const char *at, const char *to)
{
	for (const char *s = strchr(at, '/'); s; s = strchr(s + 1, '/')) {
		if (!text_starts(to, "../"))
			return NULL;
		to += strlen("../");
	}
	return text_starts(to, "Cellar/") ? to + strlen("Cellar/") : NULL;
}

/* What brew would have linked there: the records and opt lead to a keg, others to their namesake.
 */
static bool is_namesake(const char *at, const char *rest)
{
	if (text_starts(at, "opt/") || text_starts(at, "var/homebrew/"))
		return rest[0] == '\0';
	return rest[0] == '/' && text_equal(rest + 1, at);
}

/* The keg that a link's words name; NULL: none, else what stands behind it. */
static const char *keg_named(const char *at, const char *to, char formula[FORMULA_NAME_MAX],
	char version[KEG_VERSION_MAX])
{
	const char *name = behind_cellar(at, to);
	const char *slash = name ? strchr(name, '/') : NULL;
	size_t len = slash ? strcspn(slash + 1, "/") : 0;

	if (len == 0 || !text_copy_n(formula, FORMULA_NAME_MAX, name, (size_t)(slash - name)) ||
		!text_copy_n(version, KEG_VERSION_MAX, slash + 1, len))
		return NULL;
	return slash + 1 + len;
}

static void link_judge(struct prefix_link *l)
{
	char formula[FORMULA_NAME_MAX], version[KEG_VERSION_MAX];
	const char *rest = keg_named(l->at, l->to, formula, version);

	l->kind = strstr(l->to, "Cellar/") ? LINK_OWN : LINK_ELSEWHERE;
	if (!rest || !is_namesake(l->at, rest))
		return;
	l->kind = LINK_BREWS;
	memcpy(l->formula, formula, sizeof(formula));
	memcpy(l->version, version, sizeof(version));
}

static bool link_add(struct prefix *p, const char *at, const char *to, bool is_live)
{
	struct prefix_link *grown =
		list_grow(p->links, p->n_links, PREFIX_LINKS_MAX, sizeof(*p->links));

	if (!grown)
		return false;
	p->links = grown;

	struct prefix_link *l = &p->links[p->n_links];

	l->at = strdup(at);
	l->to = strdup(to);
	l->is_live = is_live;
	p->n_links++;
	p->n_broken += !is_live;
	if (!l->at || !l->to)
		return false;
	link_judge(l);
	return true;
}

struct place {
	const char *at;
	unsigned depth;      /* folders below it that are gone into */
	bool is_broken_only; /* links that lead somewhere are of no interest */
};
static const struct place places[] = {
	{"opt", 0, false},
	{"var/homebrew/linked", 0, false},
	{"var/homebrew/pinned", 0, false},
	{"bin", 0, false},
	{"sbin", 0, false},
	{"lib", PREFIX_DEPTH_MAX, true},
	{"include", PREFIX_DEPTH_MAX, true},
	{"share", PREFIX_DEPTH_MAX, true},
	{"etc", PREFIX_DEPTH_MAX, true},
};
enum { N_SHALLOW = 5 };

static bool place_read(struct prefix *p, int above, const char *name, struct place place);

/* The thousands of links deep below are sound while their keg is there: no look at each file. */
static bool keg_is_there(const struct prefix *p, const char *at, const char *to)
{
	char name[FORMULA_NAME_MAX], version[KEG_VERSION_MAX];
	const char *rest = keg_named(at, to, name, version);
	const struct formula *f = rest ? prefix_formula(p, name) : NULL;

	return f && formula_has_keg(f, version);
}

static bool entry_read(
	struct prefix *p, const struct folder *folder, const char *name, struct place place)
{
	char to[PATH_MAX];
	struct stat st;
	ssize_t n = readlinkat(folder->fd, name, to, sizeof(to) - 1);

	if (n < 0)
		return true;
	to[n] = '\0';

	if (place.is_broken_only && keg_is_there(p, place.at, to))
		return true;

	bool is_live = fstatat(folder->fd, name, &st, 0) == 0 ||
		       (errno != ENOENT && errno != ENOTDIR && errno != ELOOP);

	if (is_live && place.is_broken_only)
		return true;
	p->is_cut = p->is_cut || p->n_links >= PREFIX_LINKS_MAX;
	return p->is_cut || link_add(p, place.at, to, is_live);
}

/* name: of the folder below `above`; place.at: the same, below the prefix. */
static bool place_read(struct prefix *p, int above, const char *name, struct place place)
{
	SCOPED_CLEAR(folder_close) struct folder folder = {0};
	struct folder_entry entry;
	char at[PATH_MAX];

	if (!folder_open_at(above, name, &folder))
		return true;
	while (folder_next(&folder, &entry)) {
		struct place below = {at, place.depth - 1, place.is_broken_only};

		if (!fs_join(at, sizeof(at), place.at, entry.name))
			continue;
		if (entry.type == FOLDER_LINK && !entry_read(p, &folder, entry.name, below))
			return false;
		if (entry.type == FOLDER_FOLDER && place.depth > 0 &&
			!place_read(p, folder.fd, entry.name, below))
			return false;
	}
	return true;
}

static bool links_read(int root, enum prefix_depth depth, struct prefix *p, struct err *e)
{
	size_t n = depth == PREFIX_DEEP ? ARRAY_SIZE(places) : N_SHALLOW;

	for (size_t i = 0; i < n; i++)
		if (!place_read(p, root, places[i].at, places[i]))
			return err_set(e, ERR_INTERNAL, "no memory");
	if (p->n_links > 0)
		qsort(p->links, p->n_links, sizeof(*p->links), order_of_links);
	return true;
}

/* --- the prefix --------------------------------------------------------------------------------
 */

/* Whose it is, and may we write to it? Another user's says nothing about us. */
static void rights_read(int root, struct prefix *p)
{
	struct stat st;

	if (fstat(root, &st) == 0)
		p->uid = st.st_uid;
	/* where its brew is another's, so is what running it means: Cellar may be a link to
	 * anywhere */
	if (fstatat(root, "bin/brew", &st, 0) == 0 && st.st_uid != getuid() && st.st_uid != 0)
		p->uid = st.st_uid;
	/* EACCES can't be cured by its owner either where the folder is not theirs */
	p->is_read_only = faccessat(root, "bin", W_OK, AT_EACCESS) != 0 && errno != ENOENT;
}

/* Its folder, -1: there is no Homebrew. */
static int prefix_open(const char *path, char **out_real)
{
	SCOPED_FREE char *real = realpath(path, NULL);
	SCOPED_CLOSE int root = real ? open(real, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	struct stat st;

	if (root < 0 || (fstatat(root, "Cellar", &st, AT_SYMLINK_NOFOLLOW) != 0 &&
				fstatat(root, "bin/brew", &st, AT_SYMLINK_NOFOLLOW) != 0))
		return -1;
	*out_real = MOVE_PTR(real);
	return MOVE_FD(root);
}

bool prefix_is_of(const char *path, uint32_t uid)
{
	SCOPED_FREE char *real = NULL;
	SCOPED_CLOSE int root = prefix_open(path, &real);
	struct prefix p = {0};

	if (root < 0)
		return false;
	rights_read(root, &p);
	return p.uid == uid;
}

bool prefix_read(const char *path, enum prefix_depth depth, struct prefix *out, struct err *e)
{
	struct prefix p = {0};
	SCOPED_FREE char *real = NULL;
	SCOPED_CLOSE int root = prefix_open(path, &real);

	if (root < 0)
		return false;
	if (!text_copy(p.path, sizeof(p.path), real))
		return err_set(e, ERR_BREW, "%s: too long a path", path);
	rights_read(root, &p);
	if (!cellar_read(root, &p, e) || !links_read(root, depth, &p, e)) {
		prefix_clear(&p);
		return false;
	}
	*out = p;
	return true;
}

void prefix_clear(struct prefix *p)
{
	for (size_t i = 0; i < p->n_formulae; i++)
		formula_clear(&p->formulae[i]);
	for (size_t i = 0; i < p->n_links; i++) {
		free(p->links[i].at);
		free(p->links[i].to);
	}
	free(p->formulae);
	free(p->links);
	*p = (struct prefix){0};
}
