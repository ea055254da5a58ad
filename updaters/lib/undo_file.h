/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The file of an undo record, for undo.c, which writes it, and undo_back.c, which takes back.
 *
 *	{"mend":"homebrew-python","at":"2026-11-22T18:41:51.042Z"}
 *	{"type":"link","path":"/p/bin/python3","from":null,"to":"../Cellar/…"}
 *	{"end_ms":1795632111042}		all was done; without it the mend was cut off
 *	{"taken_back":1}			the mend that begins in line 1
 *
 * A last line that has no end was never acted on: it does not count, and the next one replaces it.
 */
#ifndef DEVUPD_LIB_UNDO_FILE_H
#define DEVUPD_LIB_UNDO_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updaters/lib/err.h"
#include "updaters/lib/person.h"
#include "updaters/lib/undo.h"

struct undo_line {
	enum undo_type type;
	char *path, *from, *to;
	bool is_found; /* a program did it, and it was found out afterwards */
	bool is_void;  /* things are as before: the change was never made, or taken back already */
};
struct undo_mend {
	char *name;
	size_t begins;  /* number of its first line in the file, from 1 */
	int64_t end_ms; /* when it was done, since 1970; 0: it was cut off */
	bool is_taken_back;
	struct undo_line *lines;
	size_t n_lines;
};
/* A copy of what is given. */
bool undo_mend_add(struct undo_mend *m, enum undo_type type, const char *path, const char *from,
	const char *to) MUST_CHECK;
void undo_mend_clear(struct undo_mend *m);

struct undo_file {
	struct undo_mend *mends;
	size_t n_mends;
	size_t n_lines, n_bytes; /* of whole lines */
};
void undo_file_clear(struct undo_file *f);

/* The folder of all runs; the path of one's file; the folder of its copies. */
bool undo_folder(const struct person *p, char out[PERSON_PATH_MAX], struct err *e) MUST_CHECK;
bool undo_path(const struct person *p, const char *run, char out[PERSON_PATH_MAX],
	struct err *e) MUST_CHECK;
bool undo_copies(const struct person *p, const char *run, char out[PERSON_PATH_MAX],
	struct err *e) MUST_CHECK;

/* Fails: ERR_STATE (no such file; damaged: says the line) */
bool undo_file_read(const char *path, struct undo_file *out, struct err *e) MUST_CHECK;
/* Open to append behind the first n_bytes; what is beyond goes. */
bool undo_file_open(const char *path, size_t n_bytes, int *out_fd, struct err *e) MUST_CHECK;
/* On the disk when it returns. */
bool undo_file_put(int fd, const char *path, const struct buf *lines, struct err *e) MUST_CHECK;

void undo_line_write(const struct undo_line *line, struct buf *out);
void undo_taken_back_write(size_t begins, struct buf *out);

/*
 * Take back the lines of a mend, the last first, each only where things are as it left them.
 *
 * Out:   *out_why   what could not be, "" where all was: the first of them, with its path
 */
bool undo_mend_take_back(
	struct undo_mend *m, const char *copies, char *out_why, size_t why_size) MUST_CHECK;

#endif
