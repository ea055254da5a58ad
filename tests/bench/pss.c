/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pss COMMAND…
 *
 * Runs the command, adds up the resident memory (PSS) of it and all its descendants every
 * millisecond, and prints the highest sum in KiB and the processes then alive.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { DEPTH_MAX = 8 };

struct sum {
	long kib;
	int n_processes;
};

static void tree_add(pid_t pid, int depth, struct sum *sum)
{
	char path[64];
	char line[256];
	int child;
	long kib;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "Pss: %ld", &kib) == 1) {
			sum->kib += kib;
			sum->n_processes++;
		}
	}
	if (f)
		fclose(f);
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
	f = depth < DEPTH_MAX ? fopen(path, "re") : NULL;
	while (f && fscanf(f, "%d", &child) == 1)
		tree_add(child, depth + 1, sum);
	if (f)
		fclose(f);
}

static void child_run(char **argv)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null < 0 || dup2(null, STDOUT_FILENO) < 0)
		_exit(126);
	execvp(argv[0], argv);
	_exit(127);
}

int main(int argc, char **argv)
{
	const struct timespec tick = {.tv_nsec = 1000000};
	struct sum highest = {0};
	int status;

	if (argc < 2) {
		fputs("usage: pss COMMAND...\n", stderr);
		return 2;
	}
	pid_t pid = fork();
	if (pid == 0)
		child_run(argv + 1);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		struct sum sum = {0};

		tree_add(pid, 0, &sum);
		if (sum.kib > highest.kib)
			highest = sum;
		nanosleep(&tick, NULL);
	}
	printf("%ld %d\n", highest.kib, highest.n_processes);
	return pid > 0 && status == 0 ? 0 : 1;
}
