/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A run that took place on paper: a host, a state, recipes, and entries as a test wants them. */
#ifndef DEVUPD_TESTS_UNIT_REPORT_WORLD_H
#define DEVUPD_TESTS_UNIT_REPORT_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cmd/report.h"

struct world {
	char folder[64];
	struct run run;
	struct options o;
};

int world_make(void **out);
int world_drop(void **state);
#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, world_make, world_drop)

/* Fails the test with what e says. */
void ok(bool is_fine, const struct err *e);

struct entry *add(struct world *w, const char *name, enum outcome outcome, const char *installed,
	const char *available);
struct entry *add_said(struct world *w, const char *name, enum outcome outcome, const char *text);
struct entry *add_positron(struct world *w); /* available, with its digest */
struct entry *add_rstudio(struct world *w);  /* current */
void fail_entry(struct entry *entry, enum step step, enum err_code code, const char *text);
void becomes(struct entry *entry, enum outcome outcome, const char *installed);

#endif
