/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/people.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/caller.h"
#include "updaters/lib/list.h"

enum { PEOPLE_MAX = 1000, UID_FIRST = 1000, UID_LAST = 59999 };

void people_clear(struct people *p)
{
	free(p->items);
	*p = (struct people){0};
}

/* --- one person -------------------------------------------------------------- */

static bool person_of_entry(const struct passwd *entry, struct person *out)
{
	*out = (struct person){.uid = entry->pw_uid, .gid = entry->pw_gid};
	if (entry->pw_uid == 0 || entry->pw_dir[0] != '/' ||
		!text_copy(out->name, sizeof(out->name), entry->pw_name) ||
		!text_copy(out->home, sizeof(out->home), entry->pw_dir))
		return false;
	for (size_t len = strlen(out->home); len > 1 && out->home[len - 1] == '/'; len--)
		out->home[len - 1] = '\0';
	text_copy_cut(out->shell, sizeof(out->shell),
		entry->pw_shell[0] == '/' ? entry->pw_shell : "/bin/sh");
	return person_path(out, ".config", out->config_home, sizeof(out->config_home));
}

/* The home is theirs: not shared with others, not somebody else's. */
static bool has_own_home(const struct person *p)
{
	struct stat st;

	return lstat(p->home, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == p->uid;
}

static bool has_login_shell(const struct person *p)
{
	static const char *const closed[] = {"nologin", "false", "sync", "halt", "shutdown"};
	const char *name = strrchr(p->shell, '/');

	for (size_t i = 0; name != NULL && i < ARRAY_SIZE(closed); i++) {
		if (text_equal(name + 1, closed[i]))
			return false;
	}
	return name != NULL && access(p->shell, X_OK) == 0;
}

static bool people_add(struct people *p, const struct person *person)
{
	for (size_t i = 0; i < p->n_items; i++) {
		if (p->items[i].uid == person->uid)
			return true;
	}

	struct person *grown = list_grow(p->items, p->n_items, PEOPLE_MAX, sizeof(*p->items));

	if (grown == NULL)
		return false;
	p->items = grown;
	p->items[p->n_items++] = *person;
	return true;
}

bool people_add_uid(struct people *p, uint32_t uid)
{
	const struct passwd *entry = getpwuid(uid);
	struct person person;

	return entry != NULL && person_of_entry(entry, &person) && people_add(p, &person);
}

/* --- root: several ----------------------------------------------------------- */

static bool people_named(const struct strings *names, struct people *out, struct err *e)
{
	for (size_t i = 0; i < names->n_items; i++) {
		const struct passwd *entry = getpwnam(names->items[i]);
		struct person person;

		if (entry == NULL)
			return err_set(e, ERR_CONFIG, "users: nobody is called '%s' here",
				names->items[i]);
		if (!person_of_entry(entry, &person))
			return err_set(e, ERR_CONFIG,
				"users: %s can't be looked after: root, or no home",
				entry->pw_name);
		if (!has_own_home(&person))
			return err_set(e, ERR_CONFIG,
				"users: the home of %s, %s, is missing or belongs to another",
				entry->pw_name, person.home);
		if (!people_add(out, &person))
			return err_set(e, ERR_INTERNAL, "users: over %d", PEOPLE_MAX);
	}
	return true;
}

static void people_everybody(struct people *out)
{
	const struct passwd *entry;
	struct person person;

	setpwent();
	while ((entry = getpwent()) != NULL) {
		if (entry->pw_uid >= UID_FIRST && entry->pw_uid <= UID_LAST &&
			person_of_entry(entry, &person) && has_login_shell(&person) &&
			has_own_home(&person) && !people_add(out, &person))
			break;
	}
	endpwent();
}

/* Who called by sudo or pkexec has a home that counts, whatever the list says. */
static void people_caller(struct people *out)
{
	char name[CALLER_NAME_SIZE];
	const struct passwd *entry = caller_find(name, sizeof(name)) ? getpwnam(name) : NULL;
	struct person person;

	if (entry != NULL && person_of_entry(entry, &person) && has_own_home(&person))
		(void)!people_add(out, &person);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct person *)a)->name, ((const struct person *)b)->name);
}

/* --- the caller -------------------------------------------------------------- */

static void take_variable(const char *variable, char *out, size_t out_size)
{
	const char *value = getenv(variable);

	if (value != NULL && value[0] == '/')
		text_copy_cut(out, out_size, value);
}

/* The environment is the person's own word, HOME among it. */
static void take_proxy(const struct config *c, struct person *p)
{
	text_copy_cut(p->proxy, sizeof(p->proxy), c->effective_proxy);
	text_copy_cut(p->no_proxy, sizeof(p->no_proxy), c->no_proxy);
}

/* Root's login is not for the programs of others. */
static void take_roots_proxy(const struct config *c, struct person *p)
{
	proxy_strip(c->effective_proxy, p->proxy);
	text_copy_cut(p->no_proxy, sizeof(p->no_proxy), c->no_proxy);
}

static bool people_self(const struct config *c, struct people *out, struct err *e)
{
	const struct passwd *entry = getpwuid(getuid());
	struct person p = {0};

	if (entry == NULL || !person_of_entry(entry, &p))
		return err_set(e, ERR_OWNER, "user %u has no entry in the password database",
			(unsigned)getuid());
	take_variable("HOME", p.home, sizeof(p.home));
	if (!person_path(&p, ".config", p.config_home, sizeof(p.config_home)))
		return err_set(e, ERR_OWNER, "the path in HOME is too long");
	take_variable("XDG_CONFIG_HOME", p.config_home, sizeof(p.config_home));
	take_variable("HOMEBREW_PREFIX", p.brew_prefix, sizeof(p.brew_prefix));
	take_proxy(c, &p);
	return people_add(out, &p) || err_set(e, ERR_INTERNAL, "out of memory");
}

bool people_find(const struct config *c, bool as_root, struct people *out, struct err *e)
{
	SCOPED_CLEAR(people_clear) struct people p = {0};

	if (!as_root && !people_self(c, &p, e))
		return false;
	if (as_root && c->users.n_items > 0 && !people_named(&c->users, &p, e))
		return false;
	if (as_root && c->users.n_items == 0)
		people_everybody(&p);
	if (as_root)
		people_caller(&p);
	for (size_t i = 0; as_root && i < p.n_items; i++)
		take_roots_proxy(c, &p.items[i]);
	if (p.n_items > 1)
		qsort(p.items, p.n_items, sizeof(*p.items), by_name);
	*out = p;
	p = (struct people){0};
	return true;
}
