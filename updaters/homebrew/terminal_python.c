/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/homebrew/terminal_python.h"

#include <string.h>
#include <unistd.h>

#include "updaters/lib/fs.h"
#include "updaters/lib/interpreter.h"

enum { VERSION_MS = 5000, VERSION_BYTES_MAX = 4096 };

/* "3.12.3": the system's own tells only "3.12" by its name. */
static void version_of(const struct owner *o, struct interpreter *i)
{
	static const char said[] = "Python ";
	const char *const argv[] = {i->path, "--version", NULL};
	const struct errand_spec spec = {.argv = argv,
		.search_path = o->person->search_path,
		.timeout_ms = VERSION_MS,
		.max_bytes = VERSION_BYTES_MAX,
		.on_tick = o->on_tick,
		.is_stopped = o->is_stopped,
		.user = o->user};
	SCOPED_FREE char *text = NULL;
	int status = 0;

	if (!person_run(o->person, &spec, &text, &status, NULL) || status != 0 ||
		!text_starts(text, said))
		return;
	text[strcspn(text, "\n")] = '\0';
	text_copy_cut(i->version, sizeof(i->version), text_trim(text + strlen(said)));
}

void terminal_python_say(
	const struct owner *o, const struct prefix *p, bool is_sound, struct buf *out)
{
	char search_path[PERSON_SEARCH_MAX], own[PERSON_PATH_MAX];
	struct interpreter i = {0};

	person_search_path(o->person, search_path, sizeof(search_path));
	if (!fs_join(own, sizeof(own), p->path, "bin/python3"))
		return;

	bool is_found = interpreter_find(search_path, "python3", &i);

	/* what leads into it by another way was chosen so: PREFIX/opt/python@3.13/libexec/bin */
	if (is_found && (text_equal(i.path, own) || text_equal(i.prefix, p->path)))
		return;
	if (!is_sound && is_found)
		version_of(o, &i);
	if (!is_found)
		buf_puts(out, "; new terminals find no python3 at all");
	else
		buf_printf(out, "; new terminals %s %s (%s)", is_sound ? "run" : "silently run",
			i.path, i.version[0] ? i.version : "version not known");
	/* of a keg-only formula there is none that PATH could lead to */
	if (is_sound && access(own, X_OK) == 0)
		buf_printf(out,
			": PATH does not lead to it first, eval \"$(%s/bin/brew shellenv)\" "
			"in the shell's start-up file does",
			p->path);
}
