/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "updaters/lib/child.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/text.h"

#define OS_RELEASE DEVUPD_FIXTURES "/os-release/"

static void parse(const char *os_release, const char *upstream, struct host *out)
{
	struct err e = {0};

	if (!host_parse(os_release, upstream, out, &e))
		fail_msg("%s", e.text);
}

static void test_every_fixture(void **state)
{
	static const struct {
		const char *file, *os, *version, *name, *base, *family;
	} rows[] = {
		{"chef/ubuntu_2204", "ubuntu", "22.04", "Ubuntu 22.04.5 LTS", "jammy", "ubuntu"},
		{"chef/ubuntu_2404", "ubuntu", "24.04", "Ubuntu 24.04.3 LTS", "noble", "ubuntu"},
		{"chef/ubuntu_2510", "ubuntu", "25.10", "Ubuntu 25.10", "questing", "ubuntu"},
		{"chef/kubuntu_24_04", "ubuntu", "24.04", "Ubuntu 24.04.1 LTS", "noble", "ubuntu"},
		{"chef/kali_2025_4", "kali", "2025.4", "Kali GNU/Linux Rolling", "", ""},
		{"chef/linuxmint_21", "linuxmint", "21.3", "Linux Mint 21.3", "jammy", "ubuntu"},
		{"chef/linuxmint_22", "linuxmint", "22", "Linux Mint 22", "noble", "ubuntu"},
		{"chef/elementary_7", "elementary", "7", "elementary OS 7 Horus", "jammy",
			"ubuntu"},
		{"chef/debian_13", "debian", "13", "Debian GNU/Linux 13 (trixie)", "trixie",
			"debian"},
		{"chef/pop_os_22_04", "pop", "22.04", "Pop!_OS 22.04 LTS", "jammy", "ubuntu"},
		{"chef/zorin", "zorin", "16", "Zorin OS 16", "focal", "ubuntu"},
		{"extra/linuxmint_22.1", "linuxmint", "22.1", "Linux Mint 22.1", "noble", "ubuntu"},
		{"extra/linuxmint_22.2", "linuxmint", "22.2", "Linux Mint 22.2", "noble", "ubuntu"},
		{"extra/linuxmint_22.3", "linuxmint", "22.3", "Linux Mint 22.3", "noble", "ubuntu"},
		{"extra/pop_24.04", "pop", "24.04", "Pop!_OS 24.04 LTS", "noble", "ubuntu"},
		{"extra/ubuntu_26.04.1", "ubuntu", "26.04", "Ubuntu 26.04.1 LTS", "resolute",
			"ubuntu"},
		{"extra/lmde_7", "linuxmint", "7", "LMDE 7 (gigi)", "trixie", "debian"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char path[512];
		SCOPED_FREE char *text = NULL;
		struct host h = {0};
		struct err e = {0};

		assert_true(fs_join(path, sizeof(path), OS_RELEASE, rows[i].file));
		if (!fs_read(path, 65536, &text, NULL, &e))
			fail_msg("%s", e.text);
		parse(text, NULL, &h);
		assert_string_equal(h.os, rows[i].os);
		assert_string_equal(h.os_version, rows[i].version);
		assert_string_equal(h.os_name, rows[i].name);
		assert_string_equal(h.base, rows[i].base);
		assert_string_equal(h.base_family, rows[i].family);
	}
}

/* The rest of the table of known systems, in the form that their files have. */
static void test_systems_without_a_file(void **state)
{
	static const struct {
		const char *text, *base;
	} rows[] = {
		{"ID=linuxmint\nID_LIKE=ubuntu\nVERSION_CODENAME=una\nUBUNTU_CODENAME=focal\n",
			"focal"},
		{"ID=linuxmint\nVERSION_CODENAME=faye\nDEBIAN_CODENAME=bookworm\nID_LIKE=debian\n",
			"bookworm"},
		{"ID=neon\nID_LIKE=\"ubuntu "
		 "debian\"\nVERSION_CODENAME=jammy\nUBUNTU_CODENAME=jammy",
			"jammy"},
		{"ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n", "bookworm"},
		{"ID=elementary\nUBUNTU_VERSION_CODENAME=odin\nUBUNTU_CODENAME=focal\n", "focal"},
		{"ID=ubuntu\nVERSION_CODENAME=jammy\n", "jammy"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct host h = {0};

		parse(rows[i].text, NULL, &h);
		assert_string_equal(h.base, rows[i].base);
	}
}

static void test_upstream_release(void **state)
{
	struct host h = {0};

	(void)state;
	parse("ID=linuxmint\nVERSION_CODENAME=zara\n",
		"DISTRIB_ID=Ubuntu\nDISTRIB_CODENAME=noble\n", &h);
	assert_string_equal(h.base, "noble");
	assert_string_equal(h.base_family, "ubuntu");
	parse("ID=linuxmint\nDEBIAN_CODENAME=trixie\n",
		"DISTRIB_ID=Debian\nDISTRIB_CODENAME=noble\n", &h);
	assert_string_equal(h.base, "trixie");
	parse("ID=other\nVERSION_CODENAME=zara\n", "DISTRIB_ID=Other\nDISTRIB_CODENAME=noble\n",
		&h);
	assert_string_equal(h.base, "");
}

static void test_quotes_and_bad_values(void **state)
{
	struct host h = {0};
	struct err e = {0};

	(void)state;
	parse("XID=no\n#ID=no\nID='ubuntu'\nPRETTY_NAME=\"A \\\"b\\\" \x1b[31m\"\r\n"
	      "VERSION_CODENAME=../../etc\n",
		NULL, &h);
	assert_string_equal(h.os, "ubuntu");
	assert_string_equal(h.os_name, "A \"b\" \\x1b[31m");
	assert_string_equal(h.base, "");
	parse("ID=arch\nNAME=\"Arch Linux\"\n", NULL, &h);
	assert_string_equal(h.os_name, "Arch Linux");
	assert_string_equal(h.os_version, "");
	parse("ID=debian\nVERSION_CODENAME=\"trixie\n", NULL, &h);
	assert_string_equal(h.base, "");
	assert_false(host_parse("NAME=x\n", NULL, &h, &e));
	assert_int_equal(e.code, ERR_PARSE);
	assert_false(host_parse("", NULL, &h, &e));
}

/* The tree has no dpkg: the architecture is this computer's. */
static void test_read_tree(void **state)
{
	const char *const argv[] = {"/usr/bin/dpkg", "--print-architecture", NULL};
	struct child_spec spec = {.argv = argv};
	SCOPED_FREE char *arch = NULL;
	struct host h = {0}, here = {0};
	struct err e = {0};
	int status = -1;

	(void)state;
	assert_true(host_read(OS_RELEASE "extra/mint22.2-tree", &h, &e));
	assert_string_equal(h.os, "linuxmint");
	assert_string_equal(h.os_version, "22.2");
	assert_string_equal(h.base, "noble");
	assert_true(child_run(&spec, 10000, 64, &arch, NULL, &status, &e));
	assert_string_equal(h.arch, text_trim(arch));
	assert_true(host_read("", &here, &e));
	assert_string_equal(here.arch, h.arch);
	assert_false(host_read("/nonexistent", &h, &e));
	assert_int_equal(e.code, ERR_PARSE);
}

static void write_file(const char *folder, const char *name, const char *text)
{
	char path[256];
	struct err e = {0};

	assert_true(fs_join(path, sizeof(path), folder, name));
	if (!fs_replace(path, text, strlen(text), 0644, &e))
		fail_msg("%s", e.text);
}

static void test_architecture(void **state)
{
	char root[] = "/tmp/test_host.XXXXXX", path[256];
	struct host h = {0};
	struct err e = {0};

	(void)state;
	assert_non_null(mkdtemp(root));
	snprintf(path, sizeof(path), "%s/var/lib/dpkg", root);
	assert_true(fs_make_folders(path, 0755, &e));
	snprintf(path, sizeof(path), "%s/usr/lib", root);
	assert_true(fs_make_folders(path, 0755, &e));
	write_file(root, "usr/lib/os-release", "ID=debian\n");
	write_file(root, "var/lib/dpkg/status",
		"Package: aaa\nArchitecture: all\n\nPackage: dpkg\nStatus: install ok installed\n"
		"Architecture: riscv64\n\nPackage: zzz\nArchitecture: all\n");
	assert_true(host_read(root, &h, &e));
	assert_string_equal(h.arch, "riscv64");
	write_file(root, "var/lib/dpkg/arch", "arm64\narmhf\n");
	assert_true(host_read(root, &h, &e));
	assert_string_equal(h.arch, "arm64");

	const char *const argv[] = {"/bin/rm", "-r", root, NULL};
	struct child_spec spec = {.argv = argv};
	SCOPED_FREE char *text = NULL;
	int status = -1;

	assert_true(child_run(&spec, 10000, 64, &text, NULL, &status, &e));
	assert_int_equal(status, 0);
}

/* What was built for the older one serves the newer one, not the other way round. */
static void assert_older(const char *family, const char *older, const char *newer)
{
	struct host h = {0};
	char chosen[64];

	text_copy_cut(h.base_family, sizeof(h.base_family), family);
	text_copy_cut(h.base, sizeof(h.base), newer);
	assert_true(host_base_choose(&h, &older, &older, 1, chosen, sizeof(chosen)));
	assert_string_equal(chosen, older);
	text_copy_cut(h.base, sizeof(h.base), older);
	assert_false(host_base_choose(&h, &newer, &newer, 1, chosen, sizeof(chosen)));
}

static void test_order(void **state)
{
	static const char *const ubuntu[] = {"bionic", "focal", "jammy", "kinetic", "noble",
		"questing", "resolute", "unheard-of"};
	static const char *const debian[] = {
		"buster", "bullseye", "bookworm", "trixie", "forky", "sid"};

	(void)state;
	for (size_t i = 1; i < ARRAY_SIZE(ubuntu); i++)
		assert_older("ubuntu", ubuntu[i - 1], ubuntu[i]);
	for (size_t i = 1; i < ARRAY_SIZE(debian); i++)
		assert_older("debian", debian[i - 1], debian[i]);
}

static void test_choice(void **state)
{
	/* RStudio's way: jammy and whatever is newer takes the jammy build; so does bookworm */
	static const char *const rstudio[][2] = {
		{"focal", "focal"}, {"jammy", "jammy"}, {"bookworm", "jammy"}};
	/* one key, whose value is a build for noble */
	static const char *const mapped[][2] = {{"resolute", "noble"}};
	static const char *const words[][2] = {{"jammy", "ubuntu22"}, {"noble", "ubuntu24"}};
	static const struct {
		const char *base, *family;
		const char *const (*map)[2];
		size_t n;
		const char *chosen; /* NULL: unsupported */
	} rows[] = {
		{"noble", "ubuntu", rstudio, 3, "jammy"},
		{"resolute", "ubuntu", rstudio, 3, "jammy"},
		{"jammy", "ubuntu", rstudio, 3, "jammy"},
		{"impish", "ubuntu", rstudio, 3, "focal"},
		{"bionic", "ubuntu", rstudio, 3, NULL},
		{"bookworm", "debian", rstudio, 3, "jammy"},
		{"trixie", "debian", rstudio, 3, "jammy"},
		{"bullseye", "debian", rstudio, 3, NULL},
		{"zz-new", "ubuntu", rstudio, 3, "jammy"},
		{"", "", rstudio, 3, NULL},
		{"resolute", "ubuntu", mapped, 1, "noble"},
		{"plucky", "ubuntu", mapped, 1, "noble"},
		{"noble", "ubuntu", mapped, 1, "noble"},
		{"jammy", "ubuntu", mapped, 1, NULL},
		{"mantic", "ubuntu", words, 2, "ubuntu22"},
		{"oracular", "ubuntu", words, 2, "ubuntu24"},
		{"noble", "ubuntu", NULL, 0, "noble"},
		{"", "", NULL, 0, ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *keys[3], *values[3];
		char chosen[HOST_WORD_MAX] = "unset";
		struct host h = {0};

		for (size_t j = 0; j < rows[i].n; j++) {
			keys[j] = rows[i].map[j][0];
			values[j] = rows[i].map[j][1];
		}
		assert_true(text_copy(h.base, sizeof(h.base), rows[i].base));
		assert_true(text_copy(h.base_family, sizeof(h.base_family), rows[i].family));

		bool is_chosen =
			host_base_choose(&h, keys, values, rows[i].n, chosen, sizeof(chosen));

		assert_int_equal(is_chosen, rows[i].chosen != NULL);
		if (is_chosen)
			assert_string_equal(chosen, rows[i].chosen);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_fixture),
		cmocka_unit_test(test_systems_without_a_file),
		cmocka_unit_test(test_upstream_release),
		cmocka_unit_test(test_quotes_and_bad_values),
		cmocka_unit_test(test_read_tree),
		cmocka_unit_test(test_architecture),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_choice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
