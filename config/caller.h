/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who called, as far as the environment tells: the only thing of it that root looks at. */
#ifndef DEVUPD_CONFIG_CALLER_H
#define DEVUPD_CONFIG_CALLER_H

/* The login name behind sudo when we are root and it is a valid one; NULL otherwise. Borrowed. */
const char *caller_sudo_user(void);

#endif
