/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A trail with its state in a folder of its own, for unit tests. */
#ifndef DEVUPD_TESTS_UNIT_AUDIT_WORLD_H
#define DEVUPD_TESTS_UNIT_AUDIT_WORLD_H

#include "updaters/audit.h"

struct world {
	char folder[64];
	char log[128];
	char rotated[128];
	char db[128];
	struct state *state;
	struct audit *audit;
	struct err e;
};

int world_make(void **out); /* for cmocka, as is world_drop */
int world_drop(void **ptr);

void open_state(struct world *w);
bool open_audit(struct world *w);
void close_audit(struct world *w);

void write_one(struct world *w, enum audit_event event, const char *name, const char *to);
/* n intents and results, the trail opened before and closed after. */
void write_some(struct world *w, int n);

char *log_text(const char *path, size_t *out_len); /* to be freed */
void log_put(const struct world *w, const char *text, size_t len);
char *line_at(char *text, int i); /* where line i (from 0) begins */

struct audit_verdict verify(struct world *w);
void assert_sound(struct world *w, uint64_t n);
void assert_trouble(struct world *w, const char *what);

struct last {
	struct audit_line line;
	size_t n;
};

struct last last_line(struct world *w);

#endif
