/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who has captured the user _devupd, and is no worker of ours: whatever appears in the staging
 * folder is swapped for something else, again and again, from a random moment on.
 *
 *   swapper HOW STAGING EVIL.deb SEED     until it is killed
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LATEST_US = 8000 };

static char evil[4 << 20];
static size_t evil_len;

/* The evil package, as a file of this name. */
static void put_evil(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd >= 0 && write(fd, evil, evil_len) < 0)
		perror(name);
	close(fd);
}

/* --- what is swapped in ------------------------------------------------------ */

static void other_bytes(const char *name)
{
	put_evil(".x");
	rename(".x", name);
}

static void link_to_evil(const char *name)
{
	put_evil(".x-evil");
	(void)!symlink(".x-evil", ".x");
	rename(".x", name);
}

static void second_name(const char *name)
{
	unlink(".x-evil");
	put_evil(".x-evil");
	(void)!link(".x-evil", ".x");
	rename(".x", name);
}

static void fifo(const char *name)
{
	mkfifo(".x", 0600);
	rename(".x", name);
}

static void folder(const char *name)
{
	unlink(name);
	mkdir(name, 0700);
}

static void giant(const char *name)
{
	put_evil(".x");
	(void)!truncate(".x", (off_t)1 << 40);
	rename(".x", name);
}

/* The very file, held open for writing and written. */
static void written(const char *name)
{
	static int held = -1;
	int fd = open(name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0) {
		close(held);
		held = fd;
	}
	(void)!pwrite(held, evil, evil_len, 0);
}

static const struct {
	const char *how;
	void (*swap)(const char *name);
} swaps[] = {
	{"other", other_bytes},
	{"link", link_to_evil},
	{"second-name", second_name},
	{"fifo", fifo},
	{"folder", folder},
	{"giant", giant},
	{"written", written},
};

/* --- the waiting ------------------------------------------------------------- */

/* Ours begin with ".x". */
static int is_theirs(const char *name)
{
	return strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && strncmp(name, ".x", 2) != 0;
}

static void swap_all(void (*swap)(const char *name))
{
	DIR *dir = opendir(".");

	for (struct dirent *d; dir != NULL && (d = readdir(dir)) != NULL;) {
		char name[NAME_MAX + 1];

		snprintf(name, sizeof(name), "%s", d->d_name);
		if (!is_theirs(name))
			continue;
		usleep((useconds_t)(rand() % LATEST_US));
		for (int i = 0; i < 20; i++)
			swap(name);
	}
	if (dir != NULL)
		closedir(dir);
}

int main(int argc, char **argv)
{
	FILE *file = argc == 5 ? fopen(argv[3], "r") : NULL;

	if (file == NULL || chdir(argv[2]) != 0)
		return 2;
	evil_len = fread(evil, 1, sizeof(evil), file);
	fclose(file);
	srand((unsigned)atoi(argv[4]));
	for (size_t i = 0; i < sizeof(swaps) / sizeof(swaps[0]); i++) {
		if (strcmp(swaps[i].how, argv[1]) == 0) {
			for (;;)
				swap_all(swaps[i].swap);
		}
	}
	return 2;
}
