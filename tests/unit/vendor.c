/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vendor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "updaters/lib/child.h"
#include "updaters/lib/fs.h"

enum { REQUESTS_MAX = 200 };

struct recipe *vendor_recipe(const char *file_name, const char *yaml, const char *base)
{
	struct host h = {.arch = "amd64", .os = "linuxmint", .base_family = "ubuntu"};
	SCOPED(yaml_node_free) struct yaml_node *root = NULL;
	struct yaml_errors errors = {0};
	struct recipe *r = NULL;

	text_copy_cut(h.base, sizeof(h.base), base);
	if (!yaml_parse("test.yaml", yaml, strlen(yaml), &root, &errors) ||
		!recipe_load(root, "test.yaml", file_name, &h, &r, &errors))
		fail_msg("%s", errors.first.text);
	assert_int_equal(r->fit, RECIPE_FITS);
	return r;
}

char *vendor_fixture(const char *path, size_t *out_len)
{
	char full[512], *text = NULL;
	struct err e = {0};

	assert_true(fs_join(full, sizeof(full), DEVUPD_FIXTURES, path));
	if (!fs_read(full, 8 << 20, &text, out_len, &e))
		fail_msg("%s", e.text);
	return text;
}

struct recipe *vendor_shipped_recipe(const char *name, const char *base)
{
	char path[256];

	snprintf(path, sizeof(path), "../../config/recipes/%s.yaml", name);

	SCOPED_FREE char *yaml = vendor_fixture(path, NULL);

	return vendor_recipe(name, yaml, base);
}

static void write_file(const char *path, const void *bytes, size_t len)
{
	struct err e = {0};

	if (!fs_replace(path, bytes, len, 0644, &e))
		fail_msg("%s", e.text);
}

char *vendor_package(
	const char *package, const char *version, const char *arch, size_t n_data, size_t *out_len)
{
	return vendor_package_with(package, version, arch, "", n_data, out_len);
}

char *vendor_package_with(const char *package, const char *version, const char *arch,
	const char *fields, size_t n_data, size_t *out_len)
{
	char folder[] = "/tmp/devupd-unit-XXXXXX", path[128], deb[128], text[512], *bytes = NULL;
	const char *const build[] = {
		"/usr/bin/dpkg-deb", "--root-owner-group", "-Znone", "--build", path, deb, NULL};
	const char *const drop[] = {"/bin/rm", "-rf", folder, NULL};
	struct child_spec spec = {.argv = build};
	SCOPED_FREE char *noise = malloc(n_data + 1), *said = NULL;
	struct err e = {0};
	int status = 0;

	assert_non_null(mkdtemp(folder));
	assert_non_null(noise);
	for (size_t i = 0; i < n_data; i++)
		noise[i] = (char)(i * 2654435761U >> 11);
	snprintf(path, sizeof(path), "%s/root/DEBIAN", folder);
	assert_true(fs_make_folders(path, 0755, &e));
	snprintf(path, sizeof(path), "%s/root/DEBIAN/control", folder);
	snprintf(text, sizeof(text),
		"Package: %s\nVersion: %s\nArchitecture: %s\nMaintainer: T <t@t.test>\n"
		"Description: test\n%s",
		package, version, arch, fields);
	write_file(path, text, strlen(text));
	snprintf(path, sizeof(path), "%s/root/noise", folder);
	write_file(path, noise, n_data);
	snprintf(path, sizeof(path), "%s/root", folder);
	snprintf(deb, sizeof(deb), "%s/x.deb", folder);
	if (!child_run(&spec, 20000, 65536, &said, NULL, &status, &e) || status != 0)
		fail_msg("dpkg-deb: %s %s", e.text, said != NULL ? said : "");
	if (!fs_read(deb, 64 << 20, &bytes, out_len, &e))
		fail_msg("%s", e.text);
	free(MOVE_PTR(said));
	spec.argv = drop;
	assert_true(child_run(&spec, 20000, 65536, &said, NULL, &status, &e));
	return bytes;
}

static struct answer *find_answer(struct vendor *v, const char *url)
{
	for (size_t i = 0; i < v->n_answers; i++)
		if (strcmp(v->answers[i].url, url) == 0)
			return &v->answers[i];
	return NULL;
}

static size_t body_len_of(const struct answer *a)
{
	return a->body == NULL ? 0 : a->body_len > 0 ? a->body_len : strlen(a->body);
}

/* Status and fields; out_from, out_to: which bytes of the body go out. */
static void make_head(const struct answer *a, const struct http_request *q, struct http_response *r,
	size_t *out_from, size_t *out_to)
{
	size_t len = body_len_of(a);

	*out_from = 0;
	*out_to = len;
	r->status = a->status;
	text_copy_cut(r->url, sizeof(r->url), a->final_url != NULL ? a->final_url : q->url);
	r->n_hops = a->final_url != NULL;
	r->is_limited = a->is_limited;
	r->limited_until_s = a->limited_until_s;
	r->retry_after_s = a->retry_after_s;
	if (a->etag != NULL)
		text_copy_cut(r->etag, sizeof(r->etag), a->etag);
	if (a->type != NULL)
		text_copy_cut(r->content_type, sizeof(r->content_type), a->type);
	if (a->refuses_head && q->method == HTTP_HEAD)
		r->status = 405;
	if (r->status == 200 && q->etag[0] != '\0' && !q->has_range && a->etag != NULL &&
		strcmp(q->etag, a->etag) == 0)
		r->status = 304;
	if (r->status == 200 && q->has_range && !a->takes_no_ranges &&
		(q->etag[0] == '\0' || a->ignores_if_range ||
			(a->etag != NULL && strcmp(q->etag, a->etag) == 0))) {
		r->status = q->range_from < len ? 206 : 416;
		r->range_start = *out_from = q->range_from < len ? (size_t)q->range_from : len;
		if (q->range_to < len)
			*out_to = (size_t)q->range_to + 1;
	}
	r->size_bytes = a->hides_size ? 0 : len;
	if (q->method == HTTP_HEAD || r->status == 304 || r->status == 416)
		*out_from = *out_to = 0;
}

static bool send_body(struct answer *a, const struct http_request *q, struct http_response *r,
	size_t from, size_t to, char **out_body, struct err *e)
{
	size_t piece = a->piece > 0 ? a->piece : 1000, cut = a->cut_after, sent = 0;

	if (to > from)
		a->n_bodies++;
	if (q->on_head != NULL && !q->on_head(q->user, r, e))
		return false;
	if (q->on_bytes == NULL) {
		if (to - from > q->max_bytes)
			return err_set(e, ERR_TOO_BIG, "too big");
		*out_body = malloc(to - from + 1);
		if (to > from)
			memcpy(*out_body, a->body + from, to - from);
		(*out_body)[to - from] = '\0';
		r->body = *out_body;
		r->body_len = to - from;
		return true;
	}
	for (size_t at = from; at < to; at += piece, sent += piece) {
		if (cut > 0 && sent >= cut) {
			a->cut_after = 0;
			r->may_go_on = true;
			return err_set(e, ERR_NETWORK, "connection reset");
		}
		if (!q->on_bytes(q->user, a->body + at, to - at < piece ? to - at : piece, e))
			return false;
	}
	return true;
}

static bool judge(struct vendor *v, const struct http_request *q, const char *url, struct err *e)
{
	if (q->judge == NULL || q->judge(q->user, url, e))
		return true;
	v->n_refused++;
	return false;
}

static void serve(struct vendor *v, struct task *t, const struct http_request *q)
{
	struct answer none = {.url = q->url, .status = 404, .body = "not found"};
	struct answer *a = find_answer(v, q->url);
	struct http_response r = {0};
	struct err e = {0};
	char *body = NULL;
	size_t from, to;
	bool is_fine;

	v->n_requests++;
	text_copy_cut(v->last_etag, sizeof(v->last_etag), q->etag);
	v->last_range_from = q->has_range ? q->range_from : 0;
	v->last_timeout_ms = q->timeout_ms;
	assert_true(q->max_bytes > 0 && q->timeout_ms > 0 && q->stall_ms > 0);
	assert_true(q->timeout_ms < UINT64_MAX); /* whatever trickles in, it ends */
	assert_true(q->on_bytes == NULL || (q->floor_ms > 0 && q->floor_bytes > 0));
	if (a == NULL)
		a = &none;
	a->n_asked++;
	is_fine =
		judge(v, q, q->url, &e) && (a->final_url == NULL || judge(v, q, a->final_url, &e));
	if (is_fine && a->status == 0)
		is_fine = err_set(&e, a->error, "no answer from the host");
	if (is_fine) {
		make_head(a, q, &r, &from, &to);
		is_fine = send_body(a, q, &r, from, to, &body, &e);
	}
	t->ops->feed(t, &r, is_fine ? NULL : &e);
	free(body);
}

void vendor_run(struct vendor *v, enum phase phase, const struct buf *input, int fd,
	const struct worker_host *host, struct result *out)
{
	const struct worker_updater *deb = worker_registry_find("deb");
	struct job job = {.id = 7, .phase = phase, .input = *input, .fd = fd};
	struct http_request q = {0};
	struct task *t = NULL;
	struct err e = {0};

	assert_non_null(deb);
	if (!deb->begin(&job, host, &t, &e))
		fail_msg("%s", e.text);
	for (int i = 0; t->ops->next(t, &q); i++) {
		if (i == REQUESTS_MAX)
			fail_msg("the task does not end");
		serve(v, t, &q);
		q = (struct http_request){0};
	}
	t->ops->result(t, out);
	t->ops->free(t);
}

void vendor_inspect(struct vendor *v, const struct deb_inspect *in, struct result *out)
{
	const struct worker_host host = {.write_folder_fd = -1,
		.timeout_ms = 30000,
		.stall_ms = 30000,
		.has_github_token = v->has_github_token};
	SCOPED_CLEAR(buf_clear) struct buf input = {0};

	buf_init(&input, RECORD_BYTES_MAX);
	deb_inspect_pack(in, &input);
	assert_false(input.is_full);
	v->n_requests = v->n_refused = 0;
	for (size_t i = 0; i < v->n_answers; i++)
		v->answers[i].n_asked = v->answers[i].n_bodies = 0;
	vendor_run(v, PHASE_INSPECT, &input, -1, &host, out);
}
