/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each case runs in a child that puts the cage on: it is for ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "updaters/lib/sandbox.h"
#include "updaters/lib/kernel.h"
#include "updaters/lib/sandbox_calls.h"

#if defined(__SANITIZE_ADDRESS__)
#define IS_SANITIZED true /* no seccomp then, and no limit of memory, as sandbox.c says */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_SANITIZED true
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED false
#endif

struct place {
	char folder[64]; /* may be written */
	char other[64];  /* may not */
};

static int place_open(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	snprintf(p->folder, sizeof(p->folder), "/tmp/devupd-test-XXXXXX");
	snprintf(p->other, sizeof(p->other), "/tmp/devupd-test-XXXXXX");
	assert_non_null(mkdtemp(p->folder));
	assert_non_null(mkdtemp(p->other));
	*state = p;
	return 0;
}

static int place_close(void **state)
{
	struct place *p = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s/file", p->folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/socket", p->other);
	unlink(path);
	rmdir(p->folder);
	rmdir(p->other);
	free(p);
	return 0;
}

/* The child's exit status is what the deed says: 0 = as it should be. */
static int run_caged(
	const struct place *p, bool with_network, int report_fd, int (*deed)(const struct place *p))
{
	pid_t parent = getpid(), pid = fork();
	int status = 0;

	if (pid == 0) {
		const struct sandbox s = {
			.write_folder = p->folder,
			.with_network = with_network,
			.report_fd = report_fd,
			.max_file_bytes = 1000,
			.parent = parent,
		};
		struct err e = {0};

		if (!sandbox_enter(&s, &e)) {
			fprintf(stderr, "%s\n", e.text);
			_exit(99);
		}
		_exit(deed(p));
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int write_file(const char *folder)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/file", folder);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	return fd >= 0 && write(fd, "x", 1) == 1 ? 0 : errno;
}

static int files_deed(const struct place *p)
{
	char bytes[1001] = "";
	char path[128];
	int fd;

	if (write_file(p->folder) != 0 || open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0)
		return 1;
	if (write_file(p->other) != EACCES || open("/root", O_RDONLY | O_CLOEXEC) >= 0 ||
		open("/etc/passwd", O_WRONLY | O_CLOEXEC) >= 0)
		return 2;
	snprintf(path, sizeof(path), "%s/file", p->folder);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd >= 0 && write(fd, bytes, 1000) == 1000 && write(fd, bytes, 1) < 0 &&
			       errno == EFBIG
		       ? 0
		       : 3;
}

static void test_files(void **state)
{
	if (kernel_landlock_abi() == 0)
		skip();
	assert_int_equal(run_caged(*state, false, -1, files_deed), 0);
}

static int limits_deed(const struct place *p)
{
	struct rlimit core, cpu;

	(void)p;
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 && getrlimit(RLIMIT_CORE, &core) == 0 &&
			       core.rlim_max == 0 && getrlimit(RLIMIT_CPU, &cpu) == 0 &&
			       cpu.rlim_max == 3600
		       ? 0
		       : 1;
}

static void test_limits(void **state)
{
	assert_int_equal(run_caged(*state, true, -1, limits_deed), 0);
}

static int capabilities_deed(const struct place *p)
{
	(void)p;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_NET_RAW, 0, 0) != 0)
		return 1;
	return prctl(PR_CAPBSET_DROP, CAP_NET_RAW, 0, 0, 0) < 0 && errno == EPERM ? 0 : 2;
}

/* As with a person who was given some: no change of user takes them away. */
static void test_capabilities(void **state)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct had[_LINUX_CAPABILITY_U32S_3] = {0},
				      with[_LINUX_CAPABILITY_U32S_3];

	if (getuid() != 0)
		skip();
	assert_int_equal(syscall(SYS_capget, &header, had), 0);
	memcpy(with, had, sizeof(with));
	with[0].inheritable |= 1U << CAP_NET_RAW;
	assert_int_equal(syscall(SYS_capset, &header, with), 0);
	assert_int_equal(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0), 0);
	assert_int_equal(run_caged(*state, true, -1, capabilities_deed), 0);
	assert_int_equal(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), 0);
	assert_int_equal(syscall(SYS_capset, &header, had), 0);
}

static int memory_deed(const struct place *p)
{
	(void)p;
	if (mmap(NULL, (size_t)1 << 30, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
		MAP_FAILED)
		return 1;
	return mmap(NULL, (size_t)8 << 30, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
				       MAP_FAILED &&
			       errno == ENOMEM
		       ? 0
		       : 2;
}

static void test_memory(void **state)
{
	if (IS_SANITIZED)
		skip();
	assert_int_equal(run_caged(*state, true, -1, memory_deed), 0);
}

static int no_socket_deed(const struct place *p)
{
	(void)p;
	return socket(AF_INET, SOCK_STREAM, 0) < 0 && socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? 0 : 1;
}

static bool finds_localhost(void)
{
	struct addrinfo *found = NULL;

	if (getaddrinfo("localhost", "443", NULL, &found) != 0)
		return false;
	freeaddrinfo(found);
	return true;
}

static int socket_deed(const struct place *p)
{
	(void)p;
	if (socket(AF_INET, SOCK_STREAM, 0) < 0 || socket(AF_INET6, SOCK_DGRAM, 0) < 0 ||
		socket(AF_VSOCK, SOCK_STREAM, 0) >= 0)
		return 1;
	return finds_localhost() ? 0 : 2;
}

static void test_sockets(void **state)
{
	if (IS_SANITIZED || !finds_localhost()) /* a bare root may have no /etc/hosts */
		skip();
	assert_int_equal(run_caged(*state, false, -1, no_socket_deed), 0);
	assert_int_equal(run_caged(*state, true, -1, socket_deed), 0);
}

static struct sockaddr_un address_of(const struct place *p)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", p->other);
	return address;
}

/* Landlock does not keep a worker from connecting to another's socket: seccomp must. */
static int no_local_socket_deed(const struct place *p)
{
	static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
	const struct sockaddr_un address = address_of(p);
	int pair[2];

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (socket(AF_UNIX, types[i] | SOCK_CLOEXEC, 0) >= 0)
			return 1;
	}
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) == 0)
		return 2;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		return 3;
	return connect(pair[0], (const struct sockaddr *)&address, sizeof(address)) < 0 ? 0 : 4;
}

static void test_no_local_socket(void **state)
{
	const struct place *p = *state;
	const struct sockaddr_un address = address_of(p);
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (IS_SANITIZED)
		skip();
	assert_int_equal(bind(listener, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(run_caged(p, true, -1, no_local_socket_deed), 0);
	close(listener);
}

static void *thread_main(void *user)
{
	*(int *)user = 1;
	return NULL;
}

static int threads_deed(const struct place *p)
{
	pthread_t thread;
	int has_run = 0;

	(void)p;
	if (pthread_create(&thread, NULL, thread_main, &has_run) != 0)
		return 1;
	pthread_join(thread, NULL);
	return has_run == 1 ? 0 : 3;
}

static void test_threads(void **state)
{
	assert_int_equal(run_caged(*state, true, -1, threads_deed), 0);
}

/* What belongs to the same user is out of reach all the same. Where there is no filter, this is
 * Landlock's part alone. */
static int others_deed(const struct place *p)
{
	struct rlimit limit;

	(void)p;
	if (!IS_SANITIZED && prlimit(getppid(), RLIMIT_CPU, NULL, &limit) == 0)
		return 1;
	if (!IS_SANITIZED && syscall(SYS_tgkill, getppid(), getppid(), 0) == 0)
		return 2;
	if (kill(getppid(), 0) == 0)
		return 3;
	return syscall(SYS_tgkill, getpid(), gettid(), 0) == 0 && raise(SIGWINCH) == 0 ? 0 : 4;
}

static void test_no_other_process_is_reached(void **state)
{
	if (IS_SANITIZED && kernel_landlock_abi() < 6)
		skip();
	assert_int_equal(kill(getppid(), 0), 0);
	assert_int_equal(run_caged(*state, true, -1, others_deed), 0);
}

/* The abstract socket that the test listens on: found by its name. */
static struct sockaddr_un abstract_of(const struct place *p, socklen_t *out_size)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "%s", p->other);
	*out_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(p->other));
	return address;
}

static bool reaches_abstract(const struct place *p)
{
	socklen_t size = 0;
	const struct sockaddr_un address = abstract_of(p, &size);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool is_reached = fd >= 0 && connect(fd, (const struct sockaddr *)&address, size) == 0;

	if (fd >= 0)
		close(fd);
	return is_reached;
}

static int abstract_deed(const struct place *p)
{
	return reaches_abstract(p) ? 1 : 0;
}

static void test_no_abstract_socket(void **state)
{
	socklen_t size = 0;
	const struct sockaddr_un address = abstract_of(*state, &size);
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (IS_SANITIZED && kernel_landlock_abi() < 6)
		skip();
	assert_int_equal(bind(listener, (const struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(listener, 2), 0);
	assert_true(reaches_abstract(*state));
	assert_int_equal(run_caged(*state, true, -1, abstract_deed), 0);
	close(listener);
}

static int archive_deed(const struct place *p)
{
	(void)p;
	return dlopen("libarchive.so.13", RTLD_NOW | RTLD_LOCAL) != NULL ? 0 : 1;
}

static void test_library_is_loaded_inside(void **state)
{
	assert_int_equal(run_caged(*state, false, -1, archive_deed), 0);
}

/* --- what is trapped --------------------------------------------------------- */

static long trapped_number; /* for the deed, which runs in a child */

static int trapped_deed(const struct place *p)
{
	(void)p;
	syscall(trapped_number, 0, 0, 0, 0, 0, 0);
	return 1;
}

static int fork_deed(const struct place *p)
{
	(void)p;
	return fork() >= 0 ? 1 : 2;
}

static int raw_deed(const struct place *p)
{
	(void)p;
	return socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP) >= 0 ? 1 : 2;
}

static int raw6_deed(const struct place *p)
{
	(void)p;
	return socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6) >= 0 ? 1 : 2;
}

static int packet_deed(const struct place *p)
{
	(void)p;
	return socket(AF_PACKET, SOCK_DGRAM, 0) >= 0 ? 1 : 2;
}

static void assert_trapped(
	const struct place *p, int (*deed)(const struct place *p), const char *name)
{
	uint32_t number = 0;
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(run_caged(p, true, ends[1], deed), 128 + SIGSYS);
	assert_int_equal(recv(ends[0], &number, sizeof(number), MSG_DONTWAIT), sizeof(number));
	assert_string_equal(sandbox_call_name((int)number), name);
	close(ends[0]);
	close(ends[1]);
}

static void test_each_trapped_call_is_named(void **state)
{
	if (IS_SANITIZED)
		skip();
	for (size_t i = 0; sandbox_trapped_call(i) >= 0; i++) {
		trapped_number = sandbox_trapped_call(i);
		assert_trapped(*state, trapped_deed, sandbox_call_name((int)trapped_number));
	}
	assert_string_equal(sandbox_call_name(SYS_execve), "execve");
	assert_string_equal(sandbox_call_name(1 << 20), "an unknown system call");
	assert_trapped(*state, fork_deed, "clone");
	assert_trapped(*state, raw_deed, "socket");
	assert_trapped(*state, raw6_deed, "socket");
	assert_trapped(*state, packet_deed, "socket");
}

static int unknown_call_deed(const struct place *p)
{
	(void)p;
	return syscall(SYS_swapoff + 100000) < 0 && errno == ENOSYS ? 0 : 1;
}

static void test_unknown_call(void **state)
{
	if (IS_SANITIZED)
		skip();
	assert_int_equal(run_caged(*state, true, -1, unknown_call_deed), 0);
}

static void test_wrong_parent_is_refused(void **state)
{
	const struct place *p = *state;
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		const struct sandbox s = {
			.write_folder = p->folder, .report_fd = -1, .parent = 1 << 30};
		struct err e = {0};

		_exit(sandbox_enter(&s, &e) ? 1 : e.code == ERR_INTERNAL ? 0 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_change_of_user(void **state)
{
	const struct place *p = *state;
	pid_t parent = getpid(), pid;
	int status = 0;

	if (getuid() != 0)
		skip();
	pid = fork();
	if (pid == 0) {
		const struct sandbox s = {.change_user = true,
			.uid = 65534,
			.gid = 65534,
			.write_folder = p->folder,
			.report_fd = -1,
			.parent = parent};
		struct err e = {0};
		int signal_number = 0;

		if (!sandbox_enter(&s, &e))
			_exit(1);
		prctl(PR_GET_PDEATHSIG, &signal_number);
		_exit(getuid() == 65534 && getegid() == 65534 && signal_number == SIGKILL ? 0 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
#define CAGED(test) cmocka_unit_test_setup_teardown(test, place_open, place_close)
	const struct CMUnitTest tests[] = {
		CAGED(test_files),
		CAGED(test_limits),
		CAGED(test_memory),
		CAGED(test_sockets),
		CAGED(test_no_local_socket),
		CAGED(test_capabilities),
		CAGED(test_threads),
		CAGED(test_no_other_process_is_reached),
		CAGED(test_no_abstract_socket),
		CAGED(test_library_is_loaded_inside),
		CAGED(test_each_trapped_call_is_named),
		CAGED(test_unknown_call),
		CAGED(test_wrong_parent_is_refused),
		CAGED(test_change_of_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
