/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Doctor: who may what, and what is a person's to do. */
#include "updaters/doctor_parts.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>

#include "updaters/lib/person.h"
#include "updaters/license.h"

enum { GROUPS_MAX = 1024 };

/* Is the caller in it, as this login session has it? */
static bool is_in_group(const char *name)
{
	gid_t groups[GROUPS_MAX];
	const struct group *group = getgrnam(name);
	int n = getgroups(GROUPS_MAX, groups);

	if (group == NULL)
		return false;
	for (int i = 0; i < n; i++) {
		if (groups[i] == group->gr_gid)
			return true;
	}
	return getegid() == group->gr_gid;
}

/* sudo itself is not asked: a refusal would be on its record, and mailed to root. */
void doctor_root(struct doctor *d)
{
	static const char *const groups[] = {"sudo", "admin", "wheel"};
	char name[64];

	if (d->is_root) {
		doctor_say(d, DOCTOR_NOT_APPLICABLE, "this is root");
		return;
	}
	if (access("/usr/bin/sudo", X_OK) != 0) {
		doctor_say(d, DOCTOR_WARNING, "/usr/bin/sudo is %s: packages are for root itself",
			errno == ENOENT ? "missing" : "not yours to run");
		doctor_mend(d, "su -c 'apt-get install sudo'");
		return;
	}
	person_name_of(getuid(), name, sizeof(name));
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		if (is_in_group(groups[i])) {
			doctor_say(d, DOCTOR_OK, "sudo, %s is in group %s", name, groups[i]);
			return;
		}
	}
	doctor_say(d, DOCTOR_OK,
		"sudo; %s is not in group sudo, whether a rule of its own allows "
		"it is told by: sudo -l",
		name);
}

void doctor_reader(struct doctor *d)
{
	char name[64];

	if (d->is_root) {
		doctor_say(d, DOCTOR_NOT_APPLICABLE, "this is root");
		return;
	}
	person_name_of(getuid(), name, sizeof(name));
	if (is_in_group("adm")) {
		doctor_say(d, DOCTOR_OK, "%s is in group adm", name);
		return;
	}
	doctor_say(d, DOCTOR_WARNING,
		"%s is not in group adm: history shows what %s has done, not what root has", name,
		name);
	doctor_mend(d, "sudo adduser %s adm", name);
}

/* Of the notifications: they ask for root by it. */
void doctor_buttons(struct doctor *d)
{
	if (access("/usr/bin/pkexec", X_OK) == 0) {
		doctor_say(d, DOCTOR_OK, "of notifications work by /usr/bin/pkexec");
		return;
	}
	doctor_say(d, d->config.notify == NOTIFY_DESKTOP ? DOCTOR_WARNING : DOCTOR_NOT_APPLICABLE,
		"there is no /usr/bin/pkexec: notifications come without buttons that need root");
	if (d->config.notify == NOTIFY_DESKTOP)
		doctor_mend(d, "sudo apt-get install pkexec");
}

/* What would ask before it is installed for the first time; nothing that is there waits for it. */
void doctor_licenses(struct doctor *d)
{
	SCOPED_CLEAR(strings_clear) struct strings waiting = {0};
	char names[RECORD_TEXT_MAX / 2];

	for (size_t i = 0; i < d->recipes.n_items; i++) {
		const struct recipe *r = d->recipes.items[i].recipe;
		struct err ignored = {0};
		bool is_accepted = false;

		if (r == NULL || r->license_accept == 0 || !r->enabled || d->root_state == NULL ||
			strings_has(&d->config.disable, r->name))
			continue;
		if (license_is_accepted(d->root_state, r, &is_accepted, &ignored) && !is_accepted &&
			!strings_add(&waiting, r->name))
			return;
	}
	doctor_join(&waiting, names, sizeof(names));
	if (waiting.n_items == 0)
		doctor_say(d, DOCTOR_OK, "none waits for acceptance");
	else
		doctor_say(d, DOCTOR_OK,
			"%s: accepted before the first installation (devupd accept-license NAME)",
			names);
}

void doctor_python(struct doctor *d)
{
	doctor_say(d, DOCTOR_NOT_APPLICABLE,
		"which python3 terminal, editors and venvs run, and why they differ: devupd doctor "
		"python");
}
