/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inside of the state: its tables, its questions, and how one is asked. Between state.c, which
 * alone knows SQLite, and state_rows.c, which knows what the rows mean. Nobody else includes it.
 */
#ifndef DEVUPD_UPDATERS_STATE_QUERY_H
#define DEVUPD_UPDATERS_STATE_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updaters/state.h"

/* Raised with each change of the schema; a database of a higher number is refused. */
enum { STATE_SCHEMA_VERSION = 4 };

#define STATE_SCHEMA_1                                                                             \
	"create table document (name text not null, recipe text not null, n integer not null,"     \
	" url text not null, etag text not null, modified text not null, fetched integer not "     \
	"null,"                                                                                    \
	" bytes blob, primary key (name, n)) without rowid;"                                       \
	"create table digest (package text not null, arch text not null, version text not null,"   \
	" sha256 text not null, primary key (package, arch, version)) without rowid;"              \
	"create table hold (name text primary key, until integer not null,"                        \
	" since integer not null, reason text not null) without rowid;"                            \
	"create table skip (name text primary key, exactly text not null, up_to text not null)"    \
	" without rowid;"                                                                          \
	"create table license (name text primary key, license text not null, url text not null,"   \
	" who text not null, uid integer not null, at integer not null) without rowid;"            \
	"create table kept (path text primary key, name text not null, package text not null,"     \
	" version text not null, arch text not null, sha256 text not null, size integer not null," \
	" at integer not null, url text not null, sha256_from integer not null,"                   \
	" verified_by integer not null, installed integer not null) without rowid;"                \
	"create table seen (name text primary key, version text not null, at integer not null)"    \
	" without rowid;"                                                                          \
	"create table run (run text primary key, verb text not null, started integer not null,"    \
	" finished integer not null, exit integer not null) without rowid;"                        \
	"create table head (one integer primary key check (one = 1), seq integer not null,"        \
	" hash text not null, line blob not null);"                                                \
	"create table start (one integer primary key check (one = 1), begins integer not null,"    \
	" current integer not null, oldest integer not null);"

/*
 * What later versions have more: an older state gets it when it is next opened for writing. From 4
 * on each adds to the one before.
 */
#define STATE_SCHEMA_3                                                                             \
	"create table if not exists left_over (name text primary key, outcome text not null,"      \
	" reason text not null, version text not null, text text not null,"                        \
	" since integer not null, told integer not null) without rowid;"                           \
	"create table if not exists wait (name text primary key, version text not null, path "     \
	"text not null,"                                                                           \
	" sha256 text not null, url text not null, sha256_from integer not null,"                  \
	" verified_by integer not null, downgrade integer not null, at integer not null,"          \
	" run text not null) without rowid;"                                                       \
	"create table if not exists sight (name text not null, version text not null, at integer " \
	"not null,"                                                                                \
	" primary key (name, version)) without rowid;"                                             \
	"create table if not exists health (name text not null, source text not null, good "       \
	"integer not null,"                                                                        \
	" failures integer not null, failing integer not null, reason text not null,"              \
	" primary key (name, source)) without rowid;"                                              \
	"create table if not exists gone (name text primary key, version text not null,"           \
	" who text not null, command text not null, at integer not null) without rowid;"

#define STATE_SCHEMA_4                                                                             \
	"alter table wait add column rollback integer not null default 0;"                         \
	"alter table wait add column typed text not null default '';"                              \
	"alter table wait add column reinstall integer not null default 0;"                        \
	"alter table wait add column changed integer not null default 0;"

/* Every question that is ever asked; parameters are put in this order. */
#define STATE_QUERIES(X)                                                                           \
	X(BEGIN, "begin immediate")                                                                \
	X(COMMIT, "commit")                                                                        \
	X(DOCUMENT_LIST, "select url, etag, modified, fetched, bytes from document"                \
			 " where name = ? and recipe = ? order by n")                              \
	X(DOCUMENT_DROP, "delete from document where name = ?")                                    \
	X(DOCUMENT_PUT, "insert into document values (?, ?, ?, ?, ?, ?, ?, ?)")                    \
	X(DIGEST_GET, "select sha256 from digest where package = ? and arch = ? and version = ?")  \
	X(DIGEST_PUT, "insert or ignore into digest values (?, ?, ?, ?)")                          \
	X(DIGEST_CHANGE, "insert or replace into digest values (?, ?, ?, ?)")                      \
	X(HOLD_GET, "select until, since, reason from hold where name = ?")                        \
	X(HOLD_PUT, "insert or replace into hold values (?, ?, ?, ?)")                             \
	X(HOLD_DROP, "delete from hold where name = ?")                                            \
	X(HOLD_LIST, "select name, until, since, reason from hold order by name")                  \
	X(SKIP_GET, "select exactly, up_to from skip where name = ?")                              \
	X(SKIP_PUT, "insert or replace into skip values (?, ?, ?)")                                \
	X(SKIP_DROP, "delete from skip where name = ?")                                            \
	X(LICENSE_GET, "select license, url, who, uid, at from license where name = ?")            \
	X(LICENSE_PUT, "insert or replace into license values (?, ?, ?, ?, ?, ?)")                 \
	X(KEPT_LIST, "select path, name, package, version, arch, sha256, size, at, url,"           \
		     " sha256_from, verified_by, installed from kept where ?1 in ('', name)"       \
		     " order by at desc, path")                                                    \
	X(KEPT_PUT,                                                                                \
		"insert into kept values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"                     \
		" on conflict (path) do update set name = excluded.name,"                          \
		" package = excluded.package, version = excluded.version, arch = excluded.arch,"   \
		" installed = sha256 = excluded.sha256 and max(installed, excluded.installed),"    \
		" sha256 = excluded.sha256, size = excluded.size, at = excluded.at,"               \
		" url = excluded.url, sha256_from = excluded.sha256_from,"                         \
		" verified_by = excluded.verified_by")                                             \
	X(KEPT_INSTALLED, "update kept set installed = 1 where path = ?")                          \
	X(KEPT_DROP, "delete from kept where path = ?")                                            \
	X(SEEN_GET, "select version, at from seen where name = ?")                                 \
	X(SEEN_PUT, "insert or replace into seen values (?, ?, ?)")                                \
	X(GONE_GET, "select name, version, who, command, at from gone where name = ?")             \
	X(GONE_LIST, "select name, gone.version, who, command, gone.at from gone"                  \
		     " join seen using (name) where seen.version = '' order by name")              \
	X(GONE_PUT, "insert or replace into gone values (?, ?, ?, ?, ?)")                          \
	X(RUN_LAST, "select run, verb, started, finished, exit from run"                           \
		    " order by started desc, run desc limit 1")                                    \
	X(RUN_LIST, "select run, verb, started, finished, exit from run"                           \
		    " order by started desc, run desc limit ?")                                    \
	X(RUN_PUT, "insert or replace into run values (?, ?, ?, ?, ?)")                            \
	X(RUN_TRIM, "delete from run where run not in"                                             \
		    " (select run from run order by started desc, run desc limit 200)")            \
	X(HEAD_GET, "select seq, hash, line from head")                                            \
	X(HEAD_PUT, "insert or replace into head values (1, ?, ?, ?)")                             \
	X(START_GET, "select begins, current, oldest from start")                                  \
	X(START_PUT, "insert or replace into start values (1, ?, ?, ?)")                           \
	X(LEFT_LIST, "select name, outcome, reason, version, text, since, told from left_over"     \
		     " order by name")                                                             \
	X(LEFT_PUT, "insert into left_over values (?, ?, ?, ?, ?, ?, 0)"                           \
		    " on conflict (name) do update set"                                            \
		    " (since, told) = (select iif(left_over.outcome = excluded.outcome"            \
		    " and left_over.reason = excluded.reason"                                      \
		    " and left_over.version = excluded.version, left_over.since, excluded.since)," \
		    " iif(left_over.outcome = excluded.outcome"                                    \
		    " and left_over.reason = excluded.reason"                                      \
		    " and left_over.version = excluded.version, left_over.told, 0)),"              \
		    " outcome = excluded.outcome, reason = excluded.reason,"                       \
		    " version = excluded.version, text = excluded.text")                           \
	X(LEFT_DROP, "delete from left_over where name = ?")                                       \
	X(LEFT_TOLD, "update left_over set told = ?2 where name = ?1")                             \
	X(WAIT_LIST, "select name, version, path, sha256, url, sha256_from, verified_by,"          \
		     " downgrade, at, run, rollback, typed, reinstall, changed from wait"          \
		     " order by name")                                                             \
	X(WAIT_PUT, "insert or replace into wait"                                                  \
		    " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")                          \
	X(WAIT_DROP, "delete from wait where name = ?")                                            \
	X(SIGHT_GET, "select at from sight where name = ? and version = ?")                        \
	X(SIGHT_PUT, "insert or replace into sight values (?, ?, ?)")                              \
	X(HEALTH_LIST, "select name, source, good, failures, failing, reason from health"          \
		       " where ?1 in ('', name) order by name, source")                            \
	X(HEALTH_GOOD, "insert or replace into health values (?, ?, ?, 0, 0, '')")                 \
	X(HEALTH_BAD, "insert into health values (?1, ?2, 0, 1, ?3, ?4)"                           \
		      " on conflict (name, source) do update set failures = failures + 1,"         \
		      " failing = iif(failures = 0, excluded.failing, failing),"                   \
		      " reason = excluded.reason")

#define STATE_ENUM(code, sql) ASK_##code,
enum state_ask { STATE_QUERIES(STATE_ENUM) STATE_N_ASKS };
#undef STATE_ENUM

/*
 * One question being asked. Faults are collected and told by query_end:
 *
 *	struct query q = query_start(s, ASK_HOLD_GET);
 *	query_put_text(&q, name);
 *	if (query_next(&q))
 *		query_text(&q, 2, reason, sizeof(reason));
 *	return query_end(&q, &is_known, e);
 */
struct query {
	struct state *state;
	enum state_ask ask;
	int n_put;
	int fault; /* SQLite's code of the first one, 0 = none */
};
struct query query_start(struct state *s, enum state_ask ask);
void query_put_text(struct query *q, const char *text);
void query_put_int(struct query *q, int64_t n);
void query_put_bytes(struct query *q, const void *bytes, size_t len);
bool query_next(struct query *q); /* false: no more rows, or a fault */
/* Columns of the row, from 0. What does not fit is a fault. Bytes are borrowed until query_next. */
void query_text(struct query *q, int column, char *out, size_t out_size);
int64_t query_int(struct query *q, int column);
const void *query_bytes(struct query *q, int column, size_t *out_len);
/* What the rows hold can't be right: makes it a fault. */
void query_refuse(struct query *q);
/*
 * Must be called once for each query_start. A state opened read-only answers true here in any case:
 * a fault is kept (state_fault) and *out_is_known, if given, is false.
 */
bool query_end(struct query *q, bool *out_is_known, struct err *e) MUST_CHECK;
/* For changes: all put, run it, end it. out_changed may be NULL. */
bool query_run(struct query *q, bool *out_changed, struct err *e) MUST_CHECK;

/* Is a transaction under way? */
bool state_is_busy(const struct state *s);
bool state_is_read_only(const struct state *s);

#endif
