/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * floor LIST
 *
 * The least that a check can cost: two processes, one libcurl multi handle, HTTP/2 with one
 * connection a host, the hashed CA folder, the same pages, the same patterns with JIT. The second
 * process fetches and matches, the first prints. No settings, no records, no care for bad input.
 * LIST holds lines of: name, address, a pattern for grep, a pattern with a group `version`.
 */
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum { JOBS_MAX = 1024, ACTIVE_MAX = 64, PAGE_MAX = 1 << 20 };

struct job {
	char name[64];
	char url[256];
	char pattern[256];
	pcre2_code *code;
	char *page;
	size_t page_bytes;
};

struct floor {
	struct job jobs[JOBS_MAX];
	size_t n_jobs, n_started, n_done;
	CURLM *multi;
	pcre2_match_data *match;
	int out;
};

static size_t page_add(char *data, size_t size, size_t n, void *user)
{
	struct job *job = user;
	size_t bytes = size * n;

	if (!job->page)
		job->page = malloc(PAGE_MAX);
	if (!job->page || bytes > PAGE_MAX - job->page_bytes)
		return 0;
	memcpy(job->page + job->page_bytes, data, bytes);
	job->page_bytes += bytes;
	return bytes;
}

static bool job_start(struct floor *f)
{
	struct job *job = &f->jobs[f->n_started++];
	CURL *easy = curl_easy_init();
	PCRE2_SIZE at;
	int error;

	job->code = pcre2_compile((PCRE2_SPTR)job->pattern, PCRE2_ZERO_TERMINATED,
		PCRE2_MULTILINE | PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &error, &at, NULL);
	if (!easy || !job->code || pcre2_jit_compile(job->code, PCRE2_JIT_COMPLETE) != 0)
		return false;
	curl_easy_setopt(easy, CURLOPT_URL, job->url);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, job);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, page_add);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, job);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
	curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
	curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
	curl_easy_setopt(easy, CURLOPT_CAPATH, "/etc/ssl/certs");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
	return curl_multi_add_handle(f->multi, easy) == CURLM_OK;
}

/* Send the name and the highest version on the page. */
static bool job_finish(struct floor *f, struct job *job)
{
	char best[64] = "";
	char message[160];
	PCRE2_SIZE *ends = pcre2_get_ovector_pointer(f->match);
	size_t at = 0;

	while (pcre2_match(job->code, (PCRE2_SPTR)job->page, job->page_bytes, at, 0, f->match,
		       NULL) > 0) {
		char version[64];
		PCRE2_SIZE bytes = sizeof(version);

		at = ends[1];
		if (pcre2_substring_copy_byname(f->match, (PCRE2_SPTR) "version",
			    (PCRE2_UCHAR *)version, &bytes) == 0 &&
			strverscmp(version, best) > 0)
			memcpy(best, version, bytes + 1);
	}
	free(job->page);
	pcre2_code_free(job->code);
	f->n_done++;
	int n = snprintf(message, sizeof(message), "%s\t%s\n", job->name, best);
	return *best && send(f->out, message, (size_t)n, 0) == n;
}

static bool finish_done(struct floor *f)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(f->multi, &left))) {
		CURL *easy = message->easy_handle;
		struct job *job;

		curl_easy_getinfo(easy, CURLINFO_PRIVATE, &job);
		bool ok = message->data.result == CURLE_OK;
		curl_multi_remove_handle(f->multi, easy);
		curl_easy_cleanup(easy);
		if (!ok || !job_finish(f, job))
			return false;
	}
	return true;
}

static bool list_read(struct floor *f, const char *path)
{
	FILE *list = fopen(path, "re");

	while (list && f->n_jobs < JOBS_MAX) {
		struct job *job = &f->jobs[f->n_jobs];

		if (fscanf(list, "%63s %255s %*s %255s", job->name, job->url, job->pattern) != 3)
			break;
		f->n_jobs++;
	}
	if (list)
		fclose(list);
	return f->n_jobs > 0;
}

static bool worker_run(struct floor *f, const char *path)
{
	int running;

	curl_global_init(CURL_GLOBAL_DEFAULT);
	f->multi = curl_multi_init();
	f->match = pcre2_match_data_create(8, NULL);
	if (!f->multi || !f->match || !list_read(f, path))
		return false;
	while (f->n_done < f->n_jobs) {
		while (f->n_started < f->n_jobs && f->n_started - f->n_done < ACTIVE_MAX)
			if (!job_start(f))
				return false;
		if (curl_multi_perform(f->multi, &running) != CURLM_OK || !finish_done(f))
			return false;
		if (running)
			curl_multi_poll(f->multi, NULL, 0, 1000, NULL);
	}
	return true;
}

int main(int argc, char **argv)
{
	static struct floor f;
	char message[160];
	int ends[2];
	int status = -1;
	ssize_t n;

	if (argc != 2 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
		fputs("usage: floor LIST\n", stderr);
		return 2;
	}
	pid_t pid = fork();
	if (pid == 0) {
		close(ends[0]);
		f.out = ends[1];
		_exit(worker_run(&f, argv[1]) ? 0 : 1);
	}
	close(ends[1]);
	while ((n = recv(ends[0], message, sizeof(message), 0)) > 0)
		fwrite(message, 1, (size_t)n, stdout);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0 ? 0 : 1;
}
