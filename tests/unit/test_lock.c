/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/lock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "updaters/lib/clock.h"

struct waits {
	int n_told;
	pid_t holder;
	char verb[32];
	bool stop;
};

static void on_wait(void *user, pid_t holder, const char *holder_verb)
{
	struct waits *w = user;

	w->n_told++;
	w->holder = holder;
	snprintf(w->verb, sizeof(w->verb), "%s", holder_verb);
}

static bool is_stopped(void *user)
{
	struct waits *w = user;

	return w->stop && w->n_told > 0;
}

struct place {
	char folder[64];
	char path[96];
};

static int place_make(void **out)
{
	struct place *p = calloc(1, sizeof(*p));

	snprintf(p->folder, sizeof(p->folder), "/tmp/test_lock.XXXXXX");
	if (mkdtemp(p->folder) == NULL)
		return -1;
	snprintf(p->path, sizeof(p->path), "%s/lock", p->folder);
	*out = p;
	return 0;
}

static int place_drop(void **ptr)
{
	struct place *p = *ptr;

	unlink(p->path);
	rmdir(p->folder);
	free(p);
	return 0;
}

/* A process that holds the lock for so long, or until it is killed. */
static pid_t start_holder(const char *path, unsigned hold_ms)
{
	int ready[2];

	assert_int_equal(pipe(ready), 0);

	pid_t pid = fork();

	if (pid == 0) {
		struct lock_options o = {.path = path, .verb = "upgrade"};
		struct timespec t = {
			.tv_sec = hold_ms / 1000, .tv_nsec = hold_ms % 1000 * 1000000L};
		struct lock *lock = NULL;

		if (!lock_take(&o, &lock, NULL) || write(ready[1], "x", 1) != 1)
			_exit(1);
		nanosleep(&t, NULL);
		_exit(0);
	}

	char byte;

	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void free_it_is_taken_at_once(void **ptr)
{
	const struct place *p = *ptr;
	struct lock_options o = {.path = p->path, .verb = "check"};
	struct lock *lock = NULL;
	struct stat st;
	struct err e = {0};

	assert_true(lock_take(&o, &lock, &e));
	assert_int_equal(stat(p->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	lock_release(lock);
	assert_true(lock_take(&o, &lock, &e));
	lock_release(lock);
}

static void held_it_names_the_holder(void **ptr)
{
	const struct place *p = *ptr;
	pid_t holder = start_holder(p->path, 20000);
	struct waits waits = {0};
	struct lock_options o = {
		.path = p->path, .verb = "check", .on_wait = on_wait, .user = &waits};
	struct lock *lock = NULL;
	struct err e = {0};
	char expected[64];

	assert_false(lock_take(&o, &lock, &e));
	assert_int_equal(e.code, ERR_LOCK);
	snprintf(expected, sizeof(expected), "(upgrade, pid %d)", (int)holder);
	assert_non_null(strstr(e.text, expected));
	assert_int_equal(waits.n_told, 0);

	/* a wait that ends by the clock */
	o.wait_ms = 300;
	assert_false(lock_take(&o, &lock, &e));
	assert_int_equal(waits.n_told, 1);
	assert_int_equal(waits.holder, holder);
	assert_string_equal(waits.verb, "upgrade");

	/* a wait for ever that is stopped */
	o.wait_ms = UINT64_MAX;
	o.is_stopped = is_stopped;
	waits = (struct waits){.stop = true};
	assert_false(lock_take(&o, &lock, &e));
	assert_int_equal(e.code, ERR_LOCK);

	/* killed: the kernel lets go */
	kill(holder, SIGKILL);
	o.is_stopped = NULL;
	assert_true(lock_take(&o, &lock, &e));
	waitpid(holder, NULL, 0);
	lock_release(lock);
}

static void waiting_gets_it(void **ptr)
{
	const struct place *p = *ptr;
	pid_t holder = start_holder(p->path, 400);
	struct lock_options o = {.path = p->path, .verb = "check", .wait_ms = 10000};
	struct lock *lock = NULL;
	struct err e = {0};
	uint64_t start_ms = clock_now_ms();

	assert_true(lock_take(&o, &lock, &e));
	assert_true(clock_now_ms() - start_ms >= 200);
	lock_release(lock);
	waitpid(holder, NULL, 0);
}

/* As the kernel's list shows it, without locking anything. */
static void everybody_may_ask_who_holds_it(void **ptr)
{
	const struct place *p = *ptr;
	pid_t holder, pid = 0;

	assert_false(lock_holder(p->path, &pid)); /* no file */
	holder = start_holder(p->path, 20000);
	assert_true(lock_holder(p->path, &pid));
	assert_int_equal(pid, holder);
	kill(holder, SIGKILL);
	waitpid(holder, NULL, 0);
	assert_false(lock_holder(p->path, &pid));
}

static void the_kernels_list_is_read(void **ptr)
{
	static const char list[] = "1: POSIX  ADVISORY  WRITE 584 08:01:408224 0 EOF\n"
				   "2: FLOCK  ADVISORY  WRITE 4711 00:18:1234 0 EOF\n"
				   "2: -> FLOCK  ADVISORY  WRITE 4712 00:18:77 0 EOF\n"
				   "3: OFDLCK ADVISORY  READ -1 08:01:99 0 EOF\n"
				   "4: FLOCK  ADVISORY\n5: FLOCK ADVISORY WRITE x y 0 EOF\n";
	static const struct {
		unsigned major, minor;
		ino_t inode;
		pid_t pid; /* 0: nobody */
	} cases[] = {
		{8, 1, 408224, 584},
		{8, 2, 408224, 0}, /* the same number on another disk */
		{0, 0x18, 1234, 4711},
		{0, 0x2b, 1234, 0}, /* nor of another tmpfs */
		{0, 0x18, 77, 0},   /* that one only waits */
		{8, 1, 99, -1},
		{8, 1, 1, 0},
	};

	(void)ptr;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		dev_t device = makedev(cases[i].major, cases[i].minor);
		char text[sizeof(list)];
		pid_t pid = 0;

		memcpy(text, list, sizeof(list));
		if (lock_holder_parse(text, device, cases[i].inode, &pid) != (cases[i].pid != 0) ||
			pid != cases[i].pid)
			fail_msg("case %zu: %d", i, (int)pid);
	}
}

static void a_link_is_refused(void **ptr)
{
	const struct place *p = *ptr;
	struct lock_options o = {.path = p->path, .verb = "check"};
	struct lock *lock = NULL;
	struct err e = {0};

	assert_int_equal(symlink("/tmp/elsewhere", p->path), 0);
	assert_false(lock_take(&o, &lock, &e));
	assert_int_equal(e.code, ERR_STATE);
}

static void asked_from_outside_it_names_the_holder(void **ptr)
{
	const struct place *p = *ptr;
	struct lock_options o = {.path = p->path, .verb = "check"};
	struct lock *lock = NULL;
	struct err e = {0};
	char verb[32] = "?", other[128];
	pid_t holder;

	assert_int_equal(lock_look(p->path, verb, sizeof(verb)), 0); /* no file */
	assert_string_equal(verb, "");
	assert_true(lock_take(&o, &lock, &e));
	assert_int_equal(lock_look(p->path, verb, sizeof(verb)), getpid());
	assert_string_equal(verb, "check");
	lock_release(lock);
	/* the file is still there, and another one beside it is locked */
	snprintf(other, sizeof(other), "%s.other", p->path);
	o.path = other;
	assert_true(lock_take(&o, &lock, &e));
	assert_int_equal(lock_look(p->path, verb, sizeof(verb)), 0);
	lock_release(lock);
	unlink(other);
	assert_string_equal(verb, "");

	holder = start_holder(p->path, 20000);
	assert_int_equal(lock_look(p->path, verb, sizeof(verb)), holder);
	assert_string_equal(verb, "upgrade");
	kill(holder, SIGKILL);
	waitpid(holder, NULL, 0);
	assert_int_equal(lock_look(p->path, verb, sizeof(verb)), 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, place_make, place_drop)
	const struct CMUnitTest tests[] = {
		TEST(free_it_is_taken_at_once),
		TEST(held_it_names_the_holder),
		TEST(waiting_gets_it),
		TEST(everybody_may_ask_who_holds_it),
		TEST(the_kernels_list_is_read),
		TEST(a_link_is_refused),
		TEST(asked_from_outside_it_names_the_holder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
