/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A vendor for unit tests: a list of answers, given to a task's requests without a network. It asks
 * the task's judge as http.c does, answers 304 to a matching condition, and cuts out ranges.
 */
#ifndef DEVUPD_TESTS_UNIT_VENDOR_H
#define DEVUPD_TESTS_UNIT_VENDOR_H

#include "updaters/deb/deb_job.h"
#include "updaters/lib/http.h"
#include "updaters/worker_updater.h"

struct answer {
	const char *url;
	int status;       /* 0 = fails with `error` */
	const char *body; /* NULL: none */
	size_t body_len;  /* 0 = strlen */
	const char *etag;
	const char *type;
	const char *final_url; /* NULL: no redirect */
	enum err_code error;   /* with status 0 */
	bool refuses_head;     /* 405 */
	bool takes_no_ranges;  /* 200 to a range */
	bool ignores_if_range; /* 206 whatever the condition */
	size_t cut_after;      /* the connection breaks after so many body bytes, once; 0 = never */
	bool hides_size;
	bool is_limited; /* too many requests */
	uint64_t limited_until_s, retry_after_s;
	/* counted */
	unsigned n_asked, n_bodies;
	size_t piece; /* bytes for a sink at a time; 0 = 1000 */
};

struct vendor {
	struct answer *answers;
	size_t n_answers;
	unsigned n_requests;
	unsigned n_refused;    /* by the task's judge */
	bool has_github_token; /* vendor_inspect: the worker has one */
	char last_etag[HTTP_FIELD_MAX];
	uint64_t last_range_from, last_timeout_ms;
};

/* Loads a recipe as the program would; host noble amd64 unless said otherwise. */
struct recipe *vendor_recipe(const char *file_name, const char *yaml, const char *base);
struct recipe *vendor_shipped_recipe(const char *name, const char *base);
/* A fixture's whole text, to be freed. */
char *vendor_fixture(const char *path, size_t *out_len);

/* A package made by dpkg-deb, with n_data bytes of noise in it; to be freed. */
char *vendor_package(
	const char *package, const char *version, const char *arch, size_t n_data, size_t *out_len);
/* The same with more control fields: whole lines. */
char *vendor_package_with(const char *package, const char *version, const char *arch,
	const char *fields, size_t n_data, size_t *out_len);

/* Begins a task with the packed input, drives it to its end. */
void vendor_run(struct vendor *v, enum phase phase, const struct buf *input, int fd,
	const struct worker_host *host, struct result *out);
void vendor_inspect(struct vendor *v, const struct deb_inspect *in, struct result *out);

#endif
