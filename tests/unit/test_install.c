/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The real apt-get and dpkg, on a throw-away overlay of this system's root: main() goes into a
 * mount namespace of its own and changes its root before any test begins. Needs root.
 */
#include "updaters/deb/install.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "updaters/deb/configure.h"
#include "updaters/lib/child.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/digest.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/text.h"

enum { SKIPPED = 77 };

static const char log_path[] = "/var/log/test-apt.log";
static char arch[DPKG_ARCH_MAX];

/* --- the throw-away root ----------------------------------------------------- */

static bool root_enter(const char *base)
{
	char options[256], path[64];

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("tmpfs", base, "tmpfs", 0, "mode=0755") < 0)
		return false;
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", base,
			(const char *[]){"up", "work", "root"}[i]);
		if (mkdir(path, 0755) < 0)
			return false;
	}
	snprintf(options, sizeof(options), "lowerdir=/,upperdir=%s/up,workdir=%s/work", base, base);
	if (mount("overlay", path, "overlay", 0, options) < 0 || chdir(path) < 0 ||
		mount("/dev", "dev", NULL, MS_BIND | MS_REC, NULL) < 0 ||
		mount("/proc", "proc", NULL, MS_BIND | MS_REC, NULL) < 0 || chroot(".") < 0)
		return false;
	/* seen from outside, where the mount is not, it is an empty folder: nothing to tidy but it
	 */
	return chdir("/") == 0 && (mkdir("/p", 0755) == 0 || errno == EEXIST);
}

static char *run_it(const char *const *argv)
{
	struct child_spec child = {.argv = argv};
	char *out = NULL, *errors = NULL;
	struct err e = {0};
	int status = 0;

	if (!child_run(&child, 60000, 1 << 20, &out, &errors, &status, &e))
		fail_msg("%s", e.text);
	if (status != 0)
		fail_msg("%s %s: %d: %s", argv[0], argv[1], status, errors);
	free(errors);
	return out;
}

#define RUN(...) free(run_it((const char *const[]){__VA_ARGS__, NULL}))

static void put_file(const char *path, const char *text, mode_t mode)
{
	struct err e = {0};

	if (!fs_replace(path, text, strlen(text), mode, &e))
		fail_msg("%s", e.text);
}

/* A package NAME VERSION; more are control fields, postinst and conffile may be NULL. */
static const char *make_deb(const char *name, const char *version, const char *more,
	const char *postinst, const char *conffile)
{
	static char path[256];
	char tree[128], at[256], control[1024];
	struct err e = {0};

	snprintf(tree, sizeof(tree), "/p/%s-%s", name, version);
	snprintf(at, sizeof(at), "%s/DEBIAN", tree);
	assert_true(fs_make_folders(at, 0755, &e));
	snprintf(control, sizeof(control),
		"Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: Test <t@example.org>\n"
		"Description: made by a test\n%s",
		name, version, more);
	snprintf(at, sizeof(at), "%s/DEBIAN/control", tree);
	put_file(at, control, 0644);
	snprintf(at, sizeof(at), "%s/opt", tree);
	assert_true(fs_make_folders(at, 0755, &e));
	snprintf(at, sizeof(at), "%s/opt/%s", tree, name);
	put_file(at, version, 0644);
	if (postinst != NULL) {
		snprintf(at, sizeof(at), "%s/DEBIAN/postinst", tree);
		put_file(at, postinst, 0755);
	}
	if (conffile != NULL) {
		snprintf(at, sizeof(at), "%s/etc", tree);
		assert_true(fs_make_folders(at, 0755, &e));
		snprintf(at, sizeof(at), "%s/etc/%s.conf", tree, name);
		put_file(at, conffile, 0644);
		snprintf(at, sizeof(at), "%s/DEBIAN/conffiles", tree);
		snprintf(control, sizeof(control), "/etc/%s.conf\n", name);
		put_file(at, control, 0644);
	}
	snprintf(path, sizeof(path), "/p/%s_%s_all.deb", name, version);
	RUN("/usr/bin/dpkg-deb", "-Zgzip", "-z1", "--build", tree, path);
	return path;
}

/* --- one install ------------------------------------------------------------- */

struct seen {
	int n_progress, n_waits;
	double top_percent;
	pid_t holder;
};

static void on_progress(void *user, const char *package, double percent, const char *text)
{
	struct seen *seen = user;

	/* a package, or nothing: no count of files, no word of apt's own */
	assert_string_not_equal(package, "dpkg-exec");
	assert_true(strspn(package, "0123456789") == 0);
	assert_null(strchr(package, '/'));
	assert_non_null(text);
	seen->n_progress++;
	if (percent > seen->top_percent)
		seen->top_percent = percent;
}

static void on_wait(void *user, pid_t holder, const char *holder_name)
{
	struct seen *seen = user;

	assert_non_null(holder_name);
	seen->n_waits++;
	seen->holder = holder;
}

static struct install_options options_for(struct seen *seen)
{
	return (struct install_options){.arch = arch,
		.log_path = log_path,
		.run = "run-1",
		.on_progress = on_progress,
		.on_wait = on_wait,
		.user = seen};
}

static struct install_item item_for(const char *name, const char *version)
{
	static char paths[8][256];
	static size_t next;
	char *path = paths[next++ % ARRAY_SIZE(paths)];

	snprintf(path, sizeof(paths[0]), "/p/%s_%s_all.deb", name, version);
	return (struct install_item){
		.name = name, .package = name, .version = version, .path = path};
}

static void install(struct install_item *items, size_t n, struct seen *seen)
{
	struct install_options o = options_for(seen);
	struct err e = {0};

	if (!install_run(&o, items, n, &e))
		fail_msg("%s", e.text);
}

static void assert_done(const struct install_item *item)
{
	if (!item->is_done)
		fail_msg("%s", item->error.text);
	assert_string_equal(item->error.text, "");
	assert_string_equal(item->dpkg_status, "install ok installed");
}

static void assert_failed(const struct install_item *item, enum err_code code, const char *text)
{
	assert_false(item->is_done);
	if (item->error.code != code || strstr(item->error.text, text) == NULL)
		fail_msg("%s: %s", err_token(item->error.code), item->error.text);
}

static void assert_file(const char *path, const char *expected)
{
	SCOPED_FREE char *text = NULL;
	struct err e = {0};

	if (!fs_read(path, 1 << 20, &text, NULL, &e))
		fail_msg("%s", e.text);
	assert_string_equal(text, expected);
}

static void a_good_package_is_installed(void **ptr)
{
	struct install_item item;
	struct seen seen = {0};
	SCOPED_FREE char *log = NULL;

	(void)ptr;
	make_deb("good", "1.0", "", NULL, NULL);
	item = item_for("good", "1.0");
	install(&item, 1, &seen);
	assert_done(&item);
	assert_file("/opt/good", "1.0");
	assert_true(seen.n_progress > 2);
	assert_true(seen.top_percent > 50);
	assert_true(fs_read(log_path, 1 << 20, &log, NULL, NULL));
	assert_non_null(strstr(log, "run run-1: /usr/bin/apt-get install -y --no-remove"));
	assert_non_null(strstr(log, "Setting up good (1.0)"));
	/* once more: nothing to do, and apt-get is not asked */
	seen = (struct seen){0};
	install(&item, 1, &seen);
	assert_done(&item);
	assert_int_equal(seen.n_progress, 0);
}

static void a_failing_postinst_is_half_configured(void **ptr)
{
	struct install_item item;
	struct seen seen = {0};

	(void)ptr;
	make_deb("bad", "1.0", "", "#!/bin/sh\nexit 1\n", NULL);
	item = item_for("bad", "1.0");
	install(&item, 1, &seen);
	assert_failed(&item, ERR_HALF_CONFIGURED, "sudo dpkg --configure bad");
}

/* The broken one of the test before is still there: apt-get exits 100, dpkg's status decides. */
static void a_broken_one_hides_nobody_s_success(void **ptr)
{
	struct install_item items[2];
	struct seen seen = {0};

	(void)ptr;
	make_deb("fine", "1.0", "", NULL, NULL);
	make_deb("worse", "1.0", "", "#!/bin/sh\nexit 3\n", NULL);
	items[0] = item_for("worse", "1.0");
	items[1] = item_for("fine", "1.0");
	install(items, 2, &seen);
	assert_failed(&items[0], ERR_HALF_CONFIGURED, "worse");
	assert_done(&items[1]);
	RUN("/usr/bin/dpkg", "--force-remove-reinstreq", "--purge", "bad", "worse");
}

static struct install_item repair_of(const char *name, const char *version)
{
	return (struct install_item){
		.name = name, .package = name, .version = version, .is_repair = true};
}

static void repair(struct install_item *item)
{
	struct seen seen = {0};
	struct install_options o = options_for(&seen);
	struct err e = {0};

	if (!configure_run(&o, item, 1, &e) || !install_run(&o, item, 1, &e))
		fail_msg("%s", e.text);
}

static void what_is_half_configured_is_set_up_again(void **ptr)
{
	struct install_item item;
	struct seen seen = {0};

	(void)ptr;
	make_deb("halfway", "1.0", "", "#!/bin/sh\ntest -e /etc/halfway.ready\n", NULL);
	item = item_for("halfway", "1.0");
	install(&item, 1, &seen);
	assert_failed(&item, ERR_HALF_CONFIGURED, "halfway");
	assert_string_equal(item.dpkg_version, "1.0");
	item = repair_of("halfway", "1.0");
	repair(&item);
	assert_failed(&item, ERR_HALF_CONFIGURED, "sudo dpkg --configure halfway");
	put_file("/etc/halfway.ready", "", 0644);
	repair(&item);
	assert_done(&item);
	assert_string_equal(item.dpkg_version, "1.0");
}

/* Unpacked by hand before what it needs: apt-get is asked for that, and no package is removed. */
static void what_only_lacks_a_dependency_gets_it(void **ptr)
{
	struct install_item item;

	(void)ptr;
	make_deb("lacking", "1.0", "Depends: lacked-by-it\n", NULL, NULL);
	RUN("/usr/bin/dpkg", "--unpack", "/p/lacking_1.0_all.deb");
	item = repair_of("lacking", "1.0");
	repair(&item);
	assert_failed(&item, ERR_HALF_CONFIGURED, "sudo apt-get -f install");
	assert_file("/opt/lacking", "1.0");
	RUN("/usr/bin/dpkg", "--purge", "lacking");
}

static void one_with_unmet_needs_is_left_out(void **ptr)
{
	struct install_item items[3];
	struct seen seen = {0};

	(void)ptr;
	make_deb("needy", "1.0", "Depends: no-such-package-anywhere\n", NULL, NULL);
	make_deb("left", "1.0", "", NULL, NULL);
	make_deb("right", "1.0", "", NULL, NULL);
	items[0] = item_for("left", "1.0");
	items[1] = item_for("needy", "1.0");
	items[2] = item_for("right", "1.0");
	install(items, 3, &seen);
	assert_done(&items[0]);
	assert_failed(&items[1], ERR_APT_LISTS, "sudo apt-get update");
	assert_done(&items[2]);
}

static void a_local_conffile_stays(void **ptr)
{
	SCOPED_CLEAR(result_clear) struct result result;
	struct install_item item;
	struct seen seen = {0};

	(void)ptr;
	result_init(&result);
	make_deb("conf", "1.0", "", NULL, "of 1.0\n");
	item = item_for("conf", "1.0");
	install(&item, 1, &seen);
	assert_done(&item);
	put_file("/etc/conf.conf", "mine\n", 0644);
	make_deb("conf", "2.0", "", NULL, "of 2.0\n");
	item = item_for("conf", "2.0");
	item.result = &result;
	install(&item, 1, &seen);
	assert_done(&item);
	assert_file("/etc/conf.conf", "mine\n");
	assert_int_equal(result.n_items, 1);
	assert_string_equal(result.items[0].path, "/etc/conf.conf");
	assert_non_null(strstr(result.items[0].text, "/etc/conf.conf.dpkg-dist"));
	assert_file("/etc/conf.conf.dpkg-dist", "of 2.0\n");
}

static void a_downgrade_must_be_asked_for(void **ptr)
{
	struct install_item items[2];
	struct seen seen = {0};

	(void)ptr;
	make_deb("down", "2.0", "", NULL, NULL);
	make_deb("down", "1.0", "", NULL, NULL);
	make_deb("beside", "1.0", "", NULL, NULL);
	items[0] = item_for("down", "2.0");
	install(items, 1, &seen);
	assert_done(&items[0]);
	/* refused, though another of the same transaction may */
	items[0] = item_for("down", "1.0");
	items[1] = item_for("beside", "1.0");
	items[1].allow_downgrade = true;
	install(items, 2, &seen);
	assert_failed(&items[0], ERR_DOWNGRADE, "older than the 2.0 installed");
	assert_done(&items[1]);
	assert_file("/opt/down", "2.0");
	items[0].allow_downgrade = true;
	install(items, 1, &seen);
	assert_done(&items[0]);
	assert_file("/opt/down", "1.0");
}

static void a_reinstall_unpacks_again(void **ptr)
{
	struct install_item item;
	struct seen seen = {0};

	(void)ptr;
	make_deb("again", "1.0", "", NULL, NULL);
	item = item_for("again", "1.0");
	install(&item, 1, &seen);
	put_file("/opt/again", "damaged", 0644);
	item.reinstall = true;
	install(&item, 1, &seen);
	assert_done(&item);
	assert_file("/opt/again", "1.0");
	/* one that can't be done is no success, though the version is there */
	unlink(item.path);
	install(&item, 1, &seen);
	assert_failed(&item, ERR_APT, "was not installed");
}

static void a_hold_stands(void **ptr)
{
	struct install_item item;
	struct seen seen = {0};

	(void)ptr;
	make_deb("kept", "1.0", "", NULL, NULL);
	make_deb("kept", "2.0", "", NULL, NULL);
	item = item_for("kept", "1.0");
	install(&item, 1, &seen);
	RUN("/usr/bin/apt-mark", "hold", "kept");
	item = item_for("kept", "2.0");
	install(&item, 1, &seen);
	assert_failed(&item, ERR_APT, "apt-mark unhold kept");
	assert_file("/opt/kept", "1.0");
}

static void nothing_is_removed(void **ptr)
{
	struct install_item item;
	struct seen seen = {0};

	(void)ptr;
	make_deb("rival", "1.0", "", NULL, NULL);
	make_deb("jealous", "1.0", "Conflicts: rival\n", NULL, NULL);
	item = item_for("rival", "1.0");
	install(&item, 1, &seen);
	assert_done(&item);
	item = item_for("jealous", "1.0");
	install(&item, 1, &seen);
	assert_failed(&item, ERR_APT, "never does");
	assert_file("/opt/rival", "1.0");
}

/* A process that holds dpkg's frontend lock for so long. */
static pid_t start_holder(unsigned hold_ms)
{
	int ready[2];
	char byte;

	assert_int_equal(pipe(ready), 0);

	pid_t pid = fork();

	if (pid == 0) {
		int fd = open("/var/lib/dpkg/lock-frontend", O_RDWR | O_CREAT, 0640);
		struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
		struct timespec t = {
			.tv_sec = hold_ms / 1000, .tv_nsec = hold_ms % 1000 * 1000000L};

		if (fd < 0 || fcntl(fd, F_SETLK, &lock) < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		nanosleep(&t, NULL);
		_exit(0);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void a_held_lock_is_waited_for(void **ptr)
{
	struct install_item item;
	struct seen seen = {0};
	struct install_options o = options_for(&seen);
	struct err e = {0};
	pid_t holder = start_holder(20000);
	char expected[32];

	(void)ptr;
	make_deb("patient", "1.0", "", NULL, NULL);
	item = item_for("patient", "1.0");
	assert_false(install_run(&o, &item, 1, &e));
	assert_int_equal(e.code, ERR_LOCK);
	snprintf(expected, sizeof(expected), "(pid %d)", (int)holder);
	assert_non_null(strstr(e.text, expected));
	kill(holder, SIGKILL);
	waitpid(holder, NULL, 0);

	holder = start_holder(5000); /* longer than a busy machine needs to look */
	o.wait_ms = 30000;
	assert_true(install_run(&o, &item, 1, &e));
	assert_done(&item);
	assert_true(seen.n_waits >= 1);
	assert_int_equal(seen.holder, holder);
	waitpid(holder, NULL, 0);
}

static void an_interrupted_dpkg_is_mended_first(void **ptr)
{
	struct install_item item;
	struct seen seen = {0};
	SCOPED_FREE char *log = NULL;

	(void)ptr;
	make_deb("after", "1.0", "", NULL, NULL);
	put_file("/var/lib/dpkg/updates/0001", "", 0644);
	item = item_for("after", "1.0");
	install(&item, 1, &seen);
	assert_done(&item);
	assert_true(fs_read(log_path, 1 << 20, &log, NULL, NULL));
	assert_non_null(
		strstr(log, "/usr/bin/dpkg --force-confdef --force-confold --configure -a"));
}

/* A repository of one folder, so that apt has something to bring along. */
static void make_repository(const char *deb_path, const char *name)
{
	char index[2048], hex[SHA256_HEX_SIZE];
	SCOPED_FREE char *control =
		run_it((const char *const[]){"/usr/bin/dpkg-deb", "-f", deb_path, NULL});
	SCOPED_CLOSE int fd = open(deb_path, O_RDONLY);
	uint64_t size = 0;

	assert_true(digest_of_fd(fd, hex, &size, NULL));
	snprintf(index, sizeof(index), "%sFilename: ./%s_1.0_all.deb\nSize: %llu\nSHA256: %s\n\n",
		control, name, (unsigned long long)size, hex);
	put_file("/p/Packages", index, 0644);
	put_file("/etc/apt/sources.list", "deb [trusted=yes] file:/p ./\n", 0644);
	RUN("/usr/bin/apt-get", "-qq", "update");
}

static void what_apt_brings_along_is_told(void **ptr)
{
	struct install_item item;
	struct seen seen = {0};
	struct result result;

	(void)ptr;
	make_repository(make_deb("brought", "1.0", "", NULL, NULL), "brought");
	make_deb("bringer", "1.0", "Depends: brought\n", NULL, NULL);
	result_init(&result);
	item = item_for("bringer", "1.0");
	item.result = &result;
	install(&item, 1, &seen);
	assert_done(&item);
	assert_int_equal(result.n_also, 1);
	assert_string_equal(result.also[0].package, "brought");
	assert_string_equal(result.also[0].from, "");
	assert_string_equal(result.also[0].to, "1.0");
	result_clear(&result);
}

/* A log that takes words and does not give them back. */
static void unread_words_undo_nothing(void **ptr)
{
	struct seen seen = {0};
	struct install_options o = options_for(&seen);
	struct install_item item;
	struct err e = {0};

	(void)ptr;
	make_deb("mute", "1.0", "", NULL, NULL);
	item = item_for("mute", "1.0");
	assert_int_equal(mkfifo("/p/log", 0600), 0);
	o.log_path = "/p/log";
	if (!install_run(&o, &item, 1, &e))
		fail_msg("%s", e.text);
	assert_done(&item);
}

/* Nobody can be asked any more when apt-get ends: each item says so, and not that nothing was
 * begun. */
static void an_unread_status_is_told_by_each(void **ptr)
{
	static const char hook[] = "/etc/apt/apt.conf.d/99-away";
	struct install_item items[2];
	struct seen seen = {0};

	(void)ptr;
	make_deb("unseen", "1.0", "", NULL, NULL);
	make_deb("unheard", "1.0", "", NULL, NULL);
	items[0] = item_for("unseen", "1.0");
	items[1] = item_for("unheard", "1.0");
	put_file(hook, "DPkg::Post-Invoke {\"mv /usr/bin/dpkg-query /p/\";};\n", 0644);
	install(items, 2, &seen);
	unlink(hook);
	RUN("/bin/mv", "/p/dpkg-query", "/usr/bin/dpkg-query");
	assert_failed(&items[0], ERR_DPKG, "apt-get has run");
	assert_failed(&items[1], ERR_DPKG, "can't be told");
	assert_file("/opt/unseen", "1.0");
}

static void on_alarm(int number)
{
	(void)number;
}

static void signals_do_not_end_the_waiting(void **ptr)
{
	struct sigaction action = {.sa_handler = on_alarm}, saved;
	struct itimerval often = {{0, 5000}, {0, 5000}}, never = {{0, 0}, {0, 0}};
	struct install_item item;
	struct seen seen = {0};

	(void)ptr;
	make_deb("calm", "1.0", "", "#!/bin/sh\nsleep 0.3\n", NULL);
	item = item_for("calm", "1.0");
	sigaction(SIGALRM, &action, &saved);
	setitimer(ITIMER_REAL, &often, NULL);
	install(&item, 1, &seen);
	setitimer(ITIMER_REAL, &never, NULL);
	sigaction(SIGALRM, &saved, NULL);
	assert_done(&item);
}

/* A daemon that a postinst leaves behind holds the Status-Fd pipe: it is not waited for. */
static void a_daemon_left_behind_is_not_waited_for(void **ptr)
{
	struct install_item item;
	struct seen seen = {0};
	uint64_t start_ms = clock_now_ms();

	(void)ptr;
	make_deb("daemon", "1.0", "", "#!/bin/sh\nsleep 15 >/dev/null 2>&1 </dev/null &\nexit 0\n",
		NULL);
	item = item_for("daemon", "1.0");
	install(&item, 1, &seen);
	assert_done(&item);
	assert_true(clock_now_ms() - start_ms < 12000);
}

static void apt_get_outlives_a_killed_parent(void **ptr)
{
	struct install_item item;
	struct dpkg_package now = {0};
	const char *names[] = {"orphan"};
	struct stat st;

	(void)ptr;
	make_deb("orphan", "1.0", "",
		"#!/bin/sh\ntouch /p/orphan-begun\nsleep 1\necho said\ntouch /p/orphan-done\n",
		NULL);
	item = item_for("orphan", "1.0");

	pid_t pid = fork();

	if (pid == 0) {
		struct seen seen = {0};

		install(&item, 1, &seen);
		_exit(0);
	}
	for (int i = 0; i < 200 && stat("/p/orphan-begun", &st) < 0; i++)
		usleep(50000);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	for (int i = 0; i < 100 && now.state != DPKG_INSTALLED; i++) {
		usleep(100000);
		assert_true(dpkg_look_up(names, 1, arch, true, &now, NULL));
	}
	assert_string_equal(now.status, "install ok installed");
	assert_int_equal(stat("/p/orphan-done", &st), 0);
}

static int run_all(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_package_is_installed),
		cmocka_unit_test(a_failing_postinst_is_half_configured),
		cmocka_unit_test(a_broken_one_hides_nobody_s_success),
		cmocka_unit_test(what_is_half_configured_is_set_up_again),
		cmocka_unit_test(what_only_lacks_a_dependency_gets_it),
		cmocka_unit_test(one_with_unmet_needs_is_left_out),
		cmocka_unit_test(a_local_conffile_stays),
		cmocka_unit_test(a_downgrade_must_be_asked_for),
		cmocka_unit_test(a_reinstall_unpacks_again),
		cmocka_unit_test(a_hold_stands),
		cmocka_unit_test(nothing_is_removed),
		cmocka_unit_test(a_held_lock_is_waited_for),
		cmocka_unit_test(an_interrupted_dpkg_is_mended_first),
		cmocka_unit_test(what_apt_brings_along_is_told),
		cmocka_unit_test(unread_words_undo_nothing),
		cmocka_unit_test(an_unread_status_is_told_by_each),
		cmocka_unit_test(signals_do_not_end_the_waiting),
		cmocka_unit_test(a_daemon_left_behind_is_not_waited_for),
		cmocka_unit_test(apt_get_outlives_a_killed_parent),
	};

	SCOPED_FREE char *words =
		run_it((const char *const[]){"/usr/bin/dpkg", "--print-architecture", NULL});

	if (!text_copy(arch, sizeof(arch), text_trim(words)))
		return 1;
	/* reading this system's lists would cost seconds for each apt-get */
	RUN("/bin/sh", "-c",
		"rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/* /var/lib/apt/lists/*"
		" /var/cache/apt/*.bin");
	return cmocka_run_group_tests(tests, NULL, NULL);
}

static int skip_all(void)
{
	fprintf(stderr, "skipped: needs root and overlay mounts (%s)\n", strerror(errno));
	return SKIPPED;
}

int main(void)
{
	char base[] = "/tmp/test_install.XXXXXX";
	int status = 0;

	if (geteuid() != 0 || mkdtemp(base) == NULL)
		return skip_all();

	/* the child's mounts end with it; what is left here is an empty folder */
	pid_t pid = fork();

	if (pid == 0)
		exit(root_enter(base) ? run_all() : skip_all());
	waitpid(pid, &status, 0);
	rmdir(base);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
