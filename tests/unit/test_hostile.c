/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Packages that lie, one lie each. What we take, dpkg-deb takes too and reads the same; the rest is
 * refused with the reason told.
 */
#include "hostile_package.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static void assert_refused(const struct buf *deb, const char *what, const char *why)
{
	struct dpkg_control control;
	struct err e = {0};

	if (hostile_check(deb, &control, &e))
		fail_msg("taken: %s", what);
	assert_int_equal(e.code, ERR_STRUCTURE);
	if (strstr(e.text, why) == NULL)
		fail_msg("%s: \"%s\" instead of \"%s\"", what, e.text, why);
}

static void assert_field(const struct buf *deb, const char *field, const char *ours)
{
	char theirs[256];

	hostile_dpkg_field(deb, field, theirs, sizeof(theirs));
	assert_string_equal(theirs, ours);
}

static void assert_taken_alike(const struct buf *deb, const char *what)
{
	struct dpkg_control control;
	struct err e = {0};

	if (!hostile_check(deb, &control, &e))
		fail_msg("%s: %s", what, e.text);
	if (!hostile_dpkg_takes(deb))
		fail_msg("dpkg-deb refuses %s", what);
	assert_field(deb, "Package", control.package);
	assert_field(deb, "Version", control.version);
	assert_field(deb, "Architecture", control.architecture);
}

/* --- control's text ---------------------------------------------------------- */

#define REST "Maintainer: A <a@example.org>\nDescription: a probe\n"

static void control_has_one_meaning(void **state)
{
	static const struct {
		const char *text, *why; /* why NULL: taken, and dpkg reads the same */
	} cases[] = {
		{HOSTILE_CONTROL, NULL},
		{"Package: probe\nVersion: 1.0\nArchitecture: all\n" REST, NULL},
		{"PACKAGE: probe\nversion:1.0\nArchitecture:\t amd64\n" REST, NULL},
		{"Package: probe\nVersion: 0:1.0\nArchitecture: amd64\n" REST, NULL},
		{"Package: probe\nVersion: 00:1:2\nArchitecture: amd64\n" REST, NULL},
		{"Package: probe\nVersion: 0012:1.0:2\nArchitecture: amd64\n" REST, NULL},
		{HOSTILE_CONTROL "Package: other\n", "two Package"},
		{HOSTILE_CONTROL "package: other\n", "two Package"},
		{HOSTILE_CONTROL "PACKAGE: probe\n", "two Package"},
		{HOSTILE_CONTROL "Version: 9\n", "two Version"},
		{HOSTILE_CONTROL "ARCHITECTURE: all\n", "two Architecture"},
		{HOSTILE_CONTROL "\nPackage: other\n", "second paragraph"},
		{HOSTILE_CONTROL " \nPackage: other\n", "line of blanks"},
		{HOSTILE_CONTROL "\t\n", "line of blanks"},
		{HOSTILE_CONTROL "\n\n", NULL},
		{"\n" HOSTILE_CONTROL, NULL},
		{HOSTILE_CONTROL "Essential : yes\n", "no field"},
		{HOSTILE_CONTROL "-X: y\n", "no field"},
		{HOSTILE_CONTROL "# remark\n", "no field"},
		{HOSTILE_CONTROL "#: remark\n", "no field"},
		{HOSTILE_CONTROL "X: y\n", "no field"},
		{HOSTILE_CONTROL "\xC3\xB6x: y\n", "no field"},
		{HOSTILE_CONTROL "X-A: y\nx-a: z\n", "two X-A"},
		{HOSTILE_CONTROL "Depends: a\nDepends: b\n", "two Depends"},
		{HOSTILE_CONTROL "Section: x", "does not end with a line"},
		{"Package: probe\n other\nVersion: 1.0\nArchitecture: amd64\n" REST, "stray line"},
		{"Package:\n probe\nVersion: 1.0\nArchitecture: amd64\n" REST, ""},
		{"Package: probe\nVersion: 1.0\n\t.1\nArchitecture: amd64\n" REST, "stray line"},
		{"Package: probe\nVersion:\n 1.0\nArchitecture: amd64\n" REST, ""},
		{" Package: probe\n" HOSTILE_CONTROL, "stray line"},
		{"no colon\n" HOSTILE_CONTROL, "no field"},
		{": empty\n" HOSTILE_CONTROL, "no field"},
		{"Package: probe\r\nVersion: 1.0\nArchitecture: amd64\n" REST, "control bytes"},
		{HOSTILE_CONTROL "X: \x1b[2J\n", "control bytes"},
		{HOSTILE_CONTROL "X: \x7f\n", "control bytes"},
		{"Package: probe\b\nVersion: 1.0\nArchitecture: amd64\n" REST, "control bytes"},
		{"\xEF\xBB\xBF" HOSTILE_CONTROL, ""},
		{"Package : probe\nVersion: 1.0\nArchitecture: amd64\n" REST, ""},
		{"Package: Probe\nVersion: 1.0\nArchitecture: amd64\n" REST, "no valid Package"},
		{"Package: pr\xC3\xB6"
		 "be\nVersion: 1.0\nArchitecture: amd64\n" REST,
			"no valid Package"},
		{"Package: ../probe\nVersion: 1.0\nArchitecture: amd64\n" REST, "no valid Package"},
		{"Package: -probe\nVersion: 1.0\nArchitecture: amd64\n" REST, "no valid Package"},
		{"Package: probe other\nVersion: 1.0\nArchitecture: amd64\n" REST,
			"no valid Package"},
		{"Package: probe:amd64\nVersion: 1.0\nArchitecture: amd64\n" REST,
			"no valid Package"},
		{"Package: p\nVersion: 1.0\nArchitecture: amd64\n" REST, "no valid Package"},
		{"Version: 1.0\nArchitecture: amd64\n" REST, "no valid Package"},
		{"Package: probe\nArchitecture: amd64\n" REST, "no valid Version"},
		{"Package: probe\nVersion: 1.0\n" REST, "no valid Architecture"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		SCOPED_CLEAR(buf_clear) struct buf deb = {0};
		struct hostile_parts parts = {.control = cases[i].text};

		hostile_build(&parts, &deb);
		if (cases[i].why != NULL)
			assert_refused(&deb, cases[i].text, cases[i].why);
		else
			assert_taken_alike(&deb, cases[i].text);
	}
}

static void versions_and_architectures_are_plain(void **state)
{
	static const struct {
		const char *version, *arch;
		bool is_fine;
	} cases[] = {{"1:1.0-1", "amd64", true}, {"1.0~rc1+b1", "amd64", true},
		{"", "amd64", false}, {":1.0", "amd64", false}, {"1:", "amd64", false},
		{"+1:1.0", "amd64", false}, {"-1:1.0", "amd64", false}, {"0x1:1.0", "amd64", false},
		{"2147483648:1.0", "amd64", false}, {"99999999999999999999:1.0", "amd64", false},
		{"1.0 2.0", "amd64", false}, {"1.0/../2", "amd64", false}, {"v1.0", "amd64", false},
		{"1.0-", "amd64", false}, {"1.0_1", "amd64", false}, {"1.0:2", "amd64", false},
		{"1.0$(id)", "amd64", false}, {"1.0", "", false}, {"1.0", "AMD64", false},
		{"1.0", "amd64 all", false}, {"1.0", "amd64,all", false}, {"1.0", "../x", false},
		{"1.0", "-amd64", false}};
	char text[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		SCOPED_CLEAR(buf_clear) struct buf deb = {0};
		struct hostile_parts parts = {.control = text};

		snprintf(text, sizeof(text), "Package: probe\nVersion: %s\nArchitecture: %s\n" REST,
			cases[i].version, cases[i].arch);
		hostile_build(&parts, &deb);
		if (!cases[i].is_fine)
			assert_refused(&deb, text, "control");
		else
			assert_taken_alike(&deb, text);
	}
}

/* However it is written: nobody could remove such a package again. */
static void essential_is_seen_in_every_spelling(void **state)
{
	static const struct {
		const char *line;
		bool is_essential, is_refused;
	} cases[] = {{"", false, false}, {"Essential: no\n", false, false},
		{"Essential: yes\n", true, false}, {"essential:YES\n", true, false},
		{"Essential: true\n", true, false}, {"Protected: yes\n", true, false},
		{"Important: yes\n", true, false}, {"IMPORTANT: Yes\n", true, false},
		{"Essential: no\nEssential: yes\n", true, true}, {"Essential:\n yes\n", true, true},
		{"Essential: no\n yes\n", false, true}};
	char text[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		SCOPED_CLEAR(buf_clear) struct buf deb = {0};
		struct hostile_parts parts = {.control = text};
		struct dpkg_control control = {0};

		snprintf(text, sizeof(text), "%s%s", HOSTILE_CONTROL, cases[i].line);
		hostile_build(&parts, &deb);
		if (hostile_check(&deb, &control, NULL) == cases[i].is_refused ||
			(!cases[i].is_refused && control.is_essential != cases[i].is_essential))
			fail_msg("\"%s\"", cases[i].line);
	}
}

/* --- entries ----------------------------------------------------------------- */

#define A_16    "0123456789abcde/"
#define DEEP    A_16 A_16 A_16 A_16 A_16 A_16 A_16 A_16
#define FOLDERS "a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/"

static void entries_are_what_they_seem(void **state)
{
	static const struct {
		char where; /* 'c' control, 'd' data, 'b' both */
		struct hostile_entry entry;
		const char *why; /* NULL: taken */
	} cases[] = {
		{'b', {.name = "./plain", .content = "x"}, NULL},
		{'b', {.name = "plain"}, NULL},
		{'d', {.name = "./x", .long_name = "./" DEEP "x"}, NULL},
		{'d', {.name = "./link", .type = '2', .target = "/usr/bin/x"}, NULL},
		{'d', {.name = "./hard", .type = '1', .target = "./file"}, NULL},
		{'d', {.name = "./FILE", .content = "another"}, NULL},
		{'d', {.name = "./su", .mode = 04755}, NULL},
		{'b', {.name = "/etc/passwd"}, "absolute"},
		{'b', {.name = "../x"}, "climbs"},
		{'b', {.name = "./a/../../x"}, "climbs"},
		{'b', {.name = "./a/.."}, "climbs"},
		{'d', {.name = "./x", .long_name = "./" DEEP "../x"}, "climbs"},
		{'d', {.name = "./hard", .type = '1', .target = "../../etc/shadow"}, "climbs"},
		{'d', {.name = "./hard", .type = '1', .target = "/etc/shadow"}, "absolute"},
		{'b', {.name = "./a\nb"}, "control bytes"},
		{'b', {.name = "./\x1b[2J"}, "control bytes"},
		{'d', {.name = "./link", .type = '2', .target = "a\nb"}, "leads nowhere"},
		{'d', {.name = "./link", .type = '2'}, "leads nowhere"},
		{'d', {.name = "./x", .long_name = FOLDERS FOLDERS FOLDERS FOLDERS "x"},
			"over 64 folders"},
		{'d', {.name = ""}, "without a name"},
		{'d', {.name = "./"}, "called like a folder"},
		{'d', {.name = "."}, "without a name"},
		{'d', {.name = "./file/"}, "called like a folder"},
		{'b', {.name = "./dev", .type = '3'}, "device"},
		{'b', {.name = "./dev", .type = '4'}, "device"},
		{'b', {.name = "./pipe", .type = '6'}, "pipe"},
		{'b', {.name = "./pax", .type = 'x', .content = "12 path=evil\n"}, "dpkg"},
		{'b', {.name = "./pax", .type = 'g', .content = "12 path=evil\n"}, "dpkg"},
		{'b', {.name = "./sparse", .type = 'S'}, "dpkg"},
		{'b', {.name = "./continued", .type = '7'}, "dpkg"},
		{'b', {.name = "./volume", .type = 'V'}, "dpkg"},
		{'b', {.name = "./multi", .type = 'M'}, "dpkg"},
		{'d', {.name = "./dir", .type = '5', .content = "x"}, "can have none"},
		{'d', {.name = "./l", .type = '2', .target = "a", .content = "x"}, "can have none"},
		{'d', {.name = "./x", .type = 'L', .content = ""}, "impossible length"},
		{'d', {.name = "./x", .type = 'L', .content = "behind it nothing"}, "of no entry"},
		{'c', {.name = "./control", .content = HOSTILE_CONTROL}, "twice"},
		{'c', {.name = "control", .content = HOSTILE_CONTROL}, "twice"},
		{'c', {.name = "./Control", .content = HOSTILE_CONTROL}, "twice"},
		{'c', {.name = "././control", .content = HOSTILE_CONTROL}, "twice"},
		{'c', {.name = "./control", .type = '2', .target = "/etc/passwd"}, "no regular"},
		{'c', {.name = "./control", .type = '1', .target = "md5sums"}, "no regular"},
		{'c', {.name = "./postinst", .type = '2', .target = "/bin/sh"}, "no regular"},
		{'c', {.name = "./folder/", .type = '5'}, "no regular"},
		{'c', {.name = "./folder/file"}, "lies in a folder"},
	};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
		char where = i % 2 == 0 ? 'c' : 'd';
		const struct hostile_entry *entry = &cases[i / 2].entry;
		SCOPED_CLEAR(buf_clear) struct buf deb = {0};
		struct hostile_parts parts = {.more_control = where == 'c' ? entry : NULL,
			.more_data = where == 'd' ? entry : NULL};

		if (cases[i / 2].where != where && cases[i / 2].where != 'b')
			continue;
		hostile_build(&parts, &deb);
		if (cases[i / 2].why != NULL)
			assert_refused(&deb, entry->name, cases[i / 2].why);
		else
			assert_taken_alike(&deb, entry->name);
	}
}

/* --- the tar itself ---------------------------------------------------------- */

/* A package with this as its data, unpacked. */
static void build_around(const struct buf *data, struct buf *out)
{
	static const struct hostile_entry control = {
		.name = "./control", .content = HOSTILE_CONTROL};
	SCOPED_CLEAR(buf_clear) struct buf inner = {0};

	buf_init(&inner, 1 << 20);
	hostile_tar_put(&inner, &control);
	hostile_tar_end(&inner);
	hostile_begin(out);
	hostile_member(out, "debian-binary", "2.0\n", 4);
	hostile_member(out, "control.tar", inner.data, inner.len);
	hostile_member(out, "data.tar", data->data, data->len);
}

static void headers_are_exact(void **state)
{
	static const struct {
		size_t at, len;
		const char *bytes;
		bool is_sealed;
		const char *why;
	} cases[] = {{0, 1, ".", true, NULL}, {0, 1, "X", false, "checksum"},
		{148, 6, "999999", false, "checksum"}, {257, 5, "xstar", true, "unknown form"},
		{262, 1, "x", true, "unknown form"}, {100, 4, "9999", true, "wrong number"},
		{108, 2, "-1", true, "wrong number"}, {136, 3, "1x1", true, "wrong number"},
		{100, 8, "        ", true, "wrong number"}, {124, 3, "00x", true, "wrong size"},
		{124, 12, "00000000012x", true, "wrong size"},
		{124, 12, "\x80\0\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", true, "wrong size"},
		{124, 12, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", true, "wrong size"},
		{124, 12, "77777777777 ", true, "ends too early"},
		{124, 12, "\x80\0\0\0\0\0\0\0\0\0\0\x04", true, NULL},
		{108, 8, "\x80\0\0\0\x7F\0\0\0", true, NULL},
		{124, 12, "00000000000 ", true, NULL}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct hostile_entry file = {.name = "./file", .content = "data"};
		SCOPED_CLEAR(buf_clear) struct buf tar = {0}, deb = {0};

		buf_init(&tar, 1 << 20);
		hostile_tar_put(&tar, &file);
		memcpy(tar.data + cases[i].at, cases[i].bytes, cases[i].len);
		if (cases[i].is_sealed)
			hostile_tar_seal(&tar, 0);
		if (i + 1 == ARRAY_SIZE(cases)) /* no content: the next block is the end */
			tar.len -= 512;
		hostile_tar_end(&tar);
		build_around(&tar, &deb);
		if (cases[i].why != NULL)
			assert_refused(&deb, cases[i].bytes, cases[i].why);
		else
			assert_taken_alike(&deb, cases[i].bytes);
	}
}

static void nothing_stands_behind_the_end(void **state)
{
	static const struct hostile_entry file = {.name = "./file", .content = "data"};
	SCOPED_CLEAR(buf_clear) struct buf tar = {0}, good = {0}, more = {0}, open = {0};

	(void)state;
	buf_init(&tar, 1 << 20);
	hostile_tar_put(&tar, &file);
	build_around(&tar, &open);
	assert_refused(&open, "no end", "ends too early");
	hostile_tar_end(&tar);
	build_around(&tar, &good);
	assert_taken_alike(&good, "the end");
	hostile_tar_put(&tar, &file);
	hostile_tar_end(&tar);
	build_around(&tar, &more);
	assert_refused(&more, "a file behind the end", "bytes behind its end");
}

/* --- packing ----------------------------------------------------------------- */

/* The tar is not read: one that holds 200 MB of zeros is put in its place. */
#define BOMB                                                                                       \
	"(t=$(mktemp -d); truncate -s 200M $t/control; tar -C $t -c --no-recursion ./control; "    \
	"rm -r $t) | "

/* A header for each of more files than any package has; their contents are empty. */
#define CROWD                                                                                      \
	"(perl -e 'for (0..1048576) { $h = pack(\"a100a8a8a8a12a12a8aa100a6a2x247\", "             \
	"sprintf(\"./%x\", $_), \"644\", 0, 0, 0, 0, \" \" x 8, 0, \"\", \"ustar\", \"00\");"      \
	"substr($h, 148, 6) = sprintf(\"%06o\", unpack(\"%32C*\", $h)); print $h }') | "

static void packing_is_what_the_name_says(void **state)
{
	static const struct {
		const char *suffix, *filter, *why;
	} cases[] = {{".xz", "xz", NULL}, {".zst", "zstd -q", NULL}, {".gz", "gzip", NULL},
		{".bz2", "bzip2", NULL}, {".lzma", "lzma", NULL}, {"", "cat", NULL},
		{".xz", "cat", "damaged"}, {".gz", "cat", "damaged"}, {".bz2", "cat", "damaged"},
		{".zst", "cat", "no single"}, {".xz", "gzip", "damaged"}, {".gz", "xz", "damaged"},
		{"", "xz", "damaged"}, {".gz", "gzip | gzip", "not once"}, {".xz", "xz | xz", "no"},
		{".zst", "zstd -q | zstd -q", "not once"}, {".xz", "xz; echo tail", "damaged"},
		{".gz", "gzip; echo tail", "no single"},
		{".zst", "zstd -q; echo tail", "no single"},
		{".xz", "xz; xz < /dev/null", "no single"},
		{".zst", "zstd -q; echo x | zstd -q", "no single"},
		{".bz2", "bzip2; echo x | bzip2", "no single"},
		{".bz2", "bzip2; bzip2 < /dev/null", "no single"},
		{".gz", "gzip; echo x | gzip", ""}, {".xz", "xz | head -c 100", "damaged"},
		{".zst", "zstd -q | head -c 100", "no single"},
		{".gz", "gzip | head -c 100", "damaged"}, {".xz", BOMB "xz -1", "times as many"},
		{".gz", "(cat; head -c 200K /dev/zero) | gzip -1", "behind its end"},
		{".zst", BOMB "zstd -q -1", "times as many"},
		{".bz2", BOMB "bzip2 -9", "times as many"},
		{".gz", CROWD "gzip -1", "over 1048576 entries"}, {".lz4", "cat", "unknown way"},
		{".Z", "cat", "unknown way"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		SCOPED_CLEAR(buf_clear) struct buf deb = {0};
		struct hostile_parts parts = {
			.data_suffix = cases[i].suffix, .data_filter = cases[i].filter};

		hostile_build(&parts, &deb);
		if (cases[i].why != NULL)
			assert_refused(&deb, cases[i].filter, cases[i].why);
		else
			assert_taken_alike(&deb, cases[i].filter);
	}
}

/* The control is read in a download too, before anything else is known of the package. */
static void control_is_no_bomb(void **state)
{
	static const struct {
		const char *suffix, *filter, *why;
	} cases[] = {{".xz", BOMB "xz -1", "1 to 1048576"}, {".gz", "gzip | gzip", "not once"},
		{".xz", "xz; xz < /dev/null", "no single"}, {".zst", "zstd -q", NULL},
		{".bz2", "bzip2", "unknown way"}, {".lzma", "lzma", "unknown way"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		SCOPED_CLEAR(buf_clear) struct buf deb = {0};
		struct hostile_parts parts = {
			.control_suffix = cases[i].suffix, .control_filter = cases[i].filter};

		hostile_build(&parts, &deb);
		if (cases[i].why != NULL)
			assert_refused(&deb, cases[i].filter, cases[i].why);
		else
			assert_taken_alike(&deb, cases[i].filter);
	}
}

/* Fields that we do not read are dpkg's to judge. */
static void dpkg_is_asked_for_the_fields(void **state)
{
	static const struct {
		const char *line;
		bool is_fine, is_essential;
	} cases[] = {{"", true, false}, {"Depends: libc6 (>= 2), x\n", true, false},
		{"Depends: (\n", false, false}, {"Multi-Arch: perhaps\n", false, false},
		{"Conflicts: a b\n", false, false}, {"Essential: yes\n", true, true},
		{"Protected: yes\n", true, true}};
	const struct dpkg_reader as = {0};
	char text[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		SCOPED_CLEAR(buf_clear) struct buf deb = {0};
		struct hostile_parts parts = {.control = text};
		struct dpkg_control control = {0};
		struct err e = {0};

		snprintf(text, sizeof(text), "%s%s", HOSTILE_CONTROL, cases[i].line);
		hostile_build(&parts, &deb);
		SCOPED_CLOSE int fd = hostile_open(&deb);

		assert_true(lseek(fd, 0, SEEK_SET) == 0);
		if (dpkg_deb_read(fd, "x.deb", &as, &control, &e) != cases[i].is_fine)
			fail_msg("%s: %s", cases[i].line, e.text);
		if (cases[i].is_fine) {
			assert_string_equal(control.package, "probe");
			assert_int_equal(control.is_essential, cases[i].is_essential);
		}
	}
}

/* The host's dpkg has the last word on the data, too: what it can't unpack is never given to apt.
 */
static void dpkg_is_asked_for_the_data(void **state)
{
	static const struct {
		const char *suffix, *filter;
		bool is_fine;
	} cases[] = {{"", NULL, true}, {".xz", "xz", true}, {".gz", "gzip", true},
		{".zst", "cat", false}, {".xz", "cat", false}, {".new", "cat", false}};
	const struct dpkg_reader as = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		SCOPED_CLEAR(buf_clear) struct buf deb = {0};
		struct hostile_parts parts = {
			.data_suffix = cases[i].suffix, .data_filter = cases[i].filter};
		struct dpkg_control control = {0};
		struct err e = {0};

		hostile_build(&parts, &deb);
		SCOPED_CLOSE int fd = hostile_open(&deb);

		assert_true(lseek(fd, 0, SEEK_SET) == 0);
		assert_true(
			dpkg_deb_read(fd, "x.deb", &as, &control, &e)); /* the control is fine */
		assert_int_equal(dpkg_deb_can_unpack(fd, "x.deb", &as, &e), cases[i].is_fine);
		if (!cases[i].is_fine) {
			assert_int_equal(e.code, ERR_STRUCTURE);
			assert_non_null(strstr(e.text, "can't unpack x.deb (dpkg-deb"));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(control_has_one_meaning),
		cmocka_unit_test(versions_and_architectures_are_plain),
		cmocka_unit_test(essential_is_seen_in_every_spelling),
		cmocka_unit_test(entries_are_what_they_seem),
		cmocka_unit_test(headers_are_exact),
		cmocka_unit_test(nothing_stands_behind_the_end),
		cmocka_unit_test(packing_is_what_the_name_says),
		cmocka_unit_test(control_is_no_bomb),
		cmocka_unit_test(dpkg_is_asked_for_the_fields),
		cmocka_unit_test(dpkg_is_asked_for_the_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
