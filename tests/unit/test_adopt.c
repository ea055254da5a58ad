/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/adopt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "updaters/lib/fs.h"
#include "updaters/lib/text.h"

enum { SWAPS_EACH = 1000 };

static const char hello[] = "hello package\n";
#define HELLO_SHA256 "96be2e938a8aeaf30b9195c0abc1d1663239ca1691193b120608329f6e5c30bf"
#define HELLO_SHA512                                                                               \
	"a625d177ef9e3f525c6e1a4a27240c692d12d7ade7aedfdd59918618b1f6d26a"                         \
	"f58eabe7e472a0ed8ba12ae58dadfdd2c191da240a851d5f9ae0855dd2deeb9e"
static const char other_sha256[] =
	"f4b6a6a3a9c3a1a1f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0";

struct world {
	char root[64];
	char staging[96];
	char packages[96];
	char staged[128];
	char target[128];
	struct digests expected;
	uid_t owner;
	pid_t rival; /* who swaps; 0 = nobody */
	struct adopt_spec spec;
	struct adopted out;
	struct err e;
};

static int world_make(void **ptr)
{
	struct world *w = calloc(1, sizeof(*w));

	snprintf(w->root, sizeof(w->root), "/tmp/test_adopt.XXXXXX");
	if (mkdtemp(w->root) == NULL)
		return -1;
	snprintf(w->staging, sizeof(w->staging), "%s/staging", w->root);
	snprintf(w->packages, sizeof(w->packages), "%s/packages", w->root);
	snprintf(w->staged, sizeof(w->staged), "%s/in.deb", w->staging);
	snprintf(w->target, sizeof(w->target), "%s/hello_1_all.deb", w->packages);
	if (mkdir(w->staging, 0755) < 0 || mkdir(w->packages, 0755) < 0 || chmod(w->root, 0755) < 0)
		return -1;
	/* as root the files are another user's, as devupd's staging folder is */
	w->owner = geteuid() == 0 ? 65534 : geteuid();
	if (chown(w->staging, w->owner, (gid_t)-1) < 0 ||
		!digest_of(hello, strlen(hello), w->expected.sha256, NULL))
		return -1;
	w->spec = (struct adopt_spec){.staging = w->staging,
		.file_name = "in.deb",
		.staging_owner = w->owner,
		.packages = w->packages,
		.target_name = "hello_1_all.deb",
		.expected = &w->expected,
		.size_bytes = strlen(hello)};
	*ptr = w;
	return 0;
}

static int n_files(const char *folder, bool remove_them)
{
	DIR *d = opendir(folder);
	int n = 0;

	for (struct dirent *entry = readdir(d); entry != NULL; entry = readdir(d)) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		n++;
		if (remove_them && unlinkat(dirfd(d), entry->d_name, 0) < 0)
			unlinkat(dirfd(d), entry->d_name, AT_REMOVEDIR);
	}
	closedir(d);
	return n;
}

static void rival_end(struct world *w)
{
	if (w->rival > 0) {
		kill(w->rival, SIGKILL);
		waitpid(w->rival, NULL, 0);
	}
	w->rival = 0;
}

static int world_drop(void **ptr)
{
	struct world *w = *ptr;

	rival_end(w);
	n_files(w->staging, true);
	n_files(w->packages, true);
	rmdir(w->staging);
	rmdir(w->packages);
	n_files(w->root, true);
	rmdir(w->root);
	free(w);
	return 0;
}

static void stage(const struct world *w, const char *text)
{
	assert_true(fs_replace(w->staged, text, strlen(text), 0600, NULL));
	assert_int_equal(chown(w->staged, w->owner, (gid_t)-1), 0);
}

static void assert_adopted(struct world *w, bool was_moved)
{
	SCOPED_FREE char *text = NULL;
	struct stat st;

	if (!adopt_file(&w->spec, &w->out, &w->e))
		fail_msg("%s", w->e.text);
	assert_int_equal(w->out.was_moved, was_moved);
	assert_string_equal(w->out.path, w->target);
	assert_string_equal(w->out.digests.sha256, HELLO_SHA256);
	assert_int_equal(w->out.size_bytes, strlen(hello));
	assert_int_equal(stat(w->target, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(st.st_uid, geteuid());
	assert_int_equal(st.st_nlink, 1);
	assert_true(fs_read(w->target, 1000, &text, NULL, NULL));
	assert_string_equal(text, hello);
	assert_int_equal(n_files(w->packages, false), 1);
	assert_int_equal(n_files(w->staging, false), 0);
}

static void assert_refused(struct world *w, enum err_code code)
{
	assert_false(adopt_file(&w->spec, &w->out, &w->e));
	if (w->e.code != code)
		fail_msg("%s: %s", err_token(w->e.code), w->e.text);
	assert_int_equal(n_files(w->packages, false), 0);
}

static void a_good_file_is_moved(void **ptr)
{
	struct world *w = *ptr;
	struct stat before, after;

	stage(w, hello);
	assert_int_equal(stat(w->staged, &before), 0);
	assert_adopted(w, true);
	assert_int_equal(stat(w->target, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
}

static void one_that_is_open_for_writing_is_copied(void **ptr)
{
	struct world *w = *ptr;
	SCOPED_FREE char *text = NULL;

	stage(w, hello);

	SCOPED_CLOSE int fd = open(w->staged, O_WRONLY);

	assert_adopted(w, false);
	/* what the other one writes now goes nowhere */
	assert_int_equal(write(fd, "HACKED", 6), 6);
	assert_true(fs_read(w->target, 1000, &text, NULL, NULL));
	assert_string_equal(text, hello);
}

static void one_on_another_file_system_is_copied(void **ptr)
{
	struct world *w = *ptr;
	char folder[] = "/dev/shm/test_adopt.XXXXXX";
	struct stat here, there;

	if (mkdtemp(folder) == NULL)
		skip();
	stat(folder, &there);
	stat(w->packages, &here);
	if (here.st_dev == there.st_dev) {
		rmdir(folder);
		skip();
	}
	snprintf(w->staged, sizeof(w->staged), "%s/in.deb", folder);
	stage(w, hello);
	w->spec.staging = folder;
	assert_adopted(w, false);
	assert_int_equal(rmdir(folder), 0);
}

static void an_older_one_is_replaced(void **ptr)
{
	struct world *w = *ptr;

	assert_true(fs_replace(w->target, "old", 3, 0644, NULL));
	stage(w, hello);
	assert_adopted(w, true);
}

static void a_leftover_of_a_killed_run_is_no_hindrance(void **ptr)
{
	struct world *w = *ptr;
	char part[160];

	snprintf(part, sizeof(part), "%s/.hello_1_all.deb.part", w->packages);
	assert_int_equal(symlink("/etc/passwd", part), 0);
	stage(w, hello);
	assert_adopted(w, true);
}

static void without_an_expectation_it_is_hashed_all_the_same(void **ptr)
{
	struct world *w = *ptr;

	w->expected.sha256[0] = '\0';
	w->spec.size_bytes = 0;
	stage(w, hello);
	assert_adopted(w, true);
}

static void a_wrong_digest_is_refused_and_removed(void **ptr)
{
	struct world *w = *ptr;

	text_copy_cut(w->expected.sha256, sizeof(w->expected.sha256), other_sha256);
	stage(w, hello);
	assert_refused(w, ERR_DIGEST);
	assert_non_null(strstr(w->e.text, other_sha256));
	assert_non_null(strstr(w->e.text, "has SHA-256 " HELLO_SHA256));
	assert_int_equal(n_files(w->staging, false), 0);
}

/* Moved or copied, SHA-512 is compared as well, be SHA-256 right, wrong or not known. */
static void sha512_is_compared_where_it_is_expected(void **ptr)
{
	struct world *w = *ptr;
	char *sha512 = w->expected.sha512;

	text_copy_cut(sha512, SHA512_HEX_SIZE, HELLO_SHA512);
	stage(w, hello);
	assert_adopted(w, true);
	assert_string_equal(w->out.digests.sha512, HELLO_SHA512);
	assert_int_equal(unlink(w->target), 0);
	sha512[0] = sha512[0] == '0' ? '1' : '0';
	for (int i = 0; i < 2; i++) {
		stage(w, hello);
		if (i == 1) {
			SCOPED_CLOSE int fd = open(w->staged, O_RDONLY);

			assert_false(adopt_copy(fd, &w->spec, &w->out, &w->e));
			assert_int_equal(w->e.code, ERR_DIGEST);
		} else {
			assert_refused(w, ERR_DIGEST);
		}
		assert_non_null(strstr(w->e.text, "has SHA-512 " HELLO_SHA512));
		assert_non_null(strstr(w->e.text, sha512));
		w->expected.sha256[0] = '\0';
	}
}

static void a_wrong_size_is_refused(void **ptr)
{
	struct world *w = *ptr;

	stage(w, "hello package, and more\n");
	assert_refused(w, ERR_TOO_BIG);
	stage(w, "hello\n");
	assert_refused(w, ERR_DIGEST);
	assert_int_equal(n_files(w->staging, false), 0);
}

static void a_link_is_refused(void **ptr)
{
	struct world *w = *ptr;

	assert_int_equal(symlink("/etc/passwd", w->staged), 0);
	assert_refused(w, ERR_STRUCTURE);
}

static void a_second_name_is_refused(void **ptr)
{
	struct world *w = *ptr;
	char second[160];

	stage(w, hello);
	snprintf(second, sizeof(second), "%s/second", w->root);
	assert_int_equal(link(w->staged, second), 0);
	assert_refused(w, ERR_STRUCTURE);
}

static void a_fifo_is_refused_without_waiting(void **ptr)
{
	struct world *w = *ptr;

	assert_int_equal(mkfifo(w->staged, 0666), 0);
	assert_refused(w, ERR_STRUCTURE);
}

static void a_folder_is_refused(void **ptr)
{
	struct world *w = *ptr;

	assert_int_equal(mkdir(w->staged, 0755), 0);
	assert_refused(w, ERR_STRUCTURE);
}

static void another_owner_is_refused(void **ptr)
{
	struct world *w = *ptr;

	stage(w, hello);
	w->spec.staging_owner = w->owner + 1;
	assert_refused(w, ERR_STRUCTURE);
}

static void a_way_out_of_the_folder_is_refused(void **ptr)
{
	struct world *w = *ptr;
	static const char *const names[] = {"", ".", "..", "../in.deb", "/etc/passwd", "a/b"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		stage(w, hello);
		w->spec.file_name = names[i];
		assert_refused(w, ERR_STRUCTURE);
		w->spec.file_name = "in.deb";
		w->spec.target_name = names[i];
		assert_refused(w, ERR_STRUCTURE);
		w->spec.target_name = "hello_1_all.deb";
	}
}

static void a_missing_file_is_an_error(void **ptr)
{
	struct world *w = *ptr;

	assert_refused(w, ERR_STATE);
	assert_int_equal(w->e.sys_errno, ENOENT);
}

/* Somebody who opens the file for writing again and again: no signal kills us, no byte gets in. */
static void a_racing_writer_changes_nothing(void **ptr)
{
	struct world *w = *ptr;

	w->rival = fork();
	if (w->rival == 0) {
		for (;;) {
			int fd = open(w->staged, O_WRONLY | O_NONBLOCK);

			if (fd >= 0)
				close(fd);
		}
	}
	for (int i = 0; i < 200; i++) {
		stage(w, hello);
		if (!adopt_file(&w->spec, &w->out, &w->e))
			fail_msg("%s", w->e.text);
		assert_string_equal(w->out.digests.sha256, HELLO_SHA256);
		assert_int_equal(unlink(w->target), 0);
	}
}

/* 1 TiB that takes no room: refused by its size, where one was told, before a byte is read. */
static void a_sparse_giant_is_refused_unread(void **ptr)
{
	struct world *w = *ptr;

	stage(w, hello);
	assert_int_equal(truncate(w->staged, (off_t)1 << 40), 0);
	assert_refused(w, ERR_TOO_BIG);
	assert_int_equal(n_files(w->staging, false), 0);
}

/* --- swaps while it is taken in ---------------------------------------------- */

/* No fsync: swaps must be quick. */
static void put_quickly(const struct world *w, const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	(void)!write(fd, text, strlen(text));
	(void)!fchown(fd, w->owner, (gid_t)-1);
	close(fd);
}

static void swap_for_other_bytes(const struct world *w, const char *name)
{
	put_quickly(w, name, "EVIL! package\n");
}

static void swap_for_link(const struct world *w, const char *name)
{
	(void)w;
	(void)!symlink("/etc/passwd", name);
}

static void swap_for_fifo(const struct world *w, const char *name)
{
	(void)w;
	mkfifo(name, 0666);
}

static void swap_for_second_name(const struct world *w, const char *name)
{
	char evil[160];

	snprintf(evil, sizeof(evil), "%s/evil", w->root);
	swap_for_other_bytes(w, evil);
	(void)!link(evil, name);
}

static void swap_for_giant(const struct world *w, const char *name)
{
	swap_for_other_bytes(w, name);
	(void)!truncate(name, (off_t)1 << 40);
}

/* Open for writing all the time, and written. */
static void swap_for_one_kept_open(const struct world *w, const char *name)
{
	static int fd = -1;

	if (fd >= 0) {
		(void)!pwrite(fd, "EVIL!", 5, 0);
		close(fd);
	}
	put_quickly(w, name, hello);
	fd = open(name, O_WRONLY | O_CLOEXEC);
}

static void swap_for_folder(const struct world *w, const char *name)
{
	unlink(w->staged); /* no rename puts one over a file */
	mkdir(name, 0777);
}

typedef void swap(const struct world *w, const char *name);

/* Good, swapped, good, swapped, as fast as it goes, until it is killed. */
static void swap_for_ever(const struct world *w, swap *swap_in)
{
	char next[160], good[160];

	snprintf(next, sizeof(next), "%s/next", w->root);
	snprintf(good, sizeof(good), "%s/good", w->root);
	for (;;) {
		put_quickly(w, good, hello);
		rmdir(w->staged);
		(void)!rename(good, w->staged);
		swap_in(w, next);
		(void)!rename(next, w->staged);
	}
}

/* Whatever lies there at whichever step: the good bytes are adopted, in a file that nobody else can
 * reach, or nothing is. */
static void whatever_is_swapped_in_is_never_adopted(void **ptr)
{
	static swap *const swaps[] = {swap_for_other_bytes, swap_for_link, swap_for_fifo,
		swap_for_second_name, swap_for_giant, swap_for_one_kept_open, swap_for_folder};
	struct world *w = *ptr;
	int n_adopted = 0, n_refused = 0;

	for (size_t i = 0; i < ARRAY_SIZE(swaps) * SWAPS_EACH; i++) {
		SCOPED_FREE char *text = NULL;
		struct stat st;

		if (i % SWAPS_EACH == 0) {
			w->rival = fork();
			if (w->rival == 0)
				swap_for_ever(w, swaps[i / SWAPS_EACH]);
		}
		if (adopt_file(&w->spec, &w->out, &w->e)) {
			n_adopted++;
			assert_true(fs_read(w->target, 1000, &text, NULL, NULL));
			assert_string_equal(text, hello);
			assert_int_equal(lstat(w->target, &st), 0);
			assert_true(S_ISREG(st.st_mode) && st.st_nlink == 1);
			assert_int_equal(st.st_uid, geteuid());
			assert_int_equal(unlink(w->target), 0);
		} else {
			n_refused++;
			usleep(50); /* for the other to put something there again */
		}
		assert_int_equal(n_files(w->packages, false), 0);
		if ((i + 1) % SWAPS_EACH == 0) {
			rival_end(w);
			rmdir(w->staged);
		}
	}
	print_message("adopted %d, refused %d\n", n_adopted, n_refused);
	assert_true(n_adopted > 0 && n_refused > 0);
}

static void a_file_in_hand_is_copied_and_kept(void **ptr)
{
	struct world *w = *ptr;
	struct stat st;

	stage(w, hello);

	SCOPED_CLOSE int fd = open(w->staged, O_RDONLY);

	assert_true(adopt_copy(fd, &w->spec, &w->out, &w->e));
	assert_false(w->out.was_moved);
	assert_string_equal(w->out.digests.sha256, HELLO_SHA256);
	assert_int_equal(stat(w->staged, &st), 0);
	assert_int_equal(stat(w->target, &st), 0);
	unlink(w->target);
	/* refused: it stays the person's */
	text_copy_cut(w->expected.sha256, sizeof(w->expected.sha256), other_sha256);
	assert_false(adopt_copy(fd, &w->spec, &w->out, &w->e));
	assert_int_equal(w->e.code, ERR_DIGEST);
	assert_int_equal(stat(w->staged, &st), 0);
	assert_int_equal(n_files(w->packages, false), 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_make, world_drop)
	const struct CMUnitTest tests[] = {
		TEST(a_good_file_is_moved),
		TEST(one_that_is_open_for_writing_is_copied),
		TEST(one_on_another_file_system_is_copied),
		TEST(an_older_one_is_replaced),
		TEST(a_leftover_of_a_killed_run_is_no_hindrance),
		TEST(without_an_expectation_it_is_hashed_all_the_same),
		TEST(a_wrong_digest_is_refused_and_removed),
		TEST(sha512_is_compared_where_it_is_expected),
		TEST(a_wrong_size_is_refused),
		TEST(a_link_is_refused),
		TEST(a_second_name_is_refused),
		TEST(a_fifo_is_refused_without_waiting),
		TEST(a_folder_is_refused),
		TEST(another_owner_is_refused),
		TEST(a_way_out_of_the_folder_is_refused),
		TEST(a_missing_file_is_an_error),
		TEST(a_racing_writer_changes_nothing),
		TEST(a_sparse_giant_is_refused_unread),
		TEST(whatever_is_swapped_in_is_never_adopted),
		TEST(a_file_in_hand_is_copied_and_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
