/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packages that gpg signed, and what somebody may make of them. */
#include "updaters/deb/signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/deb/keyring.h"
#include "updaters/lib/child.h"
#include "updaters/lib/debfile.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/gpgv.h"

enum { EXIT_SKIP = 77 };

/* The folder with the packages; below it keys/ as the administrator's. */
static char folder[64];

static char *read_text(const char *name, size_t *out_len)
{
	char path[512];
	char *text = NULL;
	struct err e = {0};

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (!fs_read(path, 1 << 20, &text, out_len, &e))
		fail_msg("%s", e.text);
	return text;
}

static void fingerprint_of(const char *key, char out[64])
{
	SCOPED_FREE char *text = read_text(key, NULL);

	text_copy_cut(out, 64, text_trim(text));
}

static void put_key(const char *key, const char *fingerprint)
{
	char name[64], path[512];
	size_t len = 0;
	struct err e = {0};

	snprintf(name, sizeof(name), "%s.asc", key);

	SCOPED_FREE char *text = read_text(name, &len);

	snprintf(path, sizeof(path), "%s/keys/%s.asc", folder, fingerprint);
	assert_true(fs_replace(path, text, len, 0644, &e));
}

static int make_packages(void **state)
{
	static const char *const keys[] = {"vendor", "other", "expired", "revoked"};
	char path[512], fingerprint[64], name[64];
	const char *argv[] = {DEVUPD_SUPPORT "/signed-packages", folder, "acme", "2.0", NULL};
	struct child_spec spec = {.argv = argv};
	SCOPED_FREE char *text = NULL, *errors = NULL;
	int status = 0;
	struct err e = {0};

	(void)state;
	if (access("/usr/bin/gpg", X_OK) != 0)
		exit(EXIT_SKIP);
	text_copy_cut(folder, sizeof(folder), "/tmp/test_signature.XXXXXX");
	assert_non_null(mkdtemp(folder));
	if (!child_run(&spec, 60000, 1 << 20, &text, &errors, &status, &e) || status != 0)
		fail_msg("%d %s %s", status, e.text, errors != NULL ? errors : "");
	snprintf(path, sizeof(path), "%s/keys", folder);
	assert_int_equal(mkdir(path, 0755), 0);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		snprintf(name, sizeof(name), "%s.fpr", keys[i]);
		fingerprint_of(name, fingerprint);
		put_key(keys[i], fingerprint);
	}
	return 0;
}

static int drop_packages(void **state)
{
	const char *argv[] = {"/bin/rm", "-rf", folder, NULL};
	struct child_spec spec = {.argv = argv};
	SCOPED_FREE char *text = NULL;
	int status = 0;
	struct err e = {0};

	(void)state;
	return child_run(&spec, 60000, 1000, &text, NULL, &status, &e) ? status : 1;
}

static bool add_member(void *user, const char *name, uint64_t offset, uint64_t size_bytes)
{
	struct members *m = user;
	struct member *item = &m->items[m->n_items++];

	text_copy_cut(item->name, sizeof(item->name), name);
	item->offset = offset;
	item->size_bytes = size_bytes;
	return true;
}

/* One package, by a recipe that names this key. */
struct check {
	const char *deb, *key;
	const char *signature; /* detached: a file, "" = none came; NULL = members */
	int policy;
	bool lacks_key;
	bool is_good;
	char note[RECORD_TEXT_MAX];
	struct err e;
};

static bool run_check(struct check *c)
{
	char path[512], fingerprint[64], name[64];
	const char *folders[] = {NULL, NULL};
	struct recipe r = {.signature_policy = c->policy};
	struct members members = {0};
	struct signature_case judged = {.recipe = &r, .key_folders = folders};
	SCOPED_FREE char *signature = NULL;
	bool is_fine;

	snprintf(name, sizeof(name), "%s.fpr", c->key);
	fingerprint_of(name, fingerprint);
	snprintf(path, sizeof(path), "%s/%s", folder, c->lacks_key ? "none" : "keys");
	folders[0] = path;

	char file[512];
	SCOPED_CLOSE int fd = -1;

	snprintf(file, sizeof(file), "%s/%s.deb", folder, c->deb);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_true(strings_add(&r.signature_keys, fingerprint));
	judged.fd = fd;
	if (c->signature != NULL) {
		r.signature_detached = file;
		if (c->signature[0] != '\0')
			judged.detached = signature = read_text(c->signature, &judged.detached_len);
	} else {
		assert_true(debfile_each(fd, add_member, &members, &c->e));
		assert_true(members_prove(&members, fd, &c->e));
		judged.members = &members;
	}
	is_fine = signature_check(&judged, &c->is_good, c->note, &c->e);
	strings_clear(&r.signature_keys);
	return is_fine;
}

static void test_good(void **state)
{
	static const struct {
		const char *deb, *signature;
	} cases[] = {{"builder", NULL}, {"origin", NULL}, {"both", NULL}, {"extra-listed", NULL},
		{"detached", "detached.deb.asc"}, {"detached-binary", "detached-binary.deb.asc"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (int policy = 0; policy < SIGNATURE_N; policy++) {
			struct check c = {.deb = cases[i].deb,
				.key = "vendor",
				.signature = cases[i].signature,
				.policy = policy};

			if (!run_check(&c))
				fail_msg("%s: %s", cases[i].deb, c.e.text);
			assert_true(c.is_good);
			assert_string_equal(c.note, "");
		}
}

/* Whatever the policy: what is there and bad is worse than nothing. */
static void test_refused(void **state)
{
	static const struct {
		const char *deb, *key, *signature, *says;
	} cases[] = {
		{"other", "vendor", NULL, "_gpgbuilder is by another key than the recipe's"},
		{"other-origin", "vendor", NULL, "_gpgorigin is by another key"},
		{"other-detached", "vendor", "other-detached.deb.asc", "is by another key"},
		{"expired", "expired", NULL, "has expired"},
		{"revoked", "revoked", NULL, "was revoked"},
		{"sha1", "vendor", NULL, "is none that gpgv accepts"},
		{"swapped", "vendor", NULL, "signed was"},
		{"swapped-origin", "vendor", NULL, "the bytes are not what was signed"},
		{"swapped-detached", "vendor", "swapped-detached.deb.asc",
			"the bytes are not what was signed"},
		{"edited", "vendor", NULL, "the bytes are not what was signed"},
		{"extra-after", "vendor", NULL, "_extra is not signed"},
		{"extra-before", "vendor", NULL, "_extra is not signed"},
		{"extra-origin", "vendor", NULL, "_extra is not signed"},
		{"omits", "vendor", NULL, "data.tar.xz is not signed"},
		{"missing", "vendor", NULL, "names 4 members, 3 of them"},
		{"no-list", "vendor", NULL, "no list of members"},
		{"junk", "vendor", NULL, "is none that gpgv accepts"},
		{"twice-signed", "vendor", NULL, "is none that gpgv accepts"},
		{"second-other", "vendor", NULL, "_gpgorigin is by another key"},
		{"same-name", "vendor", NULL, "_gpgbuilder is there twice"},
		{"builder", "vendor", "junk", "is none that gpgv accepts"},
		/* a signed text is no signature of the package */
		{"plain", "vendor", "list.signed", "is none that gpgv accepts"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (int policy = 0; policy < SIGNATURE_N; policy++) {
			struct check c = {.deb = cases[i].deb,
				.key = cases[i].key,
				.signature = cases[i].signature,
				.policy = policy};

			if (run_check(&c))
				fail_msg("%s was not refused", cases[i].deb);
			assert_false(c.is_good);
			if (c.e.code != ERR_SIGNATURE || strstr(c.e.text, cases[i].says) == NULL)
				fail_msg("%s: %s", cases[i].deb, c.e.text);
		}
}

/* Not signed, or no key to look at it with: the policy decides, and it is told. */
static void test_nothing_to_go_by(void **state)
{
	static const struct {
		const char *deb, *signature, *says;
		bool lacks_key;
	} cases[] = {{"plain", NULL, "it is not signed", false},
		{"plain", "", "it is not signed", false},
		{"builder", NULL, "its signature is not checked: no key file ", true},
		{"detached", "detached.deb.asc", "its signature is not checked", true}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct check c = {.deb = cases[i].deb,
			.key = "vendor",
			.signature = cases[i].signature,
			.policy = SIGNATURE_PREFER,
			.lacks_key = cases[i].lacks_key};

		assert_true(run_check(&c));
		assert_false(c.is_good);
		assert_non_null(strstr(c.note, cases[i].says));
		c.policy = SIGNATURE_REQUIRE;
		assert_false(run_check(&c));
		assert_int_equal(c.e.code, ERR_SIGNATURE);
		assert_non_null(strstr(c.e.text, "the recipe requires a signature"));
	}
}

/* A key file that holds another's key, too: only who is named in the recipe may sign. */
static void test_a_key_in_anothers_file(void **state)
{
	char fingerprint[64];
	struct check c = {.deb = "other", .key = "vendor"};

	(void)state;
	fingerprint_of("vendor.fpr", fingerprint);
	put_key("other", fingerprint);
	assert_false(run_check(&c));
	assert_non_null(strstr(c.e.text, "which the recipe does not name"));
	put_key("vendor", fingerprint);
	assert_false(run_check(&c));
	assert_non_null(strstr(c.e.text, "is by another key"));
}

#define KEY_BEGIN "-----BEGIN PGP PUBLIC KEY BLOCK-----"
#define KEY_END   "-----END PGP PUBLIC KEY BLOCK-----\n"

static void test_a_damaged_key_file(void **state)
{
	static const char *const texts[] = {
		"", "junk\n", KEY_BEGIN "\n\nAAAA\n", KEY_BEGIN "\n\nA\x80\x41\n" KEY_END};
	char fingerprint[64], path[512];
	struct check c = {.deb = "builder", .key = "vendor", .policy = SIGNATURE_PREFER};
	struct err e = {0};

	(void)state;
	fingerprint_of("vendor.fpr", fingerprint);
	snprintf(path, sizeof(path), "%s/keys/%s.asc", folder, fingerprint);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		assert_true(fs_replace(path, texts[i], strlen(texts[i]), 0644, &e));
		assert_false(run_check(&c));
		assert_int_equal(c.e.code, ERR_SIGNATURE);
		assert_non_null(strstr(c.e.text, path));
	}
	put_key("vendor", fingerprint);
}

/* --- a table that a captured worker made up ---------------------------------- */

static void table_of(const char *deb, struct members *out, int *out_fd)
{
	char path[512];
	struct err e = {0};

	*out = (struct members){0};
	snprintf(path, sizeof(path), "%s/%s.deb", folder, deb);
	*out_fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(debfile_each(*out_fd, add_member, out, &e));
	assert_true(members_prove(out, *out_fd, &e));
}

static void test_a_table_is_proved(void **state)
{
	struct members good, m;
	SCOPED_CLOSE int fd = -1;
	struct err e = {0};

	(void)state;
	table_of("extra-after", &good, &fd);
	assert_int_equal(good.n_items, 5);
	for (size_t i = 0; i < good.n_items; i++) {
		m = good;
		m.items[i].offset += 2;
		assert_false(members_prove(&m, fd, &e));
		m = good;
		m.items[i].size_bytes -= 2;
		assert_false(members_prove(&m, fd, &e));
		m = good;
		m.items[i].size_bytes = UINT64_MAX;
		assert_false(members_prove(&m, fd, &e));
		m = good;
		m.items[i].name[1] ^= 1;
		assert_false(members_prove(&m, fd, &e));
		m = good;
		m.items[i].name[0] = '\0';
		assert_false(members_prove(&m, fd, &e));
	}
	m = good;
	m.n_items--; /* what nobody signed is left out of the table */
	assert_false(members_prove(&m, fd, &e));
	m.n_items = 0;
	assert_false(members_prove(&m, fd, &e));
}

static void test_a_table_travels(void **state)
{
	struct members good = {0}, back;
	SCOPED_CLEAR(result_clear) struct result r;

	(void)state;
	result_init(&r);
	assert_false(members_get(&r, &back));
	assert_true(add_member(&good, "debian-binary", 68, 4));
	assert_true(members_put(&good, &r));
	assert_true(members_get(&r, &back));
	assert_int_equal(back.n_items, 1);
	assert_string_equal(back.items[0].name, "debian-binary");
	assert_int_equal(back.items[0].offset, 68);
	for (size_t len = 0; len < r.documents[0].len; len++) {
		struct document cut = r.documents[0];
		struct result told = {.documents = &cut, .n_documents = 1};

		cut.len = len;
		assert_false(members_get(&told, &back));
	}
}

/* --- gpgv's status ----------------------------------------------------------- */

#define FPR  "465B6AC6CEED71207540027549DDC91A6CBC3C94"
#define NEW  "[GNUPG:] NEWSIG\n"
#define GOOD "[GNUPG:] GOODSIG 49DDC91A6CBC3C94 Vendor <v@x>\n"
#define SUBKEY                                                                                     \
	"[GNUPG:] VALIDSIG 203A5F1CF78F66F20F2D957B3320B69C47F7472D 2026-11-29 1795968940 0 4 0 "  \
	"22 8 01 " FPR "\n"

static void test_status(void **state)
{
	static const struct {
		const char *text;
		int exit_code;
		enum gpgv_verdict verdict;
	} cases[] = {
		{NEW GOOD SUBKEY, 0, GPGV_GOOD},
		{NEW GOOD SUBKEY, 2, GPGV_UNREADABLE},
		{"", 0, GPGV_UNREADABLE},
		{NEW GOOD, 0, GPGV_UNREADABLE},
		{NEW SUBKEY, 0, GPGV_UNREADABLE},
		{NEW GOOD SUBKEY NEW GOOD SUBKEY, 0, GPGV_UNREADABLE},
		{NEW GOOD SUBKEY "[GNUPG:] ERRSIG 1 2 3\n", 0, GPGV_UNREADABLE},
		{NEW "[GNUPG:] EXPKEYSIG 1 x\n" SUBKEY, 0, GPGV_EXPIRED},
		{NEW "[GNUPG:] EXPSIG 1 x\n" SUBKEY, 0, GPGV_EXPIRED},
		{NEW "[GNUPG:] REVKEYSIG 1 x\n" SUBKEY, 0, GPGV_REVOKED},
		{NEW "[GNUPG:] BADSIG 1 x\n", 1, GPGV_BAD},
		{NEW "[GNUPG:] ERRSIG 1 2\n[GNUPG:] NO_PUBKEY 1\n", 2, GPGV_UNKNOWN_KEY},
		{"GOODSIG 1\n" NEW "x " SUBKEY, 0, GPGV_UNREADABLE},
		{NEW GOOD "[GNUPG:] VALIDSIG short\n", 0, GPGV_UNREADABLE},
	};
	char fingerprint[GPGV_FINGERPRINT_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (gpgv_status_read(cases[i].text, cases[i].exit_code, fingerprint) !=
			cases[i].verdict)
			fail_msg("%s", cases[i].text);
	gpgv_status_read(NEW GOOD SUBKEY, 0, fingerprint);
	assert_string_equal(fingerprint, FPR); /* the primary key's, not that of its part */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_nothing_to_go_by),
		cmocka_unit_test(test_a_key_in_anothers_file),
		cmocka_unit_test(test_a_damaged_key_file),
		cmocka_unit_test(test_a_table_is_proved),
		cmocka_unit_test(test_a_table_travels),
		cmocka_unit_test(test_status),
	};

	return cmocka_run_group_tests(tests, make_packages, drop_packages);
}
