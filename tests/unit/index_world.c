/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "updaters/lib/child.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/interpreter.h"
#include "updaters/python/packages.h"

/* make.py wheel|sdist INDEX NAME VERSION MODULE BODY REQUIRES */
static const char make_script[] =
	"import io, os, sys, tarfile, zipfile\n"
	"kind, index, name, version, module, body, requires = sys.argv[1:]\n"
	"folder = os.path.join(index, 'simple', name)\n"
	"os.makedirs(folder, exist_ok=True)\n"
	"file = name.replace('-', '_') + '-' + version\n"
	"head = 'Metadata-Version: 2.1\\nName: %s\\nVersion: %s\\n' % (name, version)\n"
	"if kind == 'wheel':\n"
	"    info = file + '.dist-info/'\n"
	"    need = 'Requires-Dist: %s\\n' % requires if requires else ''\n"
	"    with zipfile.ZipFile(os.path.join(folder, file + '-py3-none-any.whl'), 'w') as z:\n"
	"        z.writestr(module + '/__init__.py', body)\n"
	"        z.writestr(info + 'METADATA', head + need)\n"
	"        z.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nGenerator: test\\n'\n"
	"                   'Root-Is-Purelib: true\\nTag: py3-none-any\\n')\n"
	"        z.writestr(info + 'RECORD', ''.join(n + ',,\\n' for n in z.namelist()))\n"
	"else:\n"
	"    files = {'PKG-INFO': head, 'backend.py': 'raise RuntimeError(\"boom\")\\n',\n"
	"             'pyproject.toml': '[build-system]\\nrequires = []\\n'\n"
	"             'build-backend = \"backend\"\\nbackend-path = [\".\"]\\n'}\n"
	"    with tarfile.open(os.path.join(folder, file + '.tar.gz'), 'w:gz') as t:\n"
	"        for path, text in files.items():\n"
	"            entry = tarfile.TarInfo(file + '/' + path)\n"
	"            entry.size = len(text)\n"
	"            t.addfile(entry, io.BytesIO(text.encode()))\n"
	"with open(os.path.join(folder, 'index.html'), 'w') as page:\n"
	"    for f in sorted(os.listdir(folder)):\n"
	"        page.write('<a href=\"%s\">%s</a><br>\\n' % (f, f))\n";

/* --- small things ---------------------------------------------------------------------------- */

void world_sh(const char *format, ...)
{
	char line[4096];
	const char *const argv[] = {"/bin/sh", "-ec", line, NULL};
	struct child_spec spec = {.argv = argv, .merges_output = true};
	SCOPED_FREE char *text = NULL;
	struct err e = {0};
	int status = -1;
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (!child_run(&spec, 300000, 1 << 20, &text, NULL, &status, &e) || status != 0)
		fail_msg("%s: %d %s %s", line, status, e.text, text != NULL ? text : "");
}

const char *world_path(const struct index_world *w, const char *name, char out[512])
{
	snprintf(out, 512, "%s/%s", w->folder, name);
	return out;
}

const char *world_home(const struct index_world *w, const char *name, char out[512])
{
	snprintf(out, 512, "%.400s/%s", w->person.home, name);
	return out;
}

void world_write(const char *path, const char *text)
{
	char folder[1024];
	struct err e = {0};

	assert_true(text_copy_n(folder, sizeof(folder), path, (size_t)(strrchr(path, '/') - path)));
	if (!fs_make_folders(folder, 0755, &e) || !fs_replace(path, text, strlen(text), 0644, &e))
		fail_msg("%s", e.text);
}

/* --- the machine ----------------------------------------------------------------------------- */

/* The line that python -m http.server begins with: "… port 43210 (…". */
static bool server_start(struct index_world *w)
{
	char index[512], line[256] = "";
	const char *const argv[] = {w->python, "-u", "-m", "http.server", "--bind", "127.0.0.1",
		"--directory", world_path(w, "index", index), "0", NULL};
	int pipes[2];

	if (pipe(pipes) != 0)
		return false;

	struct child_spec spec = {
		.argv = argv, .fds = {{pipes[1], 1}}, .n_fds = 1, .dies_with_us = true};
	bool ok = child_start(&spec, &w->server, NULL);

	close(pipes[1]);

	FILE *said = fdopen(pipes[0], "r");
	const char *at = NULL;

	/* to the end of the line: nobody would read what comes after a closed pipe */
	if (ok && said != NULL && fgets(line, sizeof(line), said) != NULL)
		at = strstr(line, " port ");
	if (said != NULL)
		fclose(said);
	return at != NULL && sscanf(at, " port %u", &w->port) == 1;
}

static bool template_make(struct index_world *w)
{
	char venv[512];
	const char *const argv[] = {
		w->python, "-I", "-m", "venv", world_path(w, "template", venv), NULL};
	struct child_spec spec = {.argv = argv, .merges_output = true};
	SCOPED_FREE char *text = NULL;
	int status = -1;

	if (child_run(&spec, 300000, 1 << 20, &text, NULL, &status, NULL) && status == 0)
		return true;
	fprintf(stderr, "%s -m venv: status %d: %s\n", w->python, status, text != NULL ? text : "");
	return false;
}

bool index_world_open(struct index_world *w)
{
	static const char search_path[] = "/usr/bin:/bin:/usr/local/bin";
	struct interpreter python;
	char path[512];
	struct err e = {0};

	*w = (struct index_world){.folder = "/tmp/test_packages.XXXXXX"};
	if (mkdtemp(w->folder) == NULL || !interpreter_find(search_path, "python3", &python) ||
		!text_copy(w->python, sizeof(w->python), python.real)) {
		fprintf(stderr, "there is no python3\n");
		return false;
	}
	memcpy(w->minor, python.minor, sizeof(w->minor));
	return fs_make_folders(world_path(w, "index/simple", path), 0755, &e) &&
	       fs_replace(world_path(w, "make.py", path), make_script, strlen(make_script), 0644,
		       &e) &&
	       template_make(w) && server_start(w);
}

void index_world_close(struct index_world *w)
{
	if (w->server > 0) {
		kill(w->server, SIGTERM);
		waitpid(w->server, NULL, 0);
	}
	words_clear(&w->recipe.words);
	world_sh("chmod -R u+rwX %s; rm -rf %s", w->folder, w->folder);
}

int index_world_lacking(void)
{
	const char *ci = getenv("CI");

	fprintf(stderr, "skipped: needs python3, python3-venv\n");
	return ci != NULL && strcmp(ci, "true") == 0 ? 1 : 77;
}

/* --- a test's own ---------------------------------------------------------------------------- */

void world_reset(struct index_world *w)
{
	static char name[] = "python-packages";
	struct person *p = &w->person;
	char path[512];

	words_clear(&w->recipe.words);
	*p = (struct person){.uid = geteuid(), .gid = getegid()};
	snprintf(p->name, sizeof(p->name), "ana");
	snprintf(p->home, sizeof(p->home), "%s/home%u", w->folder, w->n_homes++);
	snprintf(p->shell, sizeof(p->shell), "/bin/sh");
	snprintf(p->config_home, sizeof(p->config_home), "%.900s/.config", p->home);
	snprintf(p->search_path, sizeof(p->search_path), "/usr/bin:/bin");
	w->recipe = (struct recipe){.name = name, .packages = w->packages};
	w->owner = (struct owner){
		.recipe = &w->recipe, .person = p, .mode = OWNER_UPGRADE, .may_upgrade = true};
	assert_true(words_set(&w->recipe.words, "home", p->home));
	world_sh("mkdir -p %s && rm -rf %s/*", p->home, world_path(w, "index/simple", path));
	world_use_port(w, w->port);
}

void world_use_port(const struct index_world *w, unsigned port)
{
	char path[512], text[256];

	snprintf(text, sizeof(text),
		"[global]\nindex-url = http://127.0.0.1:%u/simple/\nretries = 1\n", port);
	world_write(world_home(w, ".config/pip/pip.conf", path), text);
}

void world_wheel(const struct index_world *w, const char *name, const char *version,
	const char *module, const char *body, const char *requires)
{
	world_sh("%s %s/make.py wheel %s/index '%s' '%s' '%s' '%s' '%s'", w->python, w->folder,
		w->folder, name, version, module, body, requires);
}

void world_broken_sdist(const struct index_world *w, const char *name, const char *version)
{
	world_sh("%s %s/make.py sdist %s/index '%s' '%s' '' '' ''", w->python, w->folder, w->folder,
		name, version);
}

void world_venv(const struct index_world *w, const char *name)
{
	world_sh("cp -a %s/template %s/%s", w->folder, w->person.home, name);
}

void world_python(const struct index_world *w, const char *prefix, bool is_managed)
{
	char lib[512];

	snprintf(lib, sizeof(lib), "%.400s/lib/python%s", prefix, w->minor);
	world_sh("mkdir -p %s/bin %s && cp %s %s/bin/python%s && ln -s python%s %s/bin/python3",
		prefix, lib, w->python, prefix, w->minor, w->minor, prefix);
	world_sh(
		"for f in $(%s -I -c 'import sysconfig; print(sysconfig.get_path(\"stdlib\"))')/*; "
		"do case $f in */EXTERNALLY-MANAGED|*/site-packages|*/dist-packages) ;; "
		"*) ln -s $f %s/ ;; esac; done",
		w->python, lib);
	world_sh("mkdir -p %s/site-packages && ln -s %s/template/lib/python*/site-packages/pip "
		 "%s/pip",
		lib, w->folder, lib);
	if (is_managed)
		world_sh(
			"printf '[externally-managed]\\nError=no\\n' > %s/EXTERNALLY-MANAGED", lib);
}

void world_installed(const char *site, const char *name, const char *version)
{
	char path[1024], text[512];

	snprintf(path, sizeof(path), "%s/%s-%s.dist-info/METADATA", site, name, version);
	snprintf(text, sizeof(text), "Metadata-Version: 2.1\nName: %s\nVersion: %s\n\nprose\n",
		name, version);
	world_write(path, text);
}

void world_need(struct index_world *w, const char *install, const char *import)
{
	static char texts[16][64];
	static size_t n;
	char *of_install = texts[n++ % 16], *of_import = texts[n++ % 16];

	snprintf(of_install, 64, "%s", install);
	snprintf(of_import, 64, "%s", import);
	assert_true(w->recipe.n_packages < ARRAY_SIZE(w->packages));
	w->packages[w->recipe.n_packages++] =
		(struct recipe_package){.install = of_install, .import = of_import};
}

struct finding *world_look(const struct index_world *w, struct findings *out)
{
	struct err e = {0};

	findings_clear(out);
	if (!packages_look(&w->owner, out, &e))
		fail_msg("%s", e.text);
	assert_int_equal(out->n_items, 1);
	return &out->items[0];
}

bool world_take(const struct index_world *w, const struct finding *f, struct err *e)
{
	SCOPED(undo_close) struct undo *undo = NULL;
	struct mender by = {.person = &w->person, .name = "python-packages"};

	if (!undo_open(&w->person, "run-1", &undo, e))
		return false;
	by.undo = undo;
	return mend_take(&f->mend, &by, e);
}
