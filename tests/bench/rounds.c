/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rounds N {PREPARE COMMAND}…
 *
 * Runs the commands in turn, N times over, and prints one line a round: the milliseconds each
 * took, "-" for one that failed. PREPARE is given to a shell and not timed; COMMAND is cut at
 * blanks and started directly, because a shell costs as much as what is measured. Commands take
 * turns so that a slow minute of the machine hits them all. A first round is thrown away.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ARGS_MAX = 16 };

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static bool run(char *const argv[])
{
	extern char **environ;
	posix_spawn_file_actions_t files;
	int status = -1;
	pid_t pid;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	bool started = posix_spawnp(&pid, argv[0], &files, NULL, argv, environ) == 0;
	posix_spawn_file_actions_destroy(&files);
	while (started && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return started && status == 0;
}

/* The milliseconds of one run, or below 0 if it could not be prepared or failed. */
static double time_command(char *prepare, const char *command)
{
	char *shell[] = {"/bin/sh", "-c", prepare, NULL};
	char *argv[ARGS_MAX + 1] = {NULL};
	char words[4096];
	char *rest = words;
	char *word;
	int n = 0;

	snprintf(words, sizeof(words), "%s", command);
	while (n < ARGS_MAX && (word = strsep(&rest, " ")))
		if (*word)
			argv[n++] = word;
	if (n == 0 || !run(shell))
		return -1;
	double start = now_ms();
	return run(argv) ? now_ms() - start : -1;
}

int main(int argc, char **argv)
{
	long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 0;

	if (rounds < 1 || argc < 4 || argc % 2 != 0) {
		fputs("usage: rounds N {PREPARE COMMAND}...\n", stderr);
		return 2;
	}
	for (long round = 0; round <= rounds; round++) {
		for (int i = 2; i < argc; i += 2) {
			double ms = time_command(argv[i], argv[i + 1]);

			if (round > 0 && ms < 0)
				fputs("-", stdout);
			else if (round > 0)
				printf("%.3f", ms);
			if (round > 0)
				putchar(i + 2 < argc ? '\t' : '\n');
		}
	}
	return 0;
}
