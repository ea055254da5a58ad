/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a service tells its manager (sd_notify(3)). Where no manager listens nothing happens.
 */
#ifndef DEVUPD_LIB_SERVICE_H
#define DEVUPD_LIB_SERVICE_H

#include "updaters/lib/scope.h"

/* One line for `systemctl status`: "fetching positron: 412 of 569 MB". */
void service_status(const char *format, ...) PRINTF_LIKE(1, 2);
/* We are alive: for the watchdog. Cheap; may be called as often as one likes. */
void service_alive(void);
/* We are about to end. */
void service_stopping(void);

#endif
