/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/python/imports.h"

#include <stdio.h>
#include <string.h>

#include "updaters/lib/person.h"
#include "updaters/lib/text.h"

enum { TIMEOUT_MS = 120 * 1000, OUTPUT_MAX = 1 << 20, FIXED_ARGS = 5 };

/*
 * The answers go to the descriptor that was standard output; what modules print goes nowhere. A
 * name is said before its import, so that one that takes the whole interpreter with it is known.
 * Isolated mode hides the person's own packages, which are to count where there is no venv.
 */
static const char code[] =
	"import importlib, os, site, sys\n"
	"out = os.dup(1)\n"
	"null = os.open(os.devnull, os.O_RDWR)\n"
	"os.dup2(null, 1)\n"
	"os.dup2(null, 2)\n"
	"if sys.prefix == sys.base_prefix:\n"
	"    site.addsitedir(site.getusersitepackages())\n"
	"for name in sys.argv[1:]:\n"
	"    os.write(out, b'\\n:' + name.encode() + b'\\t')\n"
	"    try:\n"
	"        importlib.import_module(name)\n"
	"        why = 'ok'\n"
	"    except BaseException as e:\n"
	"        why = type(e).__name__ + ': ' + ' '.join(str(e).split())[:200]\n"
	"    os.write(out, why.encode('utf-8', 'replace') + b'\\n')\n"
	"os._exit(0)\n";

/* What was said of one: the answer stands behind the last ":NAME\t" of its own line. */
static void answer_read(const char *said, struct import *import)
{
	char begin[300];
	int n = snprintf(begin, sizeof(begin), "\n:%s\t", import->module);
	const char *at = n > 0 && (size_t)n < sizeof(begin) ? strstr(said, begin) : NULL;
	size_t len;

	if (at == NULL) {
		text_copy_cut(import->why, sizeof(import->why), "was not tried");
		return;
	}
	at += n;
	len = strcspn(at, "\n");
	if (at[len] == '\0')
		text_copy_cut(import->why, sizeof(import->why), "its import ends python");
	else if (len == 2 && memcmp(at, "ok", 2) == 0)
		import->why[0] = '\0';
	else
		text_escape(at, len, import->why, sizeof(import->why));
}

bool imports_try(
	const struct owner *o, const char *python, struct import *imports, size_t n, struct err *e)
{
	SCOPED_FREE const char **argv = calloc(n + FIXED_ARGS + 1, sizeof(*argv));
	SCOPED_FREE char *said = NULL;
	const char *const fixed[FIXED_ARGS] = {python, "-I", "-B", "-c", code};
	int status = 0;

	if (argv == NULL)
		return err_set(e, ERR_INTERNAL, "out of memory");
	memcpy(argv, fixed, sizeof(fixed));
	for (size_t i = 0; i < n; i++)
		argv[FIXED_ARGS + i] = imports[i].module;

	struct errand_spec spec = {.argv = argv,
		.search_path = o->person->search_path,
		.timeout_ms = TIMEOUT_MS,
		.max_bytes = OUTPUT_MAX,
		.on_tick = o->on_tick,
		.is_stopped = o->is_stopped,
		.user = o->user};

	if (!person_run(o->person, &spec, &said, &status, e))
		return err_within(e, "%s", python);
	for (size_t i = 0; i < n; i++)
		answer_read(said, &imports[i]);
	if (strstr(said, "\n:") != NULL)
		return true;
	return err_set(e, ERR_PYTHON, "%s ended with status %d: %.200s", python, status, said);
}
