/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <unistd.h>

#include "updaters/lib/child.h"
#include "updaters/lib/dpkg.h"
#include "updaters/lib/text.h"

enum {
	DPKG_DEB_TIMEOUT_MS = 60000,
	DPKG_DEB_OUTPUT_MAX = 64 << 10,
	DATA_START = 511 /* a tar is longer */
};

/* dpkg-deb on the package, from its beginning. */
static struct child_spec dpkg_deb_spec(
	const char *const *argv, int fd, const struct dpkg_reader *as)
{
	return (struct child_spec){
		.argv = argv,
		.fds = {{fd, STDIN_FILENO}},
		.n_fds = 1,
		.dies_with_us = true,
		.change_user = as->change_user,
		.uid = as->uid,
		.gid = as->gid,
	};
}

bool dpkg_deb_read(int fd, const char *path, const struct dpkg_reader *as, struct dpkg_control *out,
	struct err *e)
{
	/* by name: without any it prints the file as it is, and has not read it at all */
	const char *const argv[] = {"/usr/bin/dpkg-deb", "-f", "-", "Package", "Version",
		"Architecture", "Essential", "Protected", "Important", NULL};
	struct child_spec spec = dpkg_deb_spec(argv, fd, as);
	SCOPED_FREE char *text = NULL;
	SCOPED_FREE char *errors = NULL;
	int status = 0;

	if (!child_run(&spec, DPKG_DEB_TIMEOUT_MS, DPKG_DEB_OUTPUT_MAX, &text, &errors, &status, e))
		return err_within(e, "dpkg-deb on %s", path);
	if (status != 0)
		return err_set(
			e, ERR_STRUCTURE, "dpkg-deb can't read %s: %s", path, text_trim(errors));
	return dpkg_control_parse(text, strlen(text), out, e) ||
	       err_within(e, "what dpkg-deb reads in %s", path);
}

bool dpkg_deb_can_unpack(int fd, const char *path, const struct dpkg_reader *as, struct err *e)
{
	const char *const argv[] = {"/usr/bin/dpkg-deb", "--fsys-tarfile", "-", NULL};
	struct child_spec spec = dpkg_deb_spec(argv, fd, as);
	SCOPED_FREE char *text = NULL, *errors = NULL;
	struct err why = {0};
	int status = 0;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(e, ERR_STRUCTURE, "can't read %s", path);
	/* ended as soon as it has said something */
	if (!child_run(&spec, DPKG_DEB_TIMEOUT_MS, DATA_START, &text, &errors, &status, &why)) {
		if (why.code == ERR_TOO_BIG)
			return true;
		if (e != NULL)
			*e = why;
		return err_within(e, "dpkg-deb on %s", path);
	}
	return err_set(e, ERR_STRUCTURE,
		"this computer's dpkg can't unpack %s (%s); it may be packed in a way that only a "
		"newer dpkg knows",
		path, errors[0] != '\0' ? text_trim(errors) : "there is nothing in it");
}
