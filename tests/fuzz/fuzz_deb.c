/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as a package, as they are and with the sums of its tars put right (else mutations stop
 * there): what is accepted has one control, names that stay below the top, and its head reads the
 * same as it arrives in pieces.
 */
#include "target.h"

#include <sys/mman.h>

#include "updaters/lib/debfile.h"
#include "updaters/lib/tarball.h"

enum { BLOCK = 512, AT_MAGIC = 257, AT_SUM = 148, AR_HEADER = 60 };

static bool on_entry(void *user, const struct tarball_entry *entry, struct err *e)
{
	char path[TARBALL_NAME_MAX + 2];
	size_t *n = user;

	(void)e;
	++*n;
	snprintf(path, sizeof(path), "/%s/", entry->name);
	must(entry->name[0] != '/' && strstr(path, "/../") == NULL && strstr(path, "/./") == NULL,
		"a name that leaves the top");
	must(!has_control_bytes(entry->name) && !has_control_bytes(entry->target),
		"control bytes in a name");
	must((entry->type == TARBALL_SYMLINK || entry->type == TARBALL_HARD_LINK) ==
			(entry->target[0] != '\0'),
		"a link without a target, or a target without a link");
	must((entry->mode & ~07777U) == 0, "a mode that is none");
	return true;
}

/* The same head, byte by byte. */
static void check_head(const char *bytes, size_t size, const struct dpkg_control *whole)
{
	SCOPED(debhead_free) struct debhead *h = debhead_new();
	enum debhead_state state = DEBHEAD_MORE;
	struct dpkg_control control = {0};
	struct err e = {0};

	must(h != NULL, "no memory");
	for (size_t i = 0; i < size && state == DEBHEAD_MORE; i++)
		state = debhead_feed(h, bytes + i, 1, &e);
	must(state == DEBHEAD_READY && debhead_control(h, &control, &e), e.text);
	must(text_equal(control.package, whole->package) &&
			text_equal(control.version, whole->version) &&
			text_equal(control.architecture, whole->architecture) &&
			control.is_essential == whole->is_essential,
		"in pieces it is another package");
}

static void check(const char *bytes, size_t size)
{
	SCOPED_CLOSE int fd = memfd_create("deb", MFD_CLOEXEC);
	size_t n_entries = 0;
	const struct debfile_look look = {.on_entry = on_entry, .user = &n_entries};
	struct dpkg_control control = {0};
	struct err e = {0};

	must(fd >= 0 && fs_write_all(fd, bytes, size, "memory", &e), e.text);
	if (!debfile_check(fd, &look, &control, &e)) {
		must_be_told(&e);
		return;
	}
	must(dpkg_name_is_valid(control.package) && dpkg_version_is_valid(control.version),
		"accepted without a name or a version");
	check_head(bytes, size, &control);
}

/* Each header of a tar that begins at a whole block of its member. */
static void mend_tar(unsigned char *tar, size_t len)
{
	for (; len >= BLOCK; tar += BLOCK, len -= BLOCK) {
		unsigned sum = 8 * ' ';
		char text[8];

		if (memcmp(tar + AT_MAGIC, "ustar", 5) != 0)
			continue;
		for (size_t i = 0; i < BLOCK; i++)
			sum += i >= AT_SUM && i < AT_SUM + 8 ? 0 : tar[i];
		snprintf(text, sizeof(text), "%06o", sum & 0777777);
		memcpy(tar + AT_SUM, text, 7);
		tar[AT_SUM + 7] = ' ';
	}
}

static void mend(char *bytes, size_t size)
{
	size_t at = 8;

	while (at + AR_HEADER <= size) {
		char number[11] = {0};
		size_t len;

		memcpy(number, bytes + at + 48, 10);
		len = strtoul(number, NULL, 10);
		at += AR_HEADER;
		if (len > size - at)
			return;
		mend_tar((unsigned char *)bytes + at, len);
		at += len + len % 2;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED_FREE char *bytes = bytes_of(data, size);

	check(bytes, size);
	mend(bytes, size);
	check(bytes, size);
	return 0;
}
