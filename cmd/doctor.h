/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of `doctor`: what is shown of the checks, and `doctor python`. */
#ifndef DEVUPD_CMD_DOCTOR_H
#define DEVUPD_CMD_DOCTOR_H

#include <stdio.h>

#include "cmd/options.h"
#include "updaters/doctor.h"

/* A line for each finding, its mending below it; quiet: only what is not as it should be. */
void doctor_table(const struct doctor *d, const struct options *o, FILE *out);
/* The same as a document. */
void doctor_document(const struct doctor *d, const struct options *o, int exit_code, FILE *out);

int doctor_python_verb(const struct options *o);

#endif
