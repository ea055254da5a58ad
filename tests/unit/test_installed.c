/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/python/installed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "updaters/lib/fs.h"
#include "updaters/lib/node.h"

static char site[] = "/tmp/devupd-site-XXXXXX";

static int make(void **state)
{
	(void)state;
	memcpy(site + strlen(site) - 6, "XXXXXX", 6);
	return mkdtemp(site) ? 0 : -1;
}

static int drop(void **state)
{
	(void)state;
	return node_remove_tree(site, NULL) ? 0 : -1;
}

/* FOLDER/FILE of it, or a file of its own where folder is "". */
static void put(const char *folder, const char *file, const char *text)
{
	char path[256], name[512];
	struct err e = {0};

	assert_true(fs_join(path, sizeof(path), site, folder));
	if (folder[0])
		assert_true(fs_make_folders(path, 0755, &e));
	assert_true(fs_join(name, sizeof(name), folder[0] ? path : site, file));
	if (!fs_replace(name, text, strlen(text), 0644, &e))
		fail_msg("%s", e.text);
}

static void put_dist(const char *folder, const char *name, const char *version, const char *direct)
{
	char text[256];

	(void)snprintf(text, sizeof(text),
		"Metadata-Version: 2.1\nName: %s\nVersion: %s\n\nName: no\n", name, version);
	put(folder, "METADATA", text);
	if (direct)
		put(folder, "direct_url.json", direct);
}

static const struct dist *only(struct dists *d)
{
	struct err e = {0};

	dists_clear(d);
	if (!installed_read(site, d, &e))
		fail_msg("%s", e.text);
	assert_int_equal(d->n_items, 1);
	return &d->items[0];
}

static void where_it_came_from(void **state)
{
	static const struct {
		const char *direct;
		enum dist_from from;
		const char *requirement, *lost;
	} cases[] = {
		{NULL, DIST_INDEX, "pkg==1.2+local", ""},
		{"{\"url\": \"file:///tmp\", \"dir_info\": {\"editable\": true}}", DIST_EDITABLE,
			"-e file:///tmp", ""},
		{"{\"url\": \"file:///nowhere%20x\", \"dir_info\": {\"editable\": true}}",
			DIST_EDITABLE, "", "/nowhere x is gone, where it was installed from"},
		{"{\"url\": \"file:///tmp\", \"dir_info\": {}}", DIST_FILE, "pkg @ file:///tmp",
			""},
		{"{\"url\": \"https://h/x.git\", \"subdirectory\": \"a/b\", \"vcs_info\": "
		 "{\"vcs\": \"git\", \"requested_revision\": \"main\", \"commit_id\": \"abc1\"}}",
			DIST_VCS, "pkg @ git+https://h/x.git@abc1#subdirectory=a/b", ""},
		{"{\"url\": \"https://h/x.whl\", \"archive_info\": {\"hash\": \"sha256=0\"}}",
			DIST_FILE, "pkg @ https://h/x.whl", ""},
		/* nothing of it may become another line or option of pip's */
		{"{\"url\": \"https://h/x --index-url http://evil\"}", DIST_FILE, "",
			"pkg: its direct_url.json can't be used"},
		{"{\"url\": \"https://h/x\\n-e .\"}", DIST_FILE, "",
			"pkg: its direct_url.json can't be used"},
		{"{\"url\": \"https://h/x\", \"vcs_info\": {\"vcs\": \"git -c\"}}", DIST_VCS, "",
			"pkg: its direct_url.json can't be used"},
		{"{", DIST_INDEX, "", "pkg: its direct_url.json can't be read"},
	};
	struct dists d = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put_dist("pkg-1.2.dist-info", "pkg", "1.2+local", cases[i].direct);

		const struct dist *found = only(&d);

		assert_string_equal(found->requirement, cases[i].requirement);
		assert_string_equal(found->lost, cases[i].lost);
		assert_int_equal(found->from, cases[i].from);
	}
	dists_clear(&d);
}

static void older_shapes(void **state)
{
	struct dists d = {0};

	(void)state;
	put("", "tool.egg-link", "/tmp\n../");
	assert_string_equal(only(&d)->requirement, "-e /tmp");
	assert_string_equal(d.items[0].name, "tool");
	put("", "alone-2.0-py3.9.egg-info",
		"Metadata-Version: 1.1\r\nname: alone\r\nVERSION: 2.0\r\n");
	put("folder-3.egg-info", "PKG-INFO", "Name: folder\nVersion: 3\n");
	/* neither metadata, nor a name that pip would take, nor pip's own rests */
	put("empty-1.dist-info", "RECORD", "");
	put_dist("evil-1.dist-info", "-r/etc/passwd", "1", NULL);
	put_dist("~ld-1.dist-info", "old", "1", NULL);
	put_dist("odd-1.dist-info", "odd", "1; rm", NULL);
	dists_clear(&d);
	assert_true(installed_read(site, &d, NULL));
	assert_int_equal(d.n_items, 4);
	assert_string_equal(d.items[0].requirement, "alone==2.0");
	assert_string_equal(d.items[1].requirement, "folder==3");
	assert_string_equal(d.items[2].name, "odd");
	assert_string_equal(d.items[2].requirement, "");
	assert_string_equal(d.items[3].name, "tool");
	dists_clear(&d);
	assert_true(installed_read("/nowhere/site-packages", &d, NULL));
	assert_int_equal(d.n_items, 0);
}

static void modules(void **state)
{
	struct dists d = {0};
	SCOPED_CLEAR(strings_clear) struct strings found = {0};

	(void)state;
	put_dist("PyYAML-6.dist-info", "PyYAML", "6", NULL);
	put("PyYAML-6.dist-info", "top_level.txt", "_yaml\nyaml\n");
	put_dist("six-1.dist-info", "six", "1", NULL);
	put("six-1.dist-info", "RECORD",
		"../../../bin/x,,\n__pycache__/six.pyc,,\nsix.py,sha256=x,1\n");
	put_dist("pkg-1.dist-info", "pkg", "1", NULL);
	put("pkg-1.dist-info", "RECORD", "pkg/sub/__init__.py,,\npkg/__init__.py,,\n");
	put_dist("pip-1.dist-info", "pip", "1", NULL);
	put("pip-1.dist-info", "RECORD", "pip/__init__.py,,\n");
	put_dist("bad-1.dist-info", "bad", "1", NULL);
	put("bad-1.dist-info", "top_level.txt", "a;import os\n");
	assert_true(installed_read(site, &d, NULL));
	assert_true(installed_modules(site, &d, 10, &found));
	assert_int_equal(found.n_items, 3);
	assert_string_equal(found.items[0], "pkg");
	assert_string_equal(found.items[1], "yaml");
	assert_string_equal(found.items[2], "six");
	strings_clear(&found);
	assert_true(installed_modules(site, &d, 1, &found));
	assert_int_equal(found.n_items, 1);
	dists_clear(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(where_it_came_from, make, drop),
		cmocka_unit_test_setup_teardown(older_shapes, make, drop),
		cmocka_unit_test_setup_teardown(modules, make, drop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
