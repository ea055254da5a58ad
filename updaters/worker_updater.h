/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the worker side of a kind must offer: for each phase, a task that asks for requests and is
 * fed with answers until it holds a result. One loop in worker.c drives any number of them.
 */
#ifndef DEVUPD_UPDATERS_WORKER_UPDATER_H
#define DEVUPD_UPDATERS_WORKER_UPDATER_H

#include <stdbool.h>

#include "updaters/lib/http.h"
#include "updaters/records.h"

/* What a task gets from the worker around it. */
struct worker_host {
	int write_folder_fd; /* staging, opened before the cage closed; -1 = none */
	uint64_t timeout_ms, stall_ms, limit_rate;
	bool has_github_token; /* http sends it where it belongs */
	bool is_owner;         /* uncaged, as the person whose things the job is about */
	/* What an owner's jobs need not find out twice: kept as long as the worker. */
	struct owner_memory {
		char search_path[4096]; /* of a new terminal; "" = not asked yet */
		char undo_run[40];      /* the run that is being taken back */
	} * memory;
	/* For a task that works on in `begin`: a sign of life, and whether the parent wants an end.
	 */
	void (*alive)(void *user, uint32_t job_id);
	bool (*is_stopped)(void *user);
	/* Tell the parent. */
	void (*progress)(void *user, uint32_t job_id, uint64_t done_bytes, uint64_t total_bytes);
	void (*page)(void *user, uint32_t job_id, const char *url, const void *bytes, size_t len);
	void *user;
};

struct task;
struct task_ops {
	/*
	 * The next request, or false: the task is done and has its result. A request's judge,
	 * on_head and on_bytes get the task as `user`; on_done is the worker's own.
	 */
	bool (*next)(struct task *t, struct http_request *out);
	/* The answer to the request asked for; e NULL = it came (whatever its status). */
	void (*feed)(struct task *t, const struct http_response *r, const struct err *e);
	/* Moves the result out. */
	void (*result)(struct task *t, struct result *out);
	void (*free)(struct task *t);
};
/* Each kind's task starts with this. */
struct task {
	const struct task_ops *ops;
	void *owner; /* the worker's own */
};

struct worker_updater {
	const char *kind;
	/* In: job.input packed by the parent side; job.fd is the task's from here on. */
	bool (*begin)(const struct job *job, const struct worker_host *host, struct task **out,
		struct err *e);
};
/* worker_registry.c: NULL where this worker knows no such kind. */
const struct worker_updater *worker_registry_find(const char *kind);

#endif
