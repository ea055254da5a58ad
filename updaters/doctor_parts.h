/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of doctor: its checks by room, and how each says what it found. Only doctor*.c
 * include it. */
#ifndef DEVUPD_UPDATERS_DOCTOR_PARTS_H
#define DEVUPD_UPDATERS_DOCTOR_PARTS_H

#include "updaters/doctor.h"

/* One more finding of the check that is looking. */
void doctor_say(struct doctor *d, enum doctor_state state, const char *format, ...)
	PRINTF_LIKE(3, 4);
/* The command that mends what was said last. */
void doctor_mend(struct doctor *d, const char *format, ...) PRINTF_LIKE(2, 3);
/*
 * What an error says; where it ends in "; sudo ..." that is its mending.
 *
 * In:    otherwise   the mending where it names none; NULL = none
 */
void doctor_say_error(
	struct doctor *d, enum doctor_state state, const char *text, const char *otherwise);
/* Each complaint about a file, and that it is to be edited (doctor_files.c). */
void doctor_say_complaints(struct doctor *d, const struct yaml_errors *errors);
/* "only root can look at WHAT", with the command that does. */
void doctor_say_roots(struct doctor *d, const char *what);
/* One word of a command line, quoted for a shell where it has to be. */
void doctor_put_word(struct buf *b, const char *word);
/* "a, b, c and 4 more". */
void doctor_join(const struct strings *list, char *out, size_t out_size);

/* doctor_files.c: what is read and run */
void doctor_settings(struct doctor *d);
void doctor_recipes(struct doctor *d);
void doctor_trusted(struct doctor *d);
void doctor_programs(struct doctor *d);
void doctor_user(struct doctor *d);
void doctor_folders(struct doctor *d);
void doctor_own_folders(struct doctor *d);
/* doctor_record.c: what is remembered */
void doctor_state(struct doctor *d);
void doctor_trail(struct doctor *d);
/* doctor_apt.c */
void doctor_apt_programs(struct doctor *d);
void doctor_interrupted(struct doctor *d);
void doctor_packages(struct doctor *d);
void doctor_apt_sources(struct doctor *d);
void doctor_dependencies(struct doctor *d);
void doctor_apt_lists(struct doctor *d);
/* doctor_locks.c */
void doctor_locks(struct doctor *d);
/* doctor_space.c */
void doctor_space(struct doctor *d);
/* doctor_system.c */
void doctor_clock(struct doctor *d);
void doctor_kernel(struct doctor *d);
void doctor_limits(struct doctor *d);
void doctor_timer(struct doctor *d);
void doctor_service(struct doctor *d);
void doctor_telling(struct doctor *d);
/* doctor_people.c: who may what */
void doctor_root(struct doctor *d);
void doctor_reader(struct doctor *d);
void doctor_buttons(struct doctor *d);
void doctor_licenses(struct doctor *d);
void doctor_python(struct doctor *d);
/* doctor_brew.c */
void doctor_brew(struct doctor *d);
/* doctor_network.c */
void doctor_route(struct doctor *d);
void doctor_resolver(struct doctor *d);
void doctor_proxy(struct doctor *d);
void doctor_certificates(struct doctor *d);
/* doctor_names.c: as check does it */
void doctor_names(struct doctor *d);
void doctor_sources(struct doctor *d);

#endif
