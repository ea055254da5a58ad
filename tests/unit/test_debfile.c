/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packages are made by dpkg-deb on the spot; damaged ones are cut and glued from those. */
#include "updaters/lib/debfile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "updaters/lib/text.h"

enum { FILE_MAX = 1 << 20 };

static const char *const packings[] = {"none", "gzip", "xz", "zstd"};
static const char *const suffixes[] = {"", ".gz", ".xz", ".zst"};

struct bytes {
	char data[FILE_MAX];
	size_t len;
};

/* What every test starts from: one package in each packing, and the parts of the first. */
struct world {
	char folder[64];
	struct bytes packages[ARRAY_SIZE(packings)];
};

/* --- making packages --------------------------------------------------------- */

static void run(const char *const *argv)
{
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		dup2(null, STDOUT_FILENO);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void read_file(const char *path, struct bytes *out)
{
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	out->len = fread(out->data, 1, sizeof(out->data), file);
	fclose(file);
	assert_true(out->len > 0 && out->len < sizeof(out->data));
}

static int make_packages(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	char path[128], from[80], packing[32];

	memcpy(world->folder, "/tmp/test_debfile.XXXXXX", 25);
	assert_non_null(mkdtemp(world->folder));
	snprintf(from, sizeof(from), "%s/probe", world->folder);
	assert_int_equal(mkdir(from, 0755), 0);
	snprintf(path, sizeof(path), "%s/DEBIAN", from);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/DEBIAN/control", from);
	write_text(path, "Package: probe\nVersion: 2026.08.2+4-1755790000\nArchitecture: amd64\n"
			 "Maintainer: A <a@example.org>\nDescription: a probe\n of two lines\n");
	snprintf(path, sizeof(path), "%s/content", from);
	write_text(path, "some data\n");
	for (size_t i = 0; i < ARRAY_SIZE(packings); i++) {
		snprintf(packing, sizeof(packing), "-Z%s", packings[i]);
		snprintf(path, sizeof(path), "%s/%s.deb", world->folder, packings[i]);
		run((const char *[]){
			"dpkg-deb", "--root-owner-group", packing, "-b", from, path, NULL});
		read_file(path, &world->packages[i]);
	}
	*state = world;
	return 0;
}

static int remove_packages(void **state)
{
	struct world *world = *state;

	run((const char *[]){"rm", "-r", world->folder, NULL});
	free(world);
	return 0;
}

/* Where a member's header and its end (padding counted) lie. */
static void member_find(
	const struct bytes *package, size_t index, size_t *out_start, size_t *out_end)
{
	size_t at = 8;

	for (size_t i = 0;; i++) {
		size_t size = strtoul(package->data + at + 48, NULL, 10);
		size_t end = at + 60 + size + size % 2;

		assert_true(end <= package->len);
		if (i == index) {
			*out_start = at;
			*out_end = end;
			return;
		}
		at = end;
	}
}

static void add_member(struct bytes *to, const struct bytes *from, size_t index)
{
	size_t start = 0, end = 0;

	member_find(from, index, &start, &end);
	memcpy(to->data + to->len, from->data + start, end - start);
	to->len += end - start;
}

static void add_new(struct bytes *to, const char *name, const char *content)
{
	size_t len = strlen(content);

	to->len += (size_t)snprintf(to->data + to->len, sizeof(to->data) - to->len,
		"%-16s%-12d%-6d%-6d%-8o%-10zu`\n%s%s", name, 0, 0, 0, 0100644u, len, content,
		len % 2 == 1 ? "\n" : "");
}

static void begin(struct bytes *out)
{
	memcpy(out->data, "!<arch>\n", 8);
	out->len = 8;
}

static bool check(const struct bytes *package, struct dpkg_control *out, struct err *e)
{
	SCOPED_CLOSE int fd = memfd_create("package", MFD_CLOEXEC);

	assert_int_equal(write(fd, package->data, package->len), (ssize_t)package->len);
	return debfile_check(fd, NULL, out, e);
}

static void assert_refused(const struct bytes *package, const char *why)
{
	struct dpkg_control control;
	struct err e = {0};

	if (check(package, &control, &e))
		fail_msg("%s was taken", why);
	assert_int_equal(e.code, ERR_STRUCTURE);
	if (strstr(e.text, why) == NULL)
		fail_msg("\"%s\" instead of \"%s\"", e.text, why);
}

static void assert_is_probe(const struct dpkg_control *control)
{
	assert_string_equal(control->package, "probe");
	assert_string_equal(control->version, "2026.08.2+4-1755790000");
	assert_string_equal(control->architecture, "amd64");
}

/* --- whole packages ---------------------------------------------------------- */

static void every_packing_is_read(void **state)
{
	struct world *world = *state;

	for (size_t i = 0; i < ARRAY_SIZE(packings); i++) {
		struct dpkg_control control = {0};
		struct err e = {0};

		if (!check(&world->packages[i], &control, &e))
			fail_msg("%s: %s", packings[i], e.text);
		assert_is_probe(&control);
	}
}

static void members_behind_the_data_may_stand_there(void **state)
{
	struct world *world = *state;
	SCOPED_FREE struct bytes *package = malloc(sizeof(*package));
	struct dpkg_control control = {0};
	struct err e = {0};

	*package = world->packages[2];
	add_new(package, "_gpgbuilder", "signature");
	assert_true(check(package, &control, &e));
	assert_is_probe(&control);
	add_new(package, "other", "x");
	assert_refused(package, "member \"other\" behind the data");
}

static void order_and_number_of_members_matter(void **state)
{
	struct world *world = *state;
	const struct bytes *xz = &world->packages[2];
	static const struct {
		const char *order; /* members by index; "_" is an extra one */
		const char *why;
	} cases[] = {{"012", NULL}, {"021", "data.tar.xz\" where control.tar"},
		{"0112", "control.tar.xz\" where data.tar"}, {"0122", "behind the data"},
		{"0121", "behind the data"}, {"102", "where debian-binary"},
		{"12", "where debian-binary"}, {"02", "where control.tar"}, {"01", "no data"},
		{"0", "within its head"}, {"0_12", "\"_extra\" where control.tar"},
		{"01_2", "\"_extra\" where data.tar"}, {"012__", NULL},
		{"012______________", "over 16 members"}, {"", "within its head"}};
	SCOPED_FREE struct bytes *package = malloc(sizeof(*package));

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct dpkg_control control = {0};

		begin(package);
		for (const char *at = cases[i].order; *at != '\0'; at++)
			if (*at == '_')
				add_new(package, "_extra", "x");
			else
				add_member(package, xz, (size_t)(*at - '0'));
		if (cases[i].why != NULL)
			assert_refused(package, cases[i].why);
		else
			assert_true(check(package, &control, NULL));
	}
}

static void names_and_formats_are_exact(void **state)
{
	struct world *world = *state;
	const struct bytes *xz = &world->packages[2];
	static const struct {
		const char *name, *format, *control, *why;
	} cases[] = {{"debian-binary", "2.0\n", NULL, NULL},
		{"debian-binary/", "2.1\nmore\n", NULL, NULL},
		{"debian-binary", "3.0\n", NULL, "format 2"},
		{"debian-binary", "2.0", NULL, "format 2"},
		{"debian-binary", "2.\n", NULL, "format 2"},
		{"debian-binary", "2.0x\n", NULL, "format 2"},
		{"debian-binary", "", NULL, "of 0 bytes"},
		{"debian-binary.gz", "2.0\n", NULL, "packed"},
		{"Debian-binary", "2.0\n", NULL, "where debian-binary"},
		{"debian-binary", "2.0\n", "control.tar.bz2", "packed in an unknown way"},
		{"debian-binary", "2.0\n", "control.tar.lz4", "packed in an unknown way"},
		{"debian-binary", "2.0\n", "control.tar.xzz", "packed in an unknown way"},
		{"debian-binary", "2.0\n", "control.tar.gz", "damaged"},
		{"debian-binary", "2.0\n", "control.tar", "damaged"},
		{"debian-binary", "2.0\n", "control.tar.zst", "no single zst stream"},
		{"debian-binary", "2.0\n", "control.tar.xz", "damaged"}};
	SCOPED_FREE struct bytes *package = malloc(sizeof(*package));

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct dpkg_control control = {0};

		begin(package);
		add_new(package, cases[i].name, cases[i].format);
		if (cases[i].control != NULL)
			add_new(package, cases[i].control, "no packed tar, only some text");
		else
			add_member(package, xz, 1);
		add_member(package, xz, 2);
		if (cases[i].why != NULL)
			assert_refused(package, cases[i].why);
		else
			assert_true(check(package, &control, NULL));
	}
}

static void a_package_cut_anywhere_is_refused(void **state)
{
	struct world *world = *state;
	SCOPED_FREE struct bytes *package = malloc(sizeof(*package));

	*package = world->packages[2];
	for (package->len = 0; package->len < world->packages[2].len; package->len++)
		assert_refused(package, "");
	package->len = world->packages[2].len + 1;
	package->data[package->len - 1] = '\n';
	assert_refused(package, "ends too early");
}

/* Each column of the second header, spoilt. */
static void headers_are_exact(void **state)
{
	struct world *world = *state;
	static const struct {
		size_t at;
		const char *text;
	} cases[] = {{0, "\0"}, {16, "x"}, {16, "-1"}, {28, "0x"}, {34, "+"}, {40, "9"}, {48, "-"},
		{48, " 1"}, {48, "1e9       "}, {48, "          "}, {48, "9999999999"},
		{48, "4294967295"}, {58, "'"}, {59, "\r"}};
	SCOPED_FREE struct bytes *package = malloc(sizeof(*package));
	size_t start = 0, end = 0;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t len = strlen(cases[i].text);

		*package = world->packages[2];
		member_find(package, 1, &start, &end);
		memcpy(package->data + start + cases[i].at, cases[i].text, len > 0 ? len : 1);
		assert_refused(package, "");
	}
	*package = world->packages[2];
	package->data[3] = 'X';
	assert_refused(package, "no ar archive");
	begin(package);
	add_new(package, "debian-binary", "2.0\nx");
	package->data[package->len - 1] = 'x'; /* its padding */
	add_member(package, &world->packages[2], 1);
	add_member(package, &world->packages[2], 2);
	assert_refused(package, "wrong byte behind");
}

/* Whatever single bit is wrong in the head: an answer, not a crash; and never another name. */
static void flipped_bits_do_no_harm(void **state)
{
	struct world *world = *state;
	SCOPED_FREE struct bytes *package = malloc(sizeof(*package));
	size_t start = 0, end = 0;

	*package = world->packages[2];
	member_find(package, 1, &start, &end);
	for (size_t i = 0; i < end; i++) {
		struct dpkg_control control = {0};

		package->data[i] = (char)(package->data[i] ^ (1 << i % 8));
		if (check(package, &control, NULL))
			assert_is_probe(&control);
		package->data[i] = (char)(package->data[i] ^ (1 << i % 8));
	}
}

/* --- what lies in the control member ----------------------------------------- */

/* A package whose control member is made by tar from a folder that a shell line fills. */
static void pack_control(struct world *world, const char *fill, struct bytes *out)
{
	char script[1024], path[128];
	SCOPED_FREE struct bytes *tar = calloc(1, sizeof(*tar));
	size_t pad;

	snprintf(script, sizeof(script),
		"set -e; cd %s; rm -rf c; mkdir c; cd c; cp ../probe/DEBIAN/control good; %s",
		world->folder, fill);
	run((const char *[]){"/bin/sh", "-c", script, NULL});
	snprintf(path, sizeof(path), "%s/c/out", world->folder);
	read_file(path, tar);
	begin(out);
	add_new(out, "debian-binary", "2.0\n");
	pad = out->len;
	add_new(out, "control.tar.gz", "");
	snprintf(script, sizeof(script), "%-10zu", tar->len);
	memcpy(out->data + pad + 48, script, 10);
	memcpy(out->data + out->len, tar->data, tar->len);
	out->len += tar->len;
	if (tar->len % 2 == 1)
		out->data[out->len++] = '\n';
	add_member(out, &world->packages[2], 2);
}

static void control_must_be_one_small_file(void **state)
{
	struct world *world = *state;
	static const struct {
		const char *fill, *why; /* why NULL: taken */
	} cases[] = {
		{"cp good control; tar czf out control", NULL},
		{"cp good control; tar czf out ./control", NULL},
		{"cp good control; cp good a; cp good z; tar czf out a control z", NULL},
		{"cp good control; tar czf out control good ./control --hard-dereference", "twice"},
		{"tar czf out good", "not in the package"},
		{"mkdir x; cp good x/control; tar czf out x", "x is no regular file"},
		{"mkdir x; cp good x/control; tar czf out x/control", "x/control lies in a folder"},
		{"ln -s good control; tar czf out good control", "no regular file"},
		{"mkdir control; tar czf out control", "no regular file"},
		{"ln good control; tar czf out good control", "no regular file"},
		{"mkfifo control; tar czf out control", "a device, a pipe"},
		{": > control; tar czf out control", "no regular file"},
		{"head -c 1048577 /dev/zero > control; tar czf out control", "no regular file"},
		{"cp good control; truncate -s 65M big; tar czf out big control", "over 64 MiB"},
		{"cp good control; seq 5000 | while read n; do : > f$n; done; tar czf out control "
		 "f*",
			"over 256 entries"},
		{"cp good control; tar cf - control | gzip | head -c 100 > out", "damaged"},
		{"cp good control; tar cf - control | xz > out", "damaged"},
		{"echo 'no tar at all' | gzip > out", "damaged"},
		{"cat good good > control; tar czf out control", ""},
		{"(cat good; printf 'Package: other\\n') > control; tar czf out control", ""},
	};
	SCOPED_FREE struct bytes *package = malloc(sizeof(*package));

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct dpkg_control control = {0};
		struct err e = {0};

		pack_control(world, cases[i].fill, package);
		if (cases[i].why != NULL)
			assert_refused(package, cases[i].why);
		else if (!check(package, &control, &e))
			fail_msg("%s: %s", cases[i].fill, e.text);
		else
			assert_is_probe(&control);
	}
}

/* --- the head as it arrives -------------------------------------------------- */

static void the_head_is_ready_when_control_is_whole(void **state)
{
	struct world *world = *state;

	for (size_t i = 0; i < ARRAY_SIZE(packings); i++) {
		const struct bytes *package = &world->packages[i];
		SCOPED(debhead_free) struct debhead *h = debhead_new();
		struct dpkg_control control = {0};
		size_t start = 0, end = 0, at = 0;
		enum debhead_state now = DEBHEAD_MORE;

		member_find(package, 1, &start, &end);
		end = start + 60 + strtoul(package->data + start + 48, NULL, 10);
		for (; now == DEBHEAD_MORE; at++) {
			assert_false(debhead_control(h, &control, NULL));
			now = debhead_feed(h, package->data + at, 1, NULL);
		}
		assert_int_equal(now, DEBHEAD_READY);
		assert_int_equal(at, end);
		assert_int_equal(debhead_feed(h, "more", 4, NULL), DEBHEAD_READY);
		assert_true(debhead_control(h, &control, NULL));
		assert_is_probe(&control);
		assert_non_null(strstr(package->data + start, suffixes[i]));
	}
}

static void a_bad_head_stays_bad_until_restarted(void **state)
{
	struct world *world = *state;
	const struct bytes *package = &world->packages[0];
	SCOPED(debhead_free) struct debhead *h = debhead_new();
	struct dpkg_control control = {0};
	struct err e = {0}, again = {0};

	assert_int_equal(debhead_feed(h, "<html>\n<head>", 13, &e), DEBHEAD_BAD);
	assert_int_equal(e.code, ERR_STRUCTURE);
	assert_int_equal(debhead_feed(h, package->data, package->len, &again), DEBHEAD_BAD);
	assert_string_equal(again.text, e.text);
	assert_false(debhead_control(h, &control, &e));
	debhead_restart(h);
	assert_int_equal(debhead_feed(h, package->data, 30, NULL), DEBHEAD_MORE);
	debhead_restart(h);
	assert_int_equal(debhead_feed(h, package->data, package->len, NULL), DEBHEAD_READY);
	assert_true(debhead_control(h, &control, NULL));
}

static void a_huge_control_member_is_refused_at_its_header(void **state)
{
	SCOPED_FREE struct bytes *package = malloc(sizeof(*package));
	SCOPED(debhead_free) struct debhead *h = debhead_new();
	struct err e = {0};

	(void)state;
	begin(package);
	add_new(package, "debian-binary", "2.0\n");
	add_new(package, "control.tar.xz", "");
	memcpy(package->data + package->len - 12, "1048577   ", 10);
	assert_int_equal(debhead_feed(h, package->data, package->len, &e), DEBHEAD_BAD);
	assert_string_equal(e.text, "member \"control.tar.xz\" of 1048577 bytes");
}

/* --- other descriptors, a real package --------------------------------------- */

static void only_a_file_is_a_package(void **state)
{
	SCOPED_CLOSE int folder = open("/tmp", O_RDONLY | O_CLOEXEC);
	struct dpkg_control control = {0};
	struct err e = {0};

	(void)state;
	assert_false(debfile_check(folder, NULL, &control, &e));
	assert_int_equal(e.code, ERR_STRUCTURE);
	assert_false(debfile_check(-1, NULL, &control, &e));
	assert_int_equal(e.code, ERR_STRUCTURE);
}

static void a_distributions_package_is_read(void **state)
{
	struct world *world = *state;
	char script[256], path[128];
	struct dpkg_control control = {0};
	struct err e = {0};

	/* Without a network there is no such file, and nothing to test. */
	snprintf(script, sizeof(script),
		"cd %s && timeout 60 apt-get download hostname >/dev/null 2>&1 && "
		"mv hostname_*.deb real.deb || true",
		world->folder);
	run((const char *[]){"/bin/sh", "-c", script, NULL});
	snprintf(path, sizeof(path), "%s/real.deb", world->folder);
	SCOPED_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		skip();
	if (!debfile_check(fd, NULL, &control, &e))
		fail_msg("%s: %s", path, e.text);
	assert_string_equal(control.package, "hostname");
	assert_true(dpkg_version_is_valid(control.version));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_packing_is_read),
		cmocka_unit_test(members_behind_the_data_may_stand_there),
		cmocka_unit_test(order_and_number_of_members_matter),
		cmocka_unit_test(names_and_formats_are_exact),
		cmocka_unit_test(a_package_cut_anywhere_is_refused),
		cmocka_unit_test(headers_are_exact),
		cmocka_unit_test(flipped_bits_do_no_harm),
		cmocka_unit_test(control_must_be_one_small_file),
		cmocka_unit_test(the_head_is_ready_when_control_is_whole),
		cmocka_unit_test(a_bad_head_stays_bad_until_restarted),
		cmocka_unit_test(a_huge_control_member_is_refused_at_its_header),
		cmocka_unit_test(only_a_file_is_a_package),
		cmocka_unit_test(a_distributions_package_is_read),
	};

	return cmocka_run_group_tests(tests, make_packages, remove_packages);
}
