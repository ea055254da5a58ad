/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Doctor: who is at work, so that a run would have to wait. */
#include "updaters/doctor_parts.h"

#include <stdio.h>
#include <string.h>

#include "updaters/lib/dpkg.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/lock.h"

/* "apt-get, pid 4711, stopped". */
static void describe(pid_t pid, char *out, size_t out_size, bool *out_is_stopped)
{
	char path[64], name[64] = "", state = '\0';
	SCOPED_FREE char *text = NULL;
	const char *end = NULL;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (fs_read(path, 4096, &text, NULL, NULL) && (end = strrchr(text, ')')) != NULL) {
		const char *start = strchr(text, '(');

		if (start != NULL && start < end)
			text_escape(start + 1, (size_t)(end - start - 1), name, sizeof(name));
		state = end[1] == ' ' ? end[2] : '\0';
	}
	*out_is_stopped = state == 'T' || state == 't';
	snprintf(out, out_size, "%s%spid %d%s", name, name[0] != '\0' ? ", " : "", (int)pid,
		*out_is_stopped ? ", stopped" : "");
}

static bool lock_is_free(struct doctor *d, const char *path)
{
	bool is_stopped = false;
	char who[128];
	pid_t pid = 0;

	if (!lock_holder(path, &pid) || pid == getpid())
		return true;
	if (pid < 0) {
		doctor_say(d, DOCTOR_WARNING, "%s is held by a process in a container; a run waits",
			path);
		return false;
	}
	describe(pid, who, sizeof(who), &is_stopped);
	doctor_say(d, DOCTOR_WARNING, "%s is held by %s; a run waits for it", path, who);
	if (is_stopped)
		doctor_mend(d, "sudo kill -CONT %d", (int)pid);
	else
		doctor_mend(d, "ps -o pid,user,lstart,args -p %d", (int)pid);
	return false;
}

void doctor_locks(struct doctor *d)
{
	const char *const paths[] = {d->roots.lock, DPKG_FOLDER "/lock-frontend",
		DPKG_FOLDER "/lock", d->is_root ? NULL : d->own.lock};
	size_t n_free = 0;

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		n_free += paths[i] == NULL || lock_is_free(d, paths[i]);
	if (n_free == ARRAY_SIZE(paths))
		doctor_say(d, DOCTOR_OK, "devupd's and dpkg's are free");
}
