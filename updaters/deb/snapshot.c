/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/snapshot.h"

#include <stdio.h>
#include <string.h>

#include "updaters/lib/dpkg.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/text.h"

void snapshot_clear(struct snapshot *s)
{
	free(s->packages);
	free(s->text);
	*s = (struct snapshot){0};
}

static int package_compare(const void *a, const void *b)
{
	const struct snapshot_package *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : strcmp(x->arch, y->arch);
}

/* One paragraph, cut into lines. Out: name NULL where nothing of it is unpacked. */
static void paragraph_read(char *text, struct snapshot_package *out)
{
	const char *status = "";

	*out = (struct snapshot_package){.arch = "", .version = ""};
	for (char *line; (line = text_next(&text, '\n')) != NULL;) {
		if (text_starts(line, "Package: "))
			out->name = line + strlen("Package: ");
		else if (text_starts(line, "Architecture: "))
			out->arch = line + strlen("Architecture: ");
		else if (text_starts(line, "Version: "))
			out->version = line + strlen("Version: ");
		else if (text_starts(line, "Status: "))
			status = line;
	}
	if (text_ends(status, " not-installed") || text_ends(status, " config-files"))
		out->name = NULL;
}

static size_t count_paragraphs(const char *text)
{
	size_t n = 1;

	for (const char *at = text; (at = strstr(at, "\n\n")) != NULL; at += 2)
		n++;
	return n;
}

bool snapshot_take(const char *status_path, struct snapshot *out, struct err *e)
{
	SCOPED_CLEAR(snapshot_clear) struct snapshot s = {0};

	if (!fs_read(status_path, DPKG_STATUS_MAX_BYTES, &s.text, NULL, e)) {
		if (e != NULL)
			e->code = ERR_DPKG;
		return false;
	}
	s.packages = calloc(count_paragraphs(s.text), sizeof(*s.packages));
	if (s.packages == NULL)
		return err_set(e, ERR_INTERNAL, "no memory for dpkg's status");
	for (char *at = s.text; at != NULL;) {
		char *end = strstr(at, "\n\n");

		if (end != NULL)
			*end = '\0';
		paragraph_read(at, &s.packages[s.n_packages]);
		if (s.packages[s.n_packages].name != NULL)
			s.n_packages++;
		at = end != NULL ? end + 2 : NULL;
	}
	qsort(s.packages, s.n_packages, sizeof(*s.packages), package_compare);
	*out = s;
	s = (struct snapshot){0};
	return true;
}

/* Either may be NULL: newly there, or gone. */
static void add_change(const struct snapshot_package *before, const struct snapshot_package *after,
	const char *arch, struct result *result)
{
	const struct snapshot_package *some = after != NULL ? after : before;
	bool is_foreign = !text_equal(some->arch, arch) && !text_equal(some->arch, "all");
	struct also *also = result_add_also(result);

	if (also == NULL)
		return;
	snprintf(also->package, sizeof(also->package), "%s%s%s", some->name, is_foreign ? ":" : "",
		is_foreign ? some->arch : "");
	text_copy_cut(also->from, sizeof(also->from), before != NULL ? before->version : "");
	text_copy_cut(also->to, sizeof(also->to), after != NULL ? after->version : "");
}

void snapshot_compare(const struct snapshot *before, const struct snapshot *after, const char *arch,
	bool (*is_named)(const void *user, const char *name), const void *user,
	struct result *result)
{
	size_t i = 0, k = 0;

	while (i < before->n_packages || k < after->n_packages) {
		const struct snapshot_package *b = &before->packages[i], *a = &after->packages[k];
		int order = i == before->n_packages  ? 1
			    : k == after->n_packages ? -1
						     : package_compare(b, a);

		i += order <= 0;
		k += order >= 0;
		if (order == 0 && text_equal(b->version, a->version))
			continue;
		if (!is_named(user, order <= 0 ? b->name : a->name))
			add_change(order <= 0 ? b : NULL, order >= 0 ? a : NULL, arch, result);
	}
}

/* The next of this name, from *at on. */
static const struct snapshot_package *next_of(
	const struct snapshot *s, size_t *at, const char *package)
{
	while (*at < s->n_packages) {
		const struct snapshot_package *p = &s->packages[(*at)++];

		if (text_equal(p->name, package))
			return p;
	}
	return NULL;
}

bool snapshot_is_changed(
	const struct snapshot *before, const struct snapshot *after, const char *package)
{
	size_t i = 0, k = 0;
	const struct snapshot_package *b, *a;

	do {
		b = next_of(before, &i, package);
		a = next_of(after, &k, package);
		if ((b == NULL) != (a == NULL) ||
			(b != NULL && (!text_equal(b->arch, a->arch) ||
					      !text_equal(b->version, a->version))))
			return true;
	} while (b != NULL);
	return false;
}
