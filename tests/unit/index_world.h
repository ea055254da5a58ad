/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A person with a home, real virtual environments, and an index of small wheels made on the spot,
 * served on this machine and reached as people do: by pip's own settings in their home.
 */
#ifndef DEVUPD_TESTS_INDEX_WORLD_H
#define DEVUPD_TESTS_INDEX_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "updaters/owner.h"

struct index_world {
	char folder[64];
	char python[256]; /* the machine's, "/usr/bin/python3.11" */
	char minor[8];
	pid_t server;
	unsigned port;
	struct person person;
	struct recipe recipe;
	struct owner owner;
	struct recipe_package packages[8];
	unsigned n_homes;
};

/* false: the machine lacks what venvs are made with; why is said on stderr. Once a program. */
bool index_world_open(struct index_world *w);
void index_world_close(struct index_world *w);
/* cmocka's: the machine's own, after what it lacks was told: 77, or 1 where all must be there. */
int index_world_lacking(void);

/* A new home, a recipe without keys, all allowed. Before each test. */
void world_reset(struct index_world *w);
/* FOLDER/name, for what lies beside the home. */
const char *world_path(const struct index_world *w, const char *name, char out[512]);
/* HOME/name */
const char *world_home(const struct index_world *w, const char *name, char out[512]);
void world_write(const char *path, const char *text); /* makes the folders above */
/* A line of shell that must succeed; %s … as printf. */
void world_sh(const char *format, ...) PRINTF_LIKE(1, 2);

/* A wheel of one module in the index. requires: another's name, or "". */
void world_wheel(const struct index_world *w, const char *name, const char *version,
	const char *module, const char *body, const char *requires);
/* One whose build fails, saying `boom`. */
void world_broken_sdist(const struct index_world *w, const char *name, const char *version);
/* pip's settings of the person: this port of this machine. */
void world_use_port(const struct index_world *w, unsigned port);

/* A copy of one that python -m venv made, at HOME/name. */
void world_venv(const struct index_world *w, const char *name);
/* A python of its own, not a link: PREFIX/bin/pythonX.Y and python3, PREFIX/lib; with pip. */
void world_python(const struct index_world *w, const char *prefix, bool is_managed);
/* Metadata alone: what is left of an installed package for who reads folders. */
void world_installed(const char *site, const char *name, const char *version);

void world_need(struct index_world *w, const char *install, const char *import);
/* The only finding; fails where there are more or none. */
struct finding *world_look(const struct index_world *w, struct findings *out);
/* Take its steps as the worker does. */
bool world_take(const struct index_world *w, const struct finding *f, struct err *e);

#endif
