/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/configure.h"

#include <stdlib.h>
#include <string.h>

#include "updaters/deb/apt_run.h"
#include "updaters/deb/beside.h"
#include "updaters/lib/dpkg.h"
#include "updaters/lib/text.h"

#define DPKG_CONFIGURE "/usr/bin/dpkg", "--force-confdef", "--force-confold", "--configure"

void configure_tell(struct result *r, const char *package)
{
	static const char *const words[] = {DPKG_CONFIGURE};
	struct change *change = result_add_change(r);
	struct buf command;

	if (change == NULL)
		return;
	buf_init(&command, sizeof(change->command) - 1);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		(void)buf_puts(&command, words[i]);
		(void)buf_puts(&command, "\x1f");
	}
	(void)buf_puts(&command, package);
	text_copy_cut(change->command, sizeof(change->command), buf_str(&command));
	buf_clear(&command);
}

static bool start(
	const struct install_options *o, const char *const *argv, char **out_words, struct err *e)
{
	struct apt_run run = {
		.argv = argv,
		.log_path = o->log_path,
		.run = o->run,
		.is_stopped = o->is_stopped,
		.stop_user = o->user,
	};

	return apt_run(&run, out_words, e);
}

/* What apt-get is asked where a dependency is missing: with the same reserve as an install. */
static bool start_fix(const struct install_options *o, const struct dpkg_wait *wait, struct err *e)
{
	static const char *const argv[] = {"/usr/bin/apt-get", "-f", "install", "-y", "--no-remove",
		"-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold",
		"-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=5", NULL};
	SCOPED_FREE char *words = NULL;

	return dpkg_lock_wait(wait, e) && start(o, argv, &words, e);
}

static bool look_again(const struct install_options *o, struct install_item *item,
	bool lacks_dependency, struct err *e)
{
	struct dpkg_package now;

	if (!dpkg_look_up(&item->package, 1, o->arch, true, &now, e))
		return false;
	text_copy_cut(item->dpkg_status, sizeof(item->dpkg_status),
		now.status[0] != '\0' ? now.status : "not installed");
	text_copy_cut(item->dpkg_version, sizeof(item->dpkg_version), now.version);
	item->is_done = now.state == DPKG_INSTALLED;
	item->error = (struct err){0};
	if (!item->is_done)
		err_set(&item->error, ERR_HALF_CONFIGURED,
			"%s %s still can't be set up (dpkg: %s; %s says why): sudo %s%s",
			item->package, item->version, item->dpkg_status, o->log_path,
			lacks_dependency ? "apt-get -f install" : "dpkg --configure ",
			lacks_dependency ? "" : item->package);
	return true;
}

static bool set_up(const struct install_options *o, struct install_item *item,
	const struct dpkg_wait *wait, struct err *e)
{
	const char *const argv[] = {DPKG_CONFIGURE, item->package, NULL};
	SCOPED_FREE char *words = NULL;

	if (!start(o, argv, &words, e))
		return false;

	bool lacks_dependency = words != NULL && strstr(words, "dependency problems") != NULL;

	if (lacks_dependency && !start_fix(o, wait, e))
		return false;
	return look_again(o, item, lacks_dependency, e);
}

static bool is_named(const void *user, const char *name)
{
	return text_equal(user, name);
}

static bool configure_one(const struct install_options *o, struct install_item *item,
	const struct dpkg_wait *wait, struct err *e)
{
	struct beside_spec spec = {o->arch, o->state_folder, o->run, *wait};
	SCOPED_CLEAR(strings_clear) struct strings names = {0};
	SCOPED_CLEAR(beside_clear) struct beside before = {0};

	if (!strings_add(&names, item->package))
		return err_set(e, ERR_INTERNAL, "no memory for %s", item->package);
	if (!beside_begin(&spec, &names, &before, e))
		return false;

	bool is_fine = set_up(o, item, wait, e);

	beside_end(&before, is_named, item->package, item->result);
	return is_fine;
}

bool configure_run(
	const struct install_options *o, struct install_item *items, size_t n, struct err *e)
{
	struct dpkg_wait wait = install_wait(o);

	for (size_t i = 0; i < n; i++) {
		if (!items[i].is_repair)
			continue;
		if (o->is_stopped != NULL && o->is_stopped(o->user))
			err_set(&items[i].error, ERR_APT, "stopped before %s was set up",
				items[i].package);
		else if (!configure_one(o, &items[i], &wait, e))
			return false;
	}
	return true;
}
