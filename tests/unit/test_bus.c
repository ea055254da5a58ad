/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Against a real dbus-daemon of this test's own, with python3-dbusmock in the services' places. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "updaters/lib/bus.h"
#include "updaters/lib/child.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/text.h"

enum { SKIPPED = 77, PATIENCE_MS = 15000, MOCKS_MAX = 8 };

struct world {
	char folder[64], address[96];
	pid_t pids[MOCKS_MAX];
	size_t n_pids;
};

static void world_start(struct world *w, const char *const *argv)
{
	pid_t pid = fork();

	assert_true(w->n_pids < MOCKS_MAX);
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	w->pids[w->n_pids++] = pid;
}

/* busctl WORDS: true where it succeeds. */
static bool world_ask(const struct world *w, const char *const *words)
{
	const char *argv[32] = {"/usr/bin/busctl", w->address};
	SCOPED_FREE char *text = NULL;
	SCOPED_FREE char *errors = NULL;
	struct child_spec spec = {.argv = argv};
	struct err e = {0};
	int status = -1;

	for (size_t i = 0; words[i] != NULL; i++)
		argv[i + 2] = words[i];
	return child_run(&spec, PATIENCE_MS, 1 << 16, &text, &errors, &status, &e) && status == 0;
}

static void world_await(const struct world *w, const char *name)
{
	const char *const words[] = {"status", name, NULL};
	uint64_t deadline_ms = clock_now_ms() + PATIENCE_MS;

	while (!world_ask(w, words)) {
		if (clock_now_ms() > deadline_ms)
			fail_msg("%s did not come to the bus", name);
		usleep(50000);
	}
}

static void world_mock(
	struct world *w, const char *template, const char *parameters, const char *name)
{
	const char *const argv[] = {"/usr/bin/python3", "-m", "dbusmock", "--system", "--template",
		template, "-p", parameters, NULL};

	world_start(w, argv);
	world_await(w, name);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	char socket[96];

	assert_non_null(w);
	text_copy_cut(w->folder, sizeof(w->folder), "/tmp/devupd-bus-XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	snprintf(socket, sizeof(socket), "--address=unix:path=%.60s/bus", w->folder);
	text_copy_cut(w->address, sizeof(w->address), socket);
	setenv("DBUS_SYSTEM_BUS_ADDRESS", w->address + strlen("--address="), 1);
	setenv("DBUS_SESSION_BUS_ADDRESS", w->address + strlen("--address="), 1);

	const char *const argv[] = {
		"/usr/bin/dbus-daemon", "--session", "--nofork", "--nopidfile", socket, NULL};

	world_start(w, argv);
	world_await(w, "org.freedesktop.DBus");
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	char path[96];

	for (size_t i = w->n_pids; i > 0; i--) {
		kill(w->pids[i - 1], SIGKILL);
		waitpid(w->pids[i - 1], NULL, 0);
	}
	snprintf(path, sizeof(path), "%s/bus", w->folder);
	unlink(path);
	rmdir(w->folder);
	free(w);
	return 0;
}

/* --- the system -------------------------------------------------------------- */

static void nobody_there_means_not_known(void **state)
{
	SCOPED(bus_close) struct bus *bus = bus_open_system();
	double percent = 0;

	(void)state;
	assert_non_null(bus);
	assert_int_equal(bus_is_metered(bus), BUS_UNKNOWN);
	assert_int_equal(bus_is_on_battery(bus, &percent), BUS_UNKNOWN);
	assert_true(percent > 99);
	assert_int_equal(bus_is_going_down(bus), BUS_UNKNOWN);
	assert_int_equal(bus_inhibit(bus, "a test"), -1);
	assert_int_equal(bus_service_is_running(bus, "devupd.service"), BUS_UNKNOWN);
	assert_int_equal(bus_timer_next_unix_ms(bus, "devupd.timer"), 0);
	/* nor is a bus that is not there */
	assert_int_equal(bus_is_metered(NULL), BUS_UNKNOWN);
	assert_int_equal(bus_is_on_battery(NULL, &percent), BUS_UNKNOWN);
	assert_int_equal(bus_inhibit(NULL, "a test"), -1);
}

static void a_metered_network_is_told(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *metered;
		enum bus_answer answer;
	} cases[] = {{"0", BUS_UNKNOWN}, {"1", BUS_YES}, {"2", BUS_NO}, {"3", BUS_YES},
		{"4", BUS_NO}, {"99", BUS_UNKNOWN}};
	const char *const add[] = {"call", "org.freedesktop.NetworkManager",
		"/org/freedesktop/NetworkManager", "org.freedesktop.DBus.Mock", "AddProperty",
		"ssv", "org.freedesktop.NetworkManager", "Metered", "u", "0", NULL};

	world_mock(w, "networkmanager", "{}", "org.freedesktop.NetworkManager");
	assert_true(world_ask(w, add));

	SCOPED(bus_close) struct bus *bus = bus_open_system();

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *const set[] = {"set-property", "org.freedesktop.NetworkManager",
			"/org/freedesktop/NetworkManager", "org.freedesktop.NetworkManager",
			"Metered", "u", cases[i].metered, NULL};

		assert_true(world_ask(w, set));
		assert_int_equal(bus_is_metered(bus), cases[i].answer);
	}
}

static void a_battery_and_its_charge_are_told(void **state)
{
	struct world *w = *state;
	const char *const set[] = {"set-property", "org.freedesktop.UPower",
		"/org/freedesktop/UPower/devices/DisplayDevice", "org.freedesktop.UPower.Device",
		"Percentage", "d", "20", NULL};
	const char *const plug[] = {"set-property", "org.freedesktop.UPower",
		"/org/freedesktop/UPower", "org.freedesktop.UPower", "OnBattery", "b", "false",
		NULL};
	double percent = 0;

	world_mock(w, "upower", "{\"OnBattery\": true}", "org.freedesktop.UPower");
	assert_true(world_ask(w, set));

	SCOPED(bus_close) struct bus *bus = bus_open_system();

	assert_int_equal(bus_is_on_battery(bus, &percent), BUS_YES);
	assert_true(percent > 19 && percent < 21);
	assert_true(world_ask(w, plug));
	assert_int_equal(bus_is_on_battery(bus, &percent), BUS_NO);
}

static void logind_keeps_the_machine_up(void **state)
{
	struct world *w = *state;
	const char *const down[] = {"set-property", "org.freedesktop.login1",
		"/org/freedesktop/login1", "org.freedesktop.login1.Manager", "PreparingForShutdown",
		"b", "true", NULL};
	struct stat about;

	world_mock(w, "logind", "{}", "org.freedesktop.login1");

	SCOPED(bus_close) struct bus *bus = bus_open_system();
	SCOPED_CLOSE int inhibitor = bus_inhibit(bus, "a test");

	assert_true(inhibitor >= 3);
	assert_int_equal(fstat(inhibitor, &about), 0);
	assert_true((fcntl(inhibitor, F_GETFD) & FD_CLOEXEC) != 0);
	assert_true(world_ask(w, down));
	assert_int_equal(bus_is_going_down(bus), BUS_YES);
}

#define MOCK    "org.freedesktop.DBus.Mock"
#define SYSTEMD "org.freedesktop.systemd1"
#define UNIT    "/org/freedesktop/systemd1/unit/devupd_2eservice"

/* A manager that knows one unit. */
static void mock_manager(struct world *w)
{
	static const char *const argv[] = {"/usr/bin/python3", "-m", "dbusmock", "--system",
		SYSTEMD, "/org/freedesktop/systemd1", SYSTEMD ".Manager", NULL};
	static const char *const load[] = {"call", SYSTEMD, "/org/freedesktop/systemd1", MOCK,
		"AddMethod", "sssss", SYSTEMD ".Manager", "LoadUnit", "s", "o",
		"ret = dbus.ObjectPath('" UNIT "')", NULL};
	static const char *const unit[] = {"call", SYSTEMD, "/org/freedesktop/systemd1", MOCK,
		"AddObject", "ssa{sv}a(ssss)", UNIT, SYSTEMD ".Unit", "3", "LoadState", "s",
		"loaded", "UnitFileState", "s", "static", "ActiveState", "s", "failed", "0", NULL};
	static const char *const result[] = {"call", SYSTEMD, UNIT, MOCK, "AddProperties", "sa{sv}",
		SYSTEMD ".Service", "1", "Result", "s", "exit-\033code", NULL};

	world_start(w, argv);
	world_await(w, SYSTEMD);
	assert_true(world_ask(w, load));
	assert_true(world_ask(w, unit));
	assert_true(world_ask(w, result));
}

static void a_unit_is_told_in_its_managers_words(void **state)
{
	struct world *w = *state;
	struct bus_unit_state unit;

	SCOPED(bus_close) struct bus *bus = bus_open_system();

	assert_false(bus_unit_look(bus, "devupd.service", &unit));
	assert_false(bus_unit_look(NULL, "devupd.service", &unit));
	assert_string_equal(unit.active, "");
	mock_manager(w);
	assert_true(bus_unit_look(bus, "devupd.service", &unit));
	assert_string_equal(unit.load, "loaded");
	assert_string_equal(unit.file, "static");
	assert_string_equal(unit.active, "failed");
	assert_string_equal(unit.result, "exit-\\x1bcode");
	/* a timer has no result */
	assert_true(bus_unit_look(bus, "devupd.timer", &unit));
	assert_string_equal(unit.result, "");
}

static void without_a_manager_no_unit_is_started(void **state)
{
	static const char *const argv[] = {"/bin/true", NULL};
	struct bus_unit unit = {.name = "x.service", .description = "x", .argv = argv};
	SCOPED(bus_close) struct bus *bus = bus_open_system();
	struct err e = {0};

	(void)state;
	assert_false(bus_start_unit(bus, &unit, NULL, &e));
	assert_non_null(strstr(e.text, "x.service"));
	assert_false(bus_start_unit(NULL, &unit, NULL, &e));
}

/* --- a session --------------------------------------------------------------- */

static void a_notification_is_shown(void **state)
{
	struct world *w = *state;
	static const struct bus_action actions[] = {{"skip", "Skip this version"}};
	struct bus_notification n = {.summary = "devupd: 1 updated",
		.body = "positron 1 -> 2 & more",
		.icon = "",
		.actions = actions,
		.n_actions = 1};
	const char *const press[] = {"call", "org.freedesktop.Notifications",
		"/org/freedesktop/Notifications", "org.freedesktop.DBus.Mock", "EmitSignal",
		"sssav", "org.freedesktop.Notifications", "ActionInvoked", "us", "2", "u", "1", "s",
		"skip", NULL};
	char key[16] = "x";
	bool has_actions = false;
	uint32_t id = 0;
	struct err e = {0};

	SCOPED(bus_close) struct bus *nobody = bus_open_session(getenv("DBUS_SESSION_BUS_ADDRESS"));

	assert_false(bus_notify(nobody, &n, &id, &has_actions, &e));

	const char *const argv[] = {"/usr/bin/python3", "-m", "dbusmock", "--session", "--template",
		"notification_daemon", "-p", "{\"capabilities\": \"body actions\"}", NULL};

	world_start(w, argv);
	world_await(w, "org.freedesktop.Notifications");

	SCOPED(bus_close) struct bus *bus = bus_open_session(getenv("DBUS_SESSION_BUS_ADDRESS"));

	if (!bus_notify(bus, &n, &id, &has_actions, &e))
		fail_msg("%s", e.text);
	assert_int_equal(id, 1);
	assert_true(has_actions);
	assert_false(bus_wait_action(bus, id, 100, key, sizeof(key))); /* nobody presses */
	assert_string_equal(key, "");

	pid_t pid = fork();

	if (pid == 0) {
		usleep(300000);
		_exit(world_ask(w, press) ? 0 : 1);
	}
	assert_true(bus_wait_action(bus, id, PATIENCE_MS, key, sizeof(key)));
	assert_string_equal(key, "skip");
	waitpid(pid, NULL, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nobody_there_means_not_known),
		TEST(a_metered_network_is_told),
		TEST(a_battery_and_its_charge_are_told),
		TEST(logind_keeps_the_machine_up),
		TEST(a_unit_is_told_in_its_managers_words),
		TEST(without_a_manager_no_unit_is_started),
		TEST(a_notification_is_shown),
	};
	const char *ci = getenv("CI");
	bool is_ci = ci != NULL && text_equal(ci, "true");

	if (!is_ci && (access("/usr/bin/dbus-daemon", X_OK) != 0 ||
			      access("/usr/bin/busctl", X_OK) != 0 ||
			      access("/usr/lib/python3/dist-packages/dbusmock", F_OK) != 0)) {
		puts("needs dbus-daemon, busctl, python3-dbusmock");
		return SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
