/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as what every address answers that a recipe asks: pages, feeds, checksum files,
 * signatures, and where redirects lead (the first line; "429 3" there: from the fourth request on
 * too many were made). Whatever is found is on the recipe's hosts, valid and
 * comes through the wire the same; nobody is asked whom the recipe does not list.
 */
#include "target.h"

#include "updaters/deb/deb_job.h"
#include "updaters/lib/url.h"
#include "updaters/worker_updater.h"

enum { REQUESTS_MAX = 200 };

/* All kinds of sources, and patterns that match short texts: a fuzzer finds its way to them. */
static const char every_kind[] =
	"name: x\ntitle: X\nkind: deb\npackage: xx\narch: {amd64: {file: x64}}\n"
	"hosts: [files.test/pool/, cdn.test]\nsources:\n"
	"  - page: https://page.test/list\n    link: 'href=\"(?<url>[^\"]+)\"'\n"
	"    version-from: '_(?<version>[^_/]+)_'\n    pick: highest\n"
	"  - json: https://feed.test/x\n    items: /a\n    match: {/u: '(?<part>[^/]+)$'}\n"
	"    version: /v\n    url: /u\n    sha256: /s\n    size: /n\n    date: /d\n"
	"  - page: https://page.test/tags\n    link: 'tag/(?<tag>[^\"]+)'\n"
	"    follow: {page: 'https://page.test/of/${tag}', link: 'x_(?<version>[0-9.]+)',\n"
	"             url: 'https://files.test/pool/x_${raw_version}_${file}.deb'}\n"
	"  - redirect: https://page.test/latest\n    link: '/x-(?<version>[^/]+)\\.deb$'\n"
	"  - package: https://files.test/pool/x.deb\n"
	"checksum: {text: 'https://cdn.test/SHA256SUMS', policy: prefer}\n"
	"version: {rewrite: ['s/-([0-9]+)$/+$1/'], raw: ['s/\\+([0-9]+)$/-$1/']}\n"
	"archive: 'https://files.test/pool/x_${raw_version}.deb'\n";

/* What is on GitHub, and signed beside. */
static const char of_github[] =
	"name: g\nkind: deb\npackage: xx\narch: [amd64]\nhosts: [github.com/acme/tool/]\nsources:\n"
	"  - github: acme/tool\n    tag: '^v?(?<version>[0-9][^/]*)$'\n    asset: '^x_.*\\.deb$'\n"
	"  - github: acme/tool\n    asset: '_(?<version>[0-9.]+)_${arch}'\n    prerelease: yes\n"
	"signature: {detached: 'https://github.com/acme/tool/x_${raw_version}.deb.asc', policy: "
	"prefer,\n"
	"            keys: [0123456789ABCDEF0123456789ABCDEF01234567]}\n";

static struct recipe *load(const char *name, const char *yaml, size_t len)
{
	static const struct host host = {
		.arch = "amd64", .os = "linuxmint", .base = "noble", .base_family = "ubuntu"};
	SCOPED(yaml_node_free) struct yaml_node *root = NULL;
	struct yaml_errors errors = {0};
	struct recipe *r = NULL;

	must(yaml_parse("x.yaml", yaml, len, &root, &errors) &&
			recipe_load(root, "x.yaml", name, &host, &r, &errors),
		errors.first.text);
	return r;
}

static struct recipe *load_shipped(const char *name)
{
	SCOPED_FREE char *yaml = NULL;
	char path[512];
	size_t len = 0;
	struct err e = {0};

	snprintf(path, sizeof(path), "%s/%s.yaml", DEVUPD_RECIPES, name);
	must(fs_read(path, YAML_FILE_MAX, &yaml, &len, &e), e.text);
	return load(name, yaml, len);
}

/* --- the net ----------------------------------------------------------------- */

struct net {
	const char *body;
	size_t len;
	char first_line[URL_MAX];
	int limit_status;     /* 0 = none */
	unsigned long n_free; /* requests before that; counted down */
};

/* "403 5" */
static void read_limit(struct net *net)
{
	char *end = NULL;

	net->limit_status = text_starts(net->first_line, "403 ")   ? 403
			    : text_starts(net->first_line, "429 ") ? 429
								   : 0;
	if (net->limit_status != 0)
		net->n_free = strtoul(net->first_line + 4, &end, 10) % 64;
}

/* true: it takes no more requests. */
static bool is_limited(struct net *net, struct http_response *r)
{
	if (net->limit_status == 0 || net->n_free-- > 0)
		return false;
	net->n_free = 0;
	*r = (struct http_response){.status = net->limit_status,
		.body = net->body,
		.body_len = net->len,
		.is_limited = true,
		.retry_after_s = net->len};
	return true;
}

/* Whom the worker would ask; a redirect is judged as http.c does. */
static void answer(struct net *net, struct task *t, const struct http_request *q)
{
	struct http_response r = {.status = 200, .body = net->body, .body_len = net->len};
	struct err e = {0};

	must(url_check(q->url, &e), "an address that is none is asked");
	must(q->max_bytes > 0 && q->timeout_ms > 0, "a request without limits");
	text_copy_cut(r.url, sizeof(r.url), q->url);
	if (q->judge != NULL && !q->judge(q->user, q->url, &e)) {
		t->ops->feed(t, &r, &e);
		return;
	}
	if (is_limited(net, &r)) {
		text_copy_cut(r.url, sizeof(r.url), q->url);
		t->ops->feed(t, &r, NULL);
		return;
	}
	if (url_check(net->first_line, NULL) && q->judge != NULL &&
		q->judge(q->user, net->first_line, &e)) {
		text_copy_cut(r.url, sizeof(r.url), net->first_line);
		r.n_hops = 1;
	}
	r.size_bytes = net->len;
	if (q->has_range) {
		size_t from = q->range_from < net->len ? (size_t)q->range_from : net->len;
		size_t most = (size_t)(q->range_to - q->range_from) + 1;

		r.status = 206;
		r.range_start = q->range_from;
		r.body = net->body + from;
		r.body_len = net->len - from < most ? net->len - from : most;
	}
	if (q->on_bytes != NULL && !q->on_bytes(q->user, r.body, r.body_len, &e)) {
		t->ops->feed(t, &r, &e);
		return;
	}
	t->ops->feed(t, &r, NULL);
}

/* --- what must hold ---------------------------------------------------------- */

static void check_release(const struct recipe *r, const struct release *release)
{
	struct err e = {0};

	must(url_check(release->url, &e), "a release at no address");
	must(url_is_listed(release->url, (const char *const *)r->hosts.items, r->hosts.n_items),
		"a release on a host that the recipe does not list");
	must(dpkg_version_is_valid(release->version), "a release without a valid version");
	must(release->digests.sha256[0] == '\0' || text_is_hex(release->digests.sha256, 64),
		"a digest that is none");
}

static void check_wire(const struct result *result)
{
	SCOPED_CLEAR(buf_clear) struct buf once = {0}, twice = {0};
	SCOPED_CLEAR(result_clear) struct result other;
	struct unpack u;
	struct err e = {0};

	buf_init(&once, RECORD_BYTES_MAX);
	buf_init(&twice, RECORD_BYTES_MAX);
	result_init(&other);
	result_pack(result, &once);
	must(!once.is_full, "a result too large for the wire");
	unpack_init(&u, once.data, once.len);
	must(result_unpack(&u, &other, &e), e.text);
	result_pack(&other, &twice);
	must(once.len == twice.len && memcmp(once.data, twice.data, once.len) == 0,
		"through the wire it is another result");
}

static void check_result(const struct recipe *r, const struct result *result)
{
	must(!has_control_bytes(result->error.text) && !has_control_bytes(result->text),
		"control bytes in what is shown");
	must(result->outcome != OUTCOME_FAILED || err_is_set(&result->error),
		"failed without a reason");
	if (result->outcome == OUTCOME_AVAILABLE)
		check_release(r, &result->release);
	check_wire(result);
}

static void inspect(struct recipe *r, const struct net *how, const char *below)
{
	static const struct worker_host host = {.write_folder_fd = -1,
		.timeout_ms = 30000,
		.stall_ms = 30000,
		.has_github_token = true};
	struct net net = *how;
	const struct worker_updater *deb = worker_registry_find("deb");
	struct deb_inspect in = {.recipe = r, .with_trace = true, .with_digest = true};
	SCOPED_CLEAR(result_clear) struct result result;
	SCOPED_CLEAR(job_clear) struct job job;
	struct http_request q = {0};
	struct task *t = NULL;
	struct err e = {0};

	result_init(&result);
	job_init(&job);
	text_copy_cut(in.installed, sizeof(in.installed), "2.0");
	text_copy_cut(in.below, sizeof(in.below), below);
	deb_inspect_pack(&in, &job.input);
	job.phase = PHASE_INSPECT;
	must(deb->begin(&job, &host, &t, &e), e.text);
	for (int i = 0; t->ops->next(t, &q); i++) {
		must(i < REQUESTS_MAX, "it asks without an end");
		answer(&net, t, &q);
		q = (struct http_request){0};
	}
	t->ops->result(t, &result);
	t->ops->free(t);
	check_result(r, &result);
}

enum { N_RECIPES = 4 };

/*
 * Replayed, each input is read by all recipes. A fuzzer gets further when an input is read by one
 * of them, as long as the same one reads it each time.
 */
static bool is_its_turn(const uint8_t *data, size_t size, size_t recipe)
{
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
	size_t sum = size;

	for (size_t i = 0; i < size; i++)
		sum = sum * 31 + data[i];
	return sum / 7 % N_RECIPES == recipe;
#else
	(void)data;
	(void)size;
	return recipe < N_RECIPES;
#endif
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct recipe *recipes[N_RECIPES];
	SCOPED_FREE char *body = text_of(data, size);
	struct net net = {.body = body, .len = size};

	if (recipes[0] == NULL) {
		recipes[0] = load("x", every_kind, sizeof(every_kind) - 1);
		recipes[1] = load_shipped("positron");
		recipes[2] = load_shipped("rstudio");
		recipes[3] = load("g", of_github, sizeof(of_github) - 1);
	}
	if (!text_copy_n(net.first_line, sizeof(net.first_line), body, strcspn(body, "\n")))
		net.first_line[0] = '\0';
	read_limit(&net);
	for (size_t i = 0; i < N_RECIPES; i++)
		if (is_its_turn(data, size, i))
			inspect(recipes[i], &net, size % 8 == 0 ? "2.0" : "");
	return 0;
}
