/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/install.h"

#include <stdio.h>
#include <string.h>

#include "updaters/deb/apt_run.h"
#include "updaters/deb/beside.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/dpkg.h"
#include "updaters/lib/text.h"

enum { FIXED_ARGS = 24 }; /* those of args_make, with room */

/* What one run of apt-get ended with. */
struct ending {
	enum apt_trouble trouble;
	char line[512]; /* the telling one */
};

/* What a trouble is to the person: a code, and what to do. */
static const struct {
	enum err_code code;
	const char *advice;
} troubles[] = {
	[APT_FINE] = {ERR_APT, "apt-get says nothing against it"},
	[APT_LOCKED] = {ERR_LOCK, "another program holds that lock; run again when it is done"},
	[APT_INTERRUPTED] = {ERR_DPKG, "sudo dpkg --configure -a"},
	[APT_UNMET] = {ERR_APT, "a dependency can't be installed here; apt-cache policy tells why"},
	[APT_STALE_LISTS] = {ERR_APT_LISTS,
		"sudo apt-get update, then run again; where that does not "
		"help, apt-cache policy tells why"},
	[APT_WOULD_REMOVE] = {ERR_APT, "it would remove another package, which devupd never does"},
	[APT_WOULD_DOWNGRADE] = {ERR_DOWNGRADE, "--allow-downgrades if that is wanted"},
	[APT_HELD_CHANGED] = {ERR_APT,
		"apt-mark showhold lists what is held; sudo apt-mark unhold NAME"},
	[APT_NO_SPACE] = {ERR_SPACE, "devupd clean --keep 0 and sudo apt-get clean make room"},
	[APT_SOURCES_BROKEN] = {ERR_APT, "mend /etc/apt/sources.list.d, then run again"},
	[APT_DPKG_FAILED] = {ERR_DPKG, "the log says why"},
	[APT_OTHER] = {ERR_APT, "the log says more"},
};

/* --- the state of an install ------------------------------------------------- */

/* One item on its way. */
struct attempt {
	struct install_item *item;
	bool is_closed;     /* done, or no use to try (again) */
	bool is_half;       /* half-configured: its own trouble, not to be tried alone again */
	bool is_configured; /* Status-Fd said so in this run */
};

struct install {
	const struct install_options *options;
	struct attempt *attempts;
	size_t n;
	struct dpkg_wait wait;
	const struct attempt *spoken_of; /* by Status-Fd, last; NULL = of none of them */
	bool is_at_work;                 /* dpkg was, in the last run of apt-get */
	bool has_begun; /* dpkg was, in this transaction: looked at before, not again */
};

static bool is_stopped(const struct install_options *o)
{
	return o->is_stopped != NULL && o->is_stopped(o->user);
}

static bool is_named(const void *user, const char *name)
{
	const struct install *in = user;

	for (size_t i = 0; i < in->n; i++) {
		if (strcmp(in->attempts[i].item->package, name) == 0)
			return true;
	}
	return false;
}

/* "" where apt speaks of no package: of the n-th file it gets, of dpkg itself, of a path. */
static const char *status_package(const struct apt_status *status)
{
	bool is_named = status->kind != APT_DOWNLOAD && strchr(status->package, '/') == NULL &&
			strcmp(status->package, "dpkg-exec") != 0;

	return is_named ? status->package : "";
}

/* dpkg would ask, and our options answer: the local file stays. Status-Fd names it and no package.
 */
static void note_conffile(const struct attempt *a, const char *path)
{
	struct result *r = a != NULL ? a->item->result : NULL;
	struct item *item = r != NULL ? result_add_item(r) : NULL;

	if (item == NULL)
		return;
	text_copy_cut(item->path, sizeof(item->path), path);
	text_copy_cut(item->state, sizeof(item->state), "kept");
	item->outcome = OUTCOME_CURRENT;
	snprintf(item->text, sizeof(item->text),
		"was changed here, and stays; the package's own is %s.dpkg-dist", path);
}

static struct attempt *find_attempt(struct install *in, const char *package)
{
	size_t len = strcspn(package, ":"); /* NAME:ARCH */

	for (size_t i = 0; i < in->n; i++) {
		const char *mine = in->attempts[i].item->package;

		if (strlen(mine) == len && strncmp(mine, package, len) == 0)
			return &in->attempts[i];
	}
	return NULL;
}

static void on_status(void *user, const struct apt_status *status)
{
	struct install *in = user;
	const struct install_options *o = in->options;

	if (status->kind != APT_DOWNLOAD)
		in->is_at_work = in->has_begun = true;
	if (status->kind == APT_CONFFILE) {
		note_conffile(in->spoken_of, status->package);
	} else if (status->kind == APT_PACKAGE) {
		struct attempt *a = find_attempt(in, status->package);

		if (a != NULL && text_starts(status->text, "Installed "))
			a->is_configured = true;
		in->spoken_of = a;
	}
	if (o->on_progress != NULL)
		o->on_progress(o->user, status_package(status), status->percent, status->text);
}

/* --- dpkg's locks and leftovers ---------------------------------------------- */

struct dpkg_wait install_wait(const struct install_options *o)
{
	uint64_t now_ms = clock_now_ms();

	return (struct dpkg_wait){
		.deadline_ms = o->wait_ms < UINT64_MAX - now_ms ? now_ms + o->wait_ms : UINT64_MAX,
		.on_wait = o->on_wait,
		.is_stopped = o->is_stopped,
		.user = o->user,
	};
}

/* A dpkg that was interrupted is brought to its end first; apt-get would refuse to begin. */
static bool leftovers_mend(struct install *in, struct err *e)
{
	static const char *const argv[] = {
		"/usr/bin/dpkg", "--force-confdef", "--force-confold", "--configure", "-a", NULL};
	struct apt_run run = {
		.argv = argv,
		.log_path = in->options->log_path,
		.run = in->options->run,
		.is_stopped = in->options->is_stopped,
		.stop_user = in->options->user,
	};
	SCOPED_FREE char *words = NULL;

	if (!dpkg_is_interrupted(DPKG_FOLDER "/updates"))
		return true;
	in->has_begun = true;
	return apt_run(&run, &words, e);
}

/* --- one transaction --------------------------------------------------------- */

/* Pointers to what lives longer. Out: NULL without memory */
static const char **args_make(struct attempt *const *tried, size_t n)
{
	static const char *const fixed[] = {"/usr/bin/apt-get", "install", "-y", "--no-remove",
		"-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold",
		"-o", "Dpkg::Use-Pty=0", "-o", "APT::Status-Fd=3", "-o", "DPkg::Lock::Timeout=5"};
	const char **argv = calloc(FIXED_ARGS + n, sizeof(*argv));
	bool with_downgrade = false, with_reinstall = false;
	size_t at = ARRAY_SIZE(fixed);

	if (argv == NULL)
		return NULL;
	memcpy(argv, fixed, sizeof(fixed));
	for (size_t i = 0; i < n; i++) {
		with_downgrade |= tried[i]->item->allow_downgrade;
		with_reinstall |= tried[i]->item->reinstall;
	}
	/* both speak for the whole transaction: who has not asked was looked at before */
	if (with_downgrade)
		argv[at++] = "--allow-downgrades";
	if (with_reinstall)
		argv[at++] = "--reinstall";
	for (size_t i = 0; i < n; i++)
		argv[at++] = tried[i]->item->path;
	return argv;
}

/*
 * With the lock free, what is there now: what changes from here on is this transaction's. Once dpkg
 * was at work in it, its photograph stays the one before that.
 */
static bool look_before(const struct install *in, struct attempt *const *tried, size_t n,
	struct beside *out, struct err *e)
{
	const struct install_options *o = in->options;
	struct beside_spec spec = {o->arch, o->state_folder, o->run, in->wait};
	SCOPED_CLEAR(strings_clear) struct strings names = {0};

	if (in->has_begun)
		return dpkg_lock_wait(&in->wait, e);
	for (size_t i = 0; i < n; i++) {
		if (!strings_add(&names, tried[i]->item->package))
			return err_set(e, ERR_INTERNAL, "no memory for %zu packages", n);
	}
	return beside_begin(&spec, &names, out, e);
}

/* Out: before, begun as soon as anything may have been */
static bool apt_get(struct install *in, struct attempt *const *tried, size_t n,
	struct beside *before, struct ending *out, struct err *e)
{
	SCOPED_FREE const char **argv = args_make(tried, n);
	SCOPED_FREE char *words = NULL;
	struct apt_run run = {.argv = argv,
		.log_path = in->options->log_path,
		.run = in->options->run,
		.on_status = on_status,
		.user = in,
		.is_stopped = in->options->is_stopped,
		.stop_user = in->options->user};

	if (argv == NULL)
		return err_set(e, ERR_INTERNAL, "no memory for apt-get's arguments");
	/* a lock taken between our look and apt-get's: look again, while there is time */
	do {
		free(MOVE_PTR(words));
		in->is_at_work = false;
		if (!look_before(in, tried, n, before, e) || !leftovers_mend(in, e) ||
			!apt_run(&run, &words, e))
			return false;
		if (words == NULL) {
			*out = (struct ending){APT_OTHER, "what it said can't be read back"};
			return true;
		}
		out->trouble = apt_trouble_find(words, out->line, sizeof(out->line));
	} while (out->trouble == APT_LOCKED && !in->is_at_work &&
		 clock_now_ms() < in->wait.deadline_ms && !is_stopped(in->options));
	return true;
}

/* --- what became of them ----------------------------------------------------- */

static void fail_half(struct install_item *item)
{
	char mend[DPKG_NAME_MAX + 32] = "apt-get -f install";

	/* what is unpacked only waits for its postinst; what is not must be unpacked again */
	if (strstr(item->dpkg_status, "half-installed") == NULL)
		snprintf(mend, sizeof(mend), "dpkg --configure %s", item->package);
	err_set(&item->error, ERR_HALF_CONFIGURED,
		"%s %s is unpacked, but could not be set up (dpkg: %s): sudo %s", item->package,
		item->version, item->dpkg_status, mend);
}

static void fail_otherwise(
	const struct install *in, struct install_item *item, const struct ending *ending)
{
	const char *advice = troubles[ending->trouble].advice;

	err_set(&item->error, troubles[ending->trouble].code,
		"%s %s was not installed: %s%s%s (dpkg: %s; %s)", item->package, item->version,
		ending->line, ending->line[0] != '\0' ? "; " : "", advice, item->dpkg_status,
		in->options->log_path);
}

static void settle(const struct install *in, struct attempt *a, const struct dpkg_package *now,
	const struct ending *ending)
{
	struct install_item *item = a->item;
	bool is_there = now->state == DPKG_INSTALLED &&
			dpkg_version_compare(now->version, item->version) == 0;

	text_copy_cut(item->dpkg_status, sizeof(item->dpkg_status),
		now->status[0] != '\0' ? now->status : "not installed");
	text_copy_cut(item->dpkg_version, sizeof(item->dpkg_version), now->version);
	/* the version alone does not tell whether it was installed again */
	item->is_done = is_there && (!item->reinstall || a->is_configured);
	a->is_half = now->state == DPKG_HALF;
	if (item->is_done)
		item->error = (struct err){0};
	else if (a->is_half)
		fail_half(item);
	else
		fail_otherwise(in, item, ending);
	a->is_closed = item->is_done || a->is_half;
}

/* It was tried, and what came of it is not known: nothing more is tried on top of that. */
static void settle_unknown(struct attempt *a, const struct err *unread)
{
	struct install_item *item = a->item;

	text_copy_cut(item->dpkg_status, sizeof(item->dpkg_status), "unknown");
	item->is_done = false;
	item->error = *unread;
	item->error.code = ERR_DPKG;
	err_within(&item->error, "apt-get has run, but what became of %s %s can't be told",
		item->package, item->version);
	a->is_closed = true;
}

static bool look_up(const struct install *in, struct attempt *const *tried, size_t n,
	struct dpkg_package *out, struct err *e)
{
	SCOPED_FREE const char **names = calloc(n, sizeof(*names));

	if (names == NULL)
		return err_set(e, ERR_INTERNAL, "no memory for %zu packages", n);
	for (size_t i = 0; i < n; i++)
		names[i] = tried[i]->item->package;
	return dpkg_look_up(names, n, in->options->arch, true, out, e);
}

/* Told once, with the first that is done; nothing where nothing was begun. */
static void tell_beside(
	struct install *in, struct attempt *const *tried, size_t n, struct beside *before)
{
	struct result *result = tried[0]->item->result;

	for (size_t i = n; i-- > 0;) {
		if (tried[i]->item->is_done)
			result = tried[i]->item->result;
	}
	beside_end(before, is_named, in, result);
}

/* Fails: nothing was begun. From apt-get's start on dpkg's status alone says what came of it. */
static bool transaction(struct install *in, struct attempt *const *tried, size_t n, struct err *e)
{
	SCOPED_FREE struct dpkg_package *now = calloc(n, sizeof(*now));
	SCOPED_CLEAR(beside_clear) struct beside before = {0};
	struct ending ending = {0};
	struct err unread = {0};

	if (now == NULL)
		return err_set(e, ERR_INTERNAL, "no memory for %zu packages", n);
	in->has_begun = false;

	bool was_run = apt_get(in, tried, n, &before, &ending, e);

	if (!in->has_begun && (!was_run || ending.trouble == APT_LOCKED))
		beside_drop(&before);
	if (!was_run) {
		tell_beside(in, tried, n, &before); /* what an interrupted dpkg's end did */
		return false;
	}

	bool is_known = look_up(in, tried, n, now, &unread);

	for (size_t i = 0; i < n; i++) {
		if (is_known)
			settle(in, tried[i], &now[i], &ending);
		else
			settle_unknown(tried[i], &unread);
	}
	tell_beside(in, tried, n, &before);
	return true;
}

/* --- all of it --------------------------------------------------------------- */

/* What needs no apt-get, or must not reach it, as its options speak for a whole transaction. */
static void preflight(struct attempt *a, const struct dpkg_package *now)
{
	struct install_item *item = a->item;
	bool is_there = now->state == DPKG_INSTALLED;
	int order = is_there ? dpkg_version_compare(now->version, item->version) : -1;

	item->is_done = false;
	item->error = (struct err){0};
	text_copy_cut(item->dpkg_status, sizeof(item->dpkg_status), now->status);
	text_copy_cut(item->dpkg_version, sizeof(item->dpkg_version), now->version);
	if (now->is_held)
		err_set(&item->error, ERR_APT,
			"%s is held by apt-mark; sudo apt-mark unhold %s to let it change",
			item->package, item->package);
	else if (order > 0 && !item->allow_downgrade)
		err_set(&item->error, ERR_DOWNGRADE,
			"%s %s is older than the %s installed; --allow-downgrade if that is wanted",
			item->package, item->version, now->version);
	else
		item->is_done = order == 0 && is_there && !item->reinstall;
	a->is_closed = item->is_done || err_is_set(&item->error);
}

static size_t still_open(struct install *in, struct attempt **out)
{
	size_t n = 0;

	for (size_t i = 0; i < in->n; i++) {
		if (!in->attempts[i].is_closed)
			out[n++] = &in->attempts[i];
	}
	return n;
}

/* What the transaction for all left out. A failure of one is its own. */
static void one_by_one(struct install *in, struct attempt **tried, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct err fault = {0};

		if (is_stopped(in->options))
			return;
		if (!transaction(in, &tried[i], 1, &fault))
			tried[i]->item->error = fault;
	}
}

bool install_run(
	const struct install_options *o, struct install_item *items, size_t n, struct err *e)
{
	SCOPED_FREE struct attempt *attempts = calloc(n + 1, sizeof(*attempts));
	SCOPED_FREE struct attempt **tried = calloc(n + 1, sizeof(struct attempt *));
	SCOPED_FREE struct dpkg_package *now = calloc(n + 1, sizeof(*now));
	struct install in = {.options = o, .attempts = attempts, .n = n};

	if (attempts == NULL || tried == NULL || now == NULL)
		return err_set(e, ERR_INTERNAL, "no memory for %zu packages", n);
	if (o->arch == NULL)
		return err_set(e, ERR_INTERNAL, "install without dpkg's architecture");
	in.wait = install_wait(o);
	for (size_t i = 0; i < n; i++)
		attempts[i] = (struct attempt){.item = &items[i], .is_closed = items[i].is_repair};

	size_t n_open = still_open(&in, tried);

	if (n_open == 0)
		return true;
	if (!look_up(&in, tried, n_open, now, e))
		return false;
	for (size_t i = 0; i < n_open; i++)
		preflight(tried[i], &now[i]);
	n_open = still_open(&in, tried);
	if (n_open == 0)
		return true;
	if (!transaction(&in, tried, n_open, e))
		return false;
	if (n_open > 1)
		one_by_one(&in, tried, still_open(&in, tried));
	return true;
}
