/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Functions that nobody here may call; forced into every file of ours by CMakeLists.txt. The
 * standard headers that declare them come first, so that only our own use is refused. (C17 has no
 * gets to refuse, and OpenSSL 3.0.2, which Ubuntu 22.04 has, calls a parameter so.)
 */
#ifndef DEVUPD_LIB_BANNED_H
#define DEVUPD_LIB_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#undef alloca /* a macro in glibc: poisoning it would warn */
#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf strtok strtok_r
#pragma GCC poison atoi atol atoll atof mktemp tmpnam tempnam system popen alloca asctime ctime

#endif
