/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * judge FOLDER N_PACKAGES N_MUTATIONS SEED: dpkg-deb as the judge over debfile_check.
 *
 * Each of the packages is accepted and reads the same as dpkg-deb reads it: fields, and the names
 * of the files. Of the mutations none is accepted that dpkg-deb refuses or reads otherwise. That
 * we refuse more than dpkg-deb does is no fault, and counted.
 */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mutate.h"
#include "updaters/lib/child.h"
#include "updaters/lib/debfile.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/tarball.h"

enum { PACKAGE_MAX = 64 << 20, LIST_MAX = 16 << 20, TIMEOUT_MS = 120000 };

struct counts {
	size_t n, n_theirs, n_ours, n_both, n_stricter, n_by_parent, n_bad;
};

/* What one reader says of a package. */
struct reading {
	bool is_taken;
	struct err why;
	char fields[3][DPKG_VERSION_MAX]; /* Package, Version, Architecture */
	struct buf files;                 /* names, one a line */
};

static void reading_clear(struct reading *r)
{
	buf_clear(&r->files);
}

static void die(const char *what)
{
	fprintf(stderr, "judge: %s\n", what);
	exit(1);
}

/* --- ours -------------------------------------------------------------------- */

static bool on_entry(void *user, const struct tarball_entry *entry, struct err *e)
{
	struct reading *r = user;

	(void)e;
	buf_printf(&r->files, "%s\n", entry->name);
	return true;
}

static void read_ours(int fd, struct reading *r)
{
	const struct debfile_look look = {.on_entry = on_entry, .user = r};
	struct dpkg_control control = {0};

	buf_init(&r->files, LIST_MAX);
	r->is_taken = debfile_check(fd, &look, &control, &r->why);
	text_copy_cut(r->fields[0], sizeof(r->fields[0]), control.package);
	text_copy_cut(r->fields[1], sizeof(r->fields[1]), control.version);
	text_copy_cut(r->fields[2], sizeof(r->fields[2]), control.architecture);
}

/* --- theirs ------------------------------------------------------------------ */

/* Without a shell's help; false: another exit code than 0, what was said is in out_errors. */
static bool run(const char *const *argv, char **out_text, struct err *why)
{
	struct child_spec spec = {.argv = argv};
	SCOPED_FREE char *text = NULL, *errors = NULL;
	int status = 0;

	if (!child_run(&spec, TIMEOUT_MS, LIST_MAX, &text, &errors, &status, why))
		return false;
	if (status != 0)
		return err_set(why, ERR_DPKG, "%s", errors);
	if (out_text != NULL)
		*out_text = MOVE_PTR(text);
	return true;
}

static bool read_field(const char *path, const char *field, char *out, size_t size, struct err *why)
{
	const char *const argv[] = {"/usr/bin/dpkg-deb", "-f", path, field, NULL};
	SCOPED_FREE char *text = NULL;

	if (!run(argv, &text, why))
		return false;
	text[strcspn(text, "\n")] = '\0';
	text_copy_cut(out, size, text);
	return true;
}

/* "./a//b/" is "a/b". */
static void take_name(char *line, struct buf *out)
{
	bool is_first = true;

	for (char *folder = text_next(&line, '/'); folder != NULL; folder = text_next(&line, '/')) {
		if (folder[0] == '\0' || text_equal(folder, "."))
			continue;
		buf_printf(out, "%s%s", is_first ? "" : "/", folder);
		is_first = false;
	}
	buf_put(out, "\n", 1);
}

static void take_names(char *text, struct buf *out)
{
	for (char *line = text_next(&text, '\n'); line != NULL && text != NULL;
		line = text_next(&text, '\n'))
		take_name(line, out);
}

static bool read_files(const char *path, struct reading *r)
{
	static const char script[] =
		"set -o pipefail; dpkg-deb --fsys-tarfile \"$1\" | tar -t --quoting-style=literal "
		"--show-transformed-names -f -";
	const char *const argv[] = {"/bin/bash", "-c", script, "judge", path, NULL};
	SCOPED_FREE char *text = NULL;

	if (!run(argv, &text, &r->why))
		return false;
	take_names(text, &r->files);
	return true;
}

static void read_theirs(const char *path, struct reading *r)
{
	static const char *const fields[] = {"Package", "Version", "Architecture"};
	const char *const info[] = {"/usr/bin/dpkg-deb", "-I", path, NULL};
	const char *const contents[] = {"/usr/bin/dpkg-deb", "-c", path, NULL};

	buf_init(&r->files, LIST_MAX);
	r->is_taken = run(info, NULL, &r->why) && run(contents, NULL, &r->why);
	for (size_t i = 0; i < ARRAY_SIZE(fields) && r->is_taken; i++)
		r->is_taken =
			read_field(path, fields[i], r->fields[i], sizeof(r->fields[i]), &r->why);
	r->is_taken = r->is_taken && read_files(path, r);
}

/* --- the verdict ------------------------------------------------------------- */

/* NULL: they read the same. */
static const char *difference(const struct reading *ours, const struct reading *theirs)
{
	static const char *const what[] = {"Package", "Version", "Architecture"};

	for (size_t i = 0; i < ARRAY_SIZE(what); i++)
		if (!text_equal(ours->fields[i], theirs->fields[i]))
			return what[i];
	return text_equal(buf_str(&ours->files), buf_str(&theirs->files)) ? NULL : "files";
}

static void keep(const char *what, const struct buf *package)
{
	char path[128];
	struct err e = {0};

	snprintf(path, sizeof(path), "/tmp/devupd-judge-%d-%zu.deb", (int)getpid(), package->len);
	if (fs_replace(path, package->data, package->len, 0644, &e))
		printf("  %s: %s\n", what, path);
}

/* Fields that we do not read are dpkg's to judge: before anything is installed the parent asks it.
 */
static bool parent_refuses(int fd, const char *path)
{
	const struct dpkg_reader as = {0};
	struct dpkg_control control;
	struct err e = {0};

	return lseek(fd, 0, SEEK_SET) == 0 && !dpkg_deb_read(fd, path, &as, &control, &e);
}

/* Both read it; without a mutation it must be taken. */
static void judge(
	const char *name, const char *what, const struct buf *package, struct counts *counts)
{
	SCOPED_CLEAR(reading_clear) struct reading ours = {0}, theirs = {0};
	SCOPED_CLOSE int fd = memfd_create("deb", 0);
	const char *differs = NULL;
	char path[64];
	struct err e = {0};

	if (fd < 0 || !fs_write_all(fd, package->data, package->len, "memory", &e))
		die("no memory for a package");
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)getpid(), fd);
	read_ours(fd, &ours);
	read_theirs(path, &theirs);
	if (ours.is_taken && theirs.is_taken)
		differs = difference(&ours, &theirs);
	else if (ours.is_taken && parent_refuses(fd, path)) {
		ours.is_taken = false;
		counts->n_by_parent++;
	}
	counts->n++;
	counts->n_theirs += !theirs.is_taken;
	counts->n_ours += !ours.is_taken;
	counts->n_both += ours.is_taken && theirs.is_taken;
	counts->n_stricter += !ours.is_taken && theirs.is_taken;
	if ((ours.is_taken && (!theirs.is_taken || differs != NULL)) ||
		(what == NULL && !ours.is_taken)) {
		counts->n_bad++;
		printf("WRONG %s, %s: %s\n", name, what != NULL ? what : "as it is",
			differs != NULL ? differs
			: ours.is_taken ? theirs.why.text
					: ours.why.text);
		keep("kept", package);
	} else if (getenv("JUDGE_VERBOSE") != NULL && ours.is_taken != theirs.is_taken) {
		printf("stricter: %s, %s: %s\n", name, what, ours.why.text);
	}
}

static void load(const char *folder, const char *name, struct buf *out)
{
	SCOPED_FREE char *bytes = NULL;
	char path[512];
	size_t len = 0;
	struct err e = {0};

	if (!fs_join(path, sizeof(path), folder, name) ||
		!fs_read(path, PACKAGE_MAX, &bytes, &len, &e))
		die(e.text);
	buf_init(out, 2 * (size_t)PACKAGE_MAX);
	buf_put(out, bytes, len);
}

static int is_package(const struct dirent *entry)
{
	return text_ends(entry->d_name, ".deb");
}

static size_t number_of(const char *text)
{
	uint64_t n = 0;

	if (!text_to_u64(text, &n))
		die("usage: judge FOLDER N_PACKAGES N_MUTATIONS SEED");
	return (size_t)n;
}

/* Mutations go round the packages, so that each gets as many. */
static void judge_mutations(const char *folder, struct dirent **names, size_t n_names, size_t n,
	uint64_t seed, struct counts *counts)
{
	for (size_t i = 0; i < n; i++) {
		SCOPED_CLEAR(buf_clear) struct buf package = {0}, changed = {0};
		const char *name = names[i % n_names]->d_name, *what;
		uint64_t own = seed + i * 7919;

		load(folder, name, &package);
		buf_init(&changed, 2 * (size_t)PACKAGE_MAX);
		what = mutate_package(&package, &own, &changed);
		judge(name, what, &changed, counts);
	}
}

static bool tell(const char *what, const struct counts *c)
{
	printf("%s: %zu; dpkg-deb refuses %zu; we refuse %zu (%zu of them dpkg-deb takes; %zu of "
	       "them "
	       "only as it is asked for the fields); both take %zu; wrong %zu\n",
		what, c->n, c->n_theirs, c->n_ours, c->n_stricter, c->n_by_parent, c->n_both,
		c->n_bad);
	return c->n_bad == 0;
}

int main(int argc, char **argv)
{
	struct counts real = {0}, mutated = {0};
	struct dirent **names = NULL;

	if (argc != 5)
		die("usage: judge FOLDER N_PACKAGES N_MUTATIONS SEED");

	size_t n_wanted = number_of(argv[2]), n_mutations = number_of(argv[3]);
	int n_found = scandir(argv[1], &names, is_package, alphasort);
	size_t n = n_found > 0 ? (size_t)n_found : 0;

	if (n == 0 || n < n_wanted)
		die("too few packages in the folder");
	/* the first, the last and what lies evenly between */
	for (size_t i = 0; i < n_wanted; i++) {
		SCOPED_CLEAR(buf_clear) struct buf package = {0};

		load(argv[1], names[i * n / n_wanted]->d_name, &package);
		judge(names[i * n / n_wanted]->d_name, NULL, &package, &real);
	}
	judge_mutations(argv[1], names, n, n_mutations, number_of(argv[4]), &mutated);

	bool is_fine = tell("packages", &real);

	is_fine = tell("mutations", &mutated) && is_fine;
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
	return is_fine && real.n > 0 ? 0 : 1;
}
