/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/deb_signature.h"

#include <fcntl.h>
#include <string.h>

#include "updaters/deb/deb_file.h"
#include "updaters/deb/deb_job.h"
#include "updaters/deb/members.h"
#include "updaters/deb/signature.h"
#include "updaters/lib/log.h"

/* The administrator's come first. */
static const char *const key_folders[] = {DEVUPD_SYSCONFDIR "/keys", DEVUPD_DATADIR "/keys", NULL};

/* Of this very version; what can't be read is none. */
static void find_detached(const struct entry *entry, struct signature_case *out)
{
	const struct result *r = &entry->result;

	for (size_t i = 0; i < r->n_documents; i++) {
		char version[DPKG_VERSION_MAX], url[URL_MAX];
		struct unpack u;
		const void *bytes;
		size_t len = 0;

		if (!text_equal(r->documents[i].url, SIGNATURE_KEY))
			continue;
		unpack_init(&u, r->documents[i].bytes, r->documents[i].len);
		unpack_str(&u, version, sizeof(version));
		unpack_str(&u, url, sizeof(url)); /* the worker's concern */
		bytes = unpack_blob(&u, &len);
		if (!unpack_is_done(&u) || len == 0 || len > SIGNATURE_MAX_BYTES ||
			dpkg_version_compare(version, r->release.version) != 0)
			continue;
		out->detached = bytes;
		out->detached_len = len;
	}
}

static bool find_members(const struct result *r, int fd, struct members *members, struct err *e)
{
	if (!members_get(r, members))
		return err_set(e, ERR_WORKER, "the verifying worker named no members");
	return members_prove(members, fd, e);
}

bool deb_has_key(const struct facts *f, const struct entry *entry, struct err *e)
{
	const struct signature_case c = {
		.recipe = entry->recipe, .key_folders = key_folders, .as_root = f->is_root};

	return signature_has_key(&c, e);
}

bool deb_check_signature(const struct facts *f, struct entry *entry, const struct result *r,
	bool *out_is_good, struct err *e)
{
	SCOPED_CLOSE int fd = -1;
	struct members members;
	char note[RECORD_TEXT_MAX];
	struct signature_case c = {
		.recipe = entry->recipe,
		.key_folders = key_folders,
		.as_root = f->is_root,
		.uid = f->worker_uid,
		.gid = f->worker_gid,
	};

	*out_is_good = false;
	if (entry->recipe->signature_keys.n_items == 0)
		return true;
	if (!deb_open_package(entry, &fd, e))
		return false;
	c.fd = fd;
	if (entry->recipe->signature_detached != NULL)
		find_detached(entry, &c);
	else if (find_members(r, fd, &members, e))
		c.members = &members;
	else
		return false;
	if (!signature_check(&c, out_is_good, note, e))
		return err_within(e, "%s", entry->file.path);
	if (note[0] != '\0')
		log_note("%s %s: %s", entry->recipe->package, r->release.version, note);
	return true;
}
