/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "updaters/lib/child.h"
#include "updaters/lib/dpkg.h"
#include "updaters/lib/text.h"

enum { DPKG_DEB_TIMEOUT_MS = 60000, DPKG_DEB_OUTPUT_MAX = 64 << 10 };

bool dpkg_deb_read(int fd, const char *path, const struct dpkg_reader *as, struct dpkg_control *out,
	struct err *e)
{
	const char *argv[] = {"/usr/bin/dpkg-deb", "-f", "-", NULL};
	struct child_spec spec = {
		.argv = argv,
		.fds = {{fd, STDIN_FILENO}},
		.n_fds = 1,
		.dies_with_us = true,
		.change_user = as->change_user,
		.uid = as->uid,
		.gid = as->gid,
	};
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
