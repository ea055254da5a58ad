/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What somebody who has captured a process would try. As a library it tries from inside
 * devupd-worker, as soon as that loads it (a module of the resolver, libarchive), and the worker's
 * exit status tells what came of it; as a program it tries without a cage.
 *
 *   attack NAME [WHERE]     prints what came of it; exit 0: nothing was in the way
 *
 * As a library it finds NAME and WHERE in /etc/attack.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOTHING_IN_THE_WAY = 200, THREADS_TRIED = 600, FILES_TRIED = 1100 };

/* Each answers 0, or the errno that was in its way. */
typedef int attack(const char *where);

static int result_of(long rc)
{
	return rc < 0 ? errno : 0;
}

/* --- files ------------------------------------------------------------------- */

static int read_file(const char *where)
{
	char byte;
	int fd = open(where, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? errno : result_of(read(fd, &byte, 1));
}

static int write_file(const char *where)
{
	return result_of(open(where, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

/* A file that would fill the disk. */
static int grow_file(const char *where)
{
	int fd = open(where, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	int result = fd < 0 ? errno : result_of(ftruncate(fd, (off_t)1 << 40));

	unlink(where);
	return result;
}

static int open_many(const char *where)
{
	(void)where;
	for (int i = 0; i < FILES_TRIED; i++) {
		if (open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0)
			return errno;
	}
	return 0;
}

/* Is there a descriptor that our parent held, on a file with this word in it? */
static int find_descriptor(const char *where)
{
	char text[64];

	for (int fd = 0; fd < FILES_TRIED; fd++) {
		ssize_t n = pread(fd, text, sizeof(text), 0);

		if (n > 0 && memmem(text, (size_t)n, where, strlen(where)) != NULL)
			return 0;
	}
	return EBADF;
}

/* --- processes --------------------------------------------------------------- */

static int fork_once(const char *where)
{
	pid_t pid = fork();

	(void)where;
	if (pid == 0)
		_exit(0);
	return pid < 0 ? errno : result_of(waitpid(pid, NULL, 0));
}

static void *wait_for_ever(void *user)
{
	poll(NULL, 0, -1); /* which the cage knows */
	return user;
}

static int many_threads(const char *where)
{
	pthread_attr_t small;
	pthread_t thread;

	(void)where;
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 64 << 10);
	for (int i = 0; i < THREADS_TRIED; i++) {
		int rc = pthread_create(&thread, &small, wait_for_ever, NULL);

		if (rc != 0)
			return rc;
	}
	return 0;
}

/* Only a failure comes back. */
static int exec_shell(const char *where)
{
	char *const argv[] = {"/bin/sh", "-c", "exit 0", NULL};

	(void)where;
	execv(argv[0], argv);
	return errno;
}

static int trace_parent(const char *where)
{
	(void)where;
	return result_of(ptrace(PTRACE_SEIZE, getppid(), NULL, NULL));
}

static int read_parent(const char *where)
{
	char path[64];

	(void)where;
	snprintf(path, sizeof(path), "/proc/%d/environ", (int)getppid());
	return result_of(open(path, O_RDONLY | O_CLOEXEC));
}

static int signal_parent(const char *where)
{
	(void)where;
	return result_of(kill(getppid(), 0));
}

static int signal_thread_of_parent(const char *where)
{
	(void)where;
	return result_of(syscall(SYS_tgkill, getppid(), getppid(), 0));
}

static int limit_parent(const char *where)
{
	struct rlimit limit;

	(void)where;
	return result_of(prlimit(getppid(), RLIMIT_CPU, NULL, &limit));
}

/* --- memory and time --------------------------------------------------------- */

static int fill_memory(const char *where)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

	(void)where;
	return mmap(NULL, (size_t)8 << 30, PROT_READ | PROT_WRITE, flags, -1, 0) == MAP_FAILED
		       ? errno
		       : 0;
}

static int compute_for_ever(const char *where)
{
	struct rlimit limit;

	(void)where;
	getrlimit(RLIMIT_CPU, &limit);
	return limit.rlim_max == RLIM_INFINITY ? 0 : ETIME;
}

static int dump_core(const char *where)
{
	struct rlimit limit;

	(void)where;
	getrlimit(RLIMIT_CORE, &limit);
	return limit.rlim_max > 0 ? 0 : EFBIG;
}

/* --- sockets and the system -------------------------------------------------- */

static int open_socket(const char *where)
{
	(void)where;
	return result_of(socket(AF_INET, SOCK_STREAM, 0));
}

static int raw_socket(const char *where)
{
	(void)where;
	return result_of(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
}

static int packet_socket(const char *where)
{
	(void)where;
	return result_of(socket(AF_PACKET, SOCK_RAW, 0));
}

static int listen_on_port(const char *where)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)where;
	return fd < 0 ? errno : result_of(listen(fd, 1));
}

/* where: a path, or @ and an abstract name. */
static int connect_local(const char *where)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(where));
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", where);
	if (address.sun_path[0] == '@')
		address.sun_path[0] = '\0';
	return fd < 0 ? errno : result_of(connect(fd, (struct sockaddr *)&address, size));
}

static int mount_over(const char *where)
{
	int result = result_of(mount("none", where, "tmpfs", 0, NULL));

	if (result == 0)
		umount(where);
	return result;
}

static int change_root(const char *where)
{
	return result_of(chroot(where));
}

static int new_namespace(const char *where)
{
	(void)where;
	return result_of(syscall(SYS_unshare, 0x10000000 /* of users */));
}

/* --- the table --------------------------------------------------------------- */

static const struct {
	const char *name;
	attack *run;
} attacks[] = {
	{"read", read_file},
	{"write", write_file},
	{"grow", grow_file},
	{"open-many", open_many},
	{"descriptor", find_descriptor},
	{"fork", fork_once},
	{"threads", many_threads},
	{"exec", exec_shell},
	{"ptrace", trace_parent},
	{"read-parent", read_parent},
	{"signal", signal_parent},
	{"signal-thread", signal_thread_of_parent},
	{"limit-parent", limit_parent},
	{"memory", fill_memory},
	{"cpu", compute_for_ever},
	{"core", dump_core},
	{"socket", open_socket},
	{"raw", raw_socket},
	{"packet", packet_socket},
	{"listen", listen_on_port},
	{"connect", connect_local},
	{"mount", mount_over},
	{"chroot", change_root},
	{"unshare", new_namespace},
};

static int attack_run(const char *name, const char *where)
{
	for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
		if (strcmp(attacks[i].name, name) == 0)
			return attacks[i].run(where);
	}
	return ENOENT;
}

#ifdef AS_LIBRARY
__attribute__((constructor)) static void on_load(void)
{
	char name[32] = "", where[256] = "";
	FILE *file = fopen("/etc/attack", "re");

	if (file == NULL || strcmp(program_invocation_short_name, "devupd-worker") != 0)
		return;

	int n = fscanf(file, "%31s %255s", name, where);

	fclose(file); /* it is not what the parent held */
	if (n < 1)
		return;

	int result = attack_run(name, where);

	/* the worker that only looks may write nowhere: it is the next one's turn */
	if (strcmp(name, "grow") == 0 && result == EACCES)
		return;
	_exit(result == 0 ? NOTHING_IN_THE_WAY : result);
}
#else
int main(int argc, char **argv)
{
	int result = argc < 2 ? EINVAL : attack_run(argv[1], argc > 2 ? argv[2] : "");

	puts(result == 0 ? "nothing was in the way" : strerror(result));
	return result == 0 ? 0 : 1;
}
#endif
