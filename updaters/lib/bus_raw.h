/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of a connection, between bus.c and bus_session.c. Nobody else includes it. */
#ifndef DEVUPD_LIB_BUS_RAW_H
#define DEVUPD_LIB_BUS_RAW_H

#include "updaters/lib/bus.h"

struct sd_bus;
struct sd_bus_message;

struct sd_bus *bus_raw(const struct bus *b);
/* Always false: what was tried, and what the bus or libsystemd said of it. */
bool bus_fail(struct err *e, const char *what, int code, const char *said);

#endif
