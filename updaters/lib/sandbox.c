/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <seccomp.h>

#include "updaters/lib/kernel.h"
#include "updaters/lib/process.h"
#include "updaters/lib/sandbox_calls.h"
#include "updaters/lib/scope.h"

enum { PROCESSES_MAX = 512, FILES_MAX = 1024, EXIT_TRAPPED = 128 + SIGSYS };
/* Room for 64 pages of 8 MiB under way and a stack and an arena for each look-up of a name; not for
 * a package or a page that eats all of the machine's. */
#define MEMORY_MAX_BYTES (UINT64_C(4) << 30)
/* Many times what a run of large packages takes, and an end to what computes for somebody else. */
enum { CPU_MAX_S = 3600 };

/* ASan and UBSan need calls that the filter refuses, and much more address space than they use: a
 * build with them is for tests, and is caged by all but these two. */
#if defined(__SANITIZE_ADDRESS__)
#define IS_SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_SANITIZED true
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED false
#endif

/* --- who, and how much ------------------------------------------------------- */

static bool set_limit(__rlimit_resource_t what, uint64_t most)
{
	struct rlimit limit;

	if (getrlimit(what, &limit) < 0)
		return false;
	if (most < limit.rlim_max)
		limit.rlim_max = (rlim_t)most;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(what, &limit) == 0;
}

/* A file that grows too large is a failed write, not a death. RLIMIT_NPROC counts the user's other
 * processes: only where the user is the workers' own. */
static bool limit_resources(const struct sandbox *s, struct err *e)
{
	signal(SIGXFSZ, SIG_IGN);
	if (!set_limit(RLIMIT_CORE, 0) || !set_limit(RLIMIT_NOFILE, FILES_MAX) ||
		!set_limit(RLIMIT_CPU, CPU_MAX_S) ||
		(s->max_file_bytes > 0 && !set_limit(RLIMIT_FSIZE, s->max_file_bytes)) ||
		(!IS_SANITIZED && !set_limit(RLIMIT_AS, MEMORY_MAX_BYTES)) ||
		(s->change_user && !set_limit(RLIMIT_NPROC, PROCESSES_MAX)))
		return err_sys(e, ERR_INTERNAL, "can't limit the worker's resources");
	return true;
}

/* A change of user from root empties all but the last by itself; a person may have been given some,
 * by PAM or a unit. */
static bool drop_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};

	return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0 &&
	       syscall(SYS_capset, &header, none) == 0;
}

static bool become_user(const struct sandbox *s, struct err *e)
{
	if (s->change_user && !process_become(s->uid, s->gid))
		return err_sys(e, ERR_INTERNAL, "can't become user %u", (unsigned)s->uid);
	if (!drop_capabilities())
		return err_sys(e, ERR_INTERNAL, "can't give up capabilities");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(e, ERR_INTERNAL, "can't give up new privileges");
	return true;
}

static bool bind_to_parent(const struct sandbox *s, struct err *e)
{
	return process_bind(s->parent) ||
	       err_sys(e, ERR_INTERNAL, "can't be bound to process %d", (int)s->parent);
}

/* --- Landlock: which files --------------------------------------------------- */

/* Newer than the headers of the oldest system we build on; used where the kernel has them. */
#define FS_REFER          (UINT64_C(1) << 13)
#define FS_TRUNCATE       (UINT64_C(1) << 14)
#define FS_IOCTL_DEV      (UINT64_C(1) << 15)
#define SCOPE_UNIX_SIGNAL (UINT64_C(1) << 0 | UINT64_C(1) << 1)
enum { ABI_REFER = 2, ABI_TRUNCATE = 3, ABI_IOCTL_DEV = 5, ABI_SCOPE = 6 };

struct ruleset {
	uint64_t handled_fs;
	uint64_t handled_net; /* port rules would break proxies and DNS over TCP */
	uint64_t scoped;
};

/* Folders, not files: resolv.conf is replaced by rename, and the hashed links in /etc/ssl/certs
 * point to /usr/share/ca-certificates. */
static const char *const readable[] = {"/etc", "/usr/lib", "/lib", "/lib64", "/usr/lib64",
	"/usr/share/ca-certificates", "/usr/local/share/ca-certificates", "/run/systemd/resolve",
	"/run/resolvconf", "/run/NetworkManager"};

static bool allow_below(int ruleset, const char *folder, uint64_t access, struct err *e)
{
	SCOPED_CLOSE int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = fd};

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == EACCES))
		return true; /* nothing there to be allowed */
	if (fd < 0 ||
		syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
		return err_sys(e, ERR_INTERNAL, "can't open %s to the worker", folder);
	return true;
}

static bool restrict_files(const struct sandbox *s, int abi, struct err *e)
{
	const uint64_t read = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
	const uint64_t truncate = abi >= ABI_TRUNCATE ? FS_TRUNCATE : 0;
	const uint64_t write = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |
			       LANDLOCK_ACCESS_FS_REMOVE_FILE | truncate;
	const struct ruleset rules = {
		/* all that ABI 1 knows, bits 0 to 12 */
		.handled_fs = ((UINT64_C(1) << 13) - 1) | truncate |
			      (abi >= ABI_REFER ? FS_REFER : 0) |
			      (abi >= ABI_IOCTL_DEV ? FS_IOCTL_DEV : 0),
		.scoped = abi >= ABI_SCOPE ? SCOPE_UNIX_SIGNAL : 0,
	};
	/* an older kernel refuses bytes it doesn't know, unless they are zero */
	SCOPED_CLOSE int ruleset =
		(int)syscall(SYS_landlock_create_ruleset, &rules, sizeof(rules), 0);

	if (ruleset < 0)
		return err_sys(e, ERR_INTERNAL, "can't make Landlock rules");
	for (size_t i = 0; i < ARRAY_SIZE(readable); i++) {
		if (!allow_below(ruleset, readable[i], read, e))
			return false;
	}
	if (s->write_folder != NULL && !allow_below(ruleset, s->write_folder, read | write, e))
		return false;
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		return err_sys(e, ERR_INTERNAL, "can't put Landlock on");
	return true;
}

/* --- seccomp: which system calls --------------------------------------------- */

/* What libcurl, the resolver, TLS, malloc and our own files need; by name, since architectures and
 * C libraries differ in which there are. */
static const char *const allowed[] = {"access", "brk", "clock_getres", "clock_gettime",
	"clock_nanosleep", "close", "close_range", "dup", "epoll_create1", "epoll_ctl",
	"epoll_pwait", "epoll_pwait2", "epoll_wait", "eventfd2", "exit", "exit_group", "faccessat",
	"faccessat2", "fadvise64", "fallocate", "fcntl", "fdatasync", "flock", "fstat", "fstatfs",
	"fsync", "ftruncate", "futex", "getdents64", "getegid", "geteuid", "getgid", "getpid",
	"getppid", "getrandom", "gettid", "gettimeofday", "getuid", "ioctl", "lseek", "madvise",
	"membarrier", "memfd_create", "mmap", "mprotect", "mremap", "munmap", "nanosleep",
	"newfstatat", "openat", "pipe2", "poll", "ppoll", "prctl", "pread64", "pwrite64", "read",
	"readlink", "readlinkat", "readv", "recvfrom", "recvmsg", "renameat", "renameat2",
	"restart_syscall", "rseq", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn",
	"sched_getaffinity", "sched_yield", "sendmsg", "sendto", "set_robust_list", "sigaltstack",
	"statfs", "statx", "sysinfo", "uname", "unlinkat", "write", "writev"};
static const char *const allowed_with_network[] = {"bind", "connect", "getpeername", "getsockname",
	"getsockopt", "recvmmsg", "sendmmsg", "setsockopt", "shutdown"};
/* AF_NETLINK is how getaddrinfo asks which addresses this host has. No AF_UNIX: Landlock does not
 * keep a worker from a session bus, an agent or a container's socket. The resolver goes on without
 * nscd and nss-resolve, by files and DNS. */
static const struct {
	unsigned family, type;
} sockets[] = {{AF_INET, SOCK_STREAM}, {AF_INET, SOCK_DGRAM}, {AF_INET6, SOCK_STREAM},
	{AF_INET6, SOCK_DGRAM}, {AF_NETLINK, SOCK_RAW}};
static const unsigned families_never_raw[] = {AF_INET, AF_INET6};
enum { SOCKET_TYPE_MASK = 0xf }; /* the rest are SOCK_NONBLOCK and SOCK_CLOEXEC */

static bool allow_calls(scmp_filter_ctx filter, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int call = seccomp_syscall_resolve_name(names[i]);

		if (call >= 0 && seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0) < 0)
			return false;
	}
	return true;
}

static bool rule_socket(scmp_filter_ctx filter, uint32_t action, unsigned family, unsigned type)
{
	return seccomp_rule_add(filter, action, SCMP_SYS(socket), 2,
		       SCMP_A0(SCMP_CMP_EQ, family, 0),
		       SCMP_A1(SCMP_CMP_MASKED_EQ, SOCKET_TYPE_MASK, type)) >= 0;
}

/* What is neither is unknown, as a local socket: then the resolver goes on without. */
static bool trap_raw_sockets(scmp_filter_ctx filter)
{
	for (size_t i = 0; i < ARRAY_SIZE(families_never_raw); i++) {
		if (!rule_socket(filter, SCMP_ACT_TRAP, families_never_raw[i], SOCK_RAW))
			return false;
	}
	return seccomp_rule_add(filter, SCMP_ACT_TRAP, SCMP_SYS(socket), 1,
		       SCMP_A0(SCMP_CMP_EQ, AF_PACKET, 0)) >= 0;
}

static bool allow_sockets(scmp_filter_ctx filter)
{
	for (size_t i = 0; i < ARRAY_SIZE(sockets); i++) {
		if (!rule_socket(filter, SCMP_ACT_ALLOW, sockets[i].family, sockets[i].type))
			return false;
	}
	if (!trap_raw_sockets(filter))
		return false;
	/* libcurl wakes itself by a pair. Of streams only: a datagram's end could be led elsewhere.
	 */
	if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 1,
		    SCMP_A1(SCMP_CMP_MASKED_EQ, SOCKET_TYPE_MASK, SOCK_STREAM)) < 0)
		return false;
	return allow_calls(filter, allowed_with_network, ARRAY_SIZE(allowed_with_network));
}

/* Threads, no processes. clone3's flags can't be looked at: it is unknown here, like all the rest,
 * and pthread_create falls back to clone. */
static bool allow_threads(scmp_filter_ctx filter)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
		       SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD)) >= 0 &&
	       seccomp_rule_add(filter, SCMP_ACT_TRAP, SCMP_SYS(clone), 1,
		       SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0)) >= 0;
}

/* A person's worker has the rights of all that is theirs, devupd among it: signals and limits are
 * for itself. */
static bool allow_on_itself(scmp_filter_ctx filter)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
		       SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0)) >= 0 &&
	       seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1,
		       SCMP_A0(SCMP_CMP_EQ, 0, 0)) >= 0;
}

static bool trap_calls(scmp_filter_ctx filter)
{
	for (size_t i = 0; sandbox_trapped_call(i) >= 0; i++) {
		if (seccomp_rule_add(filter, SCMP_ACT_TRAP, sandbox_trapped_call(i), 0) < 0)
			return false;
	}
	return true;
}

/* The one thing a handler can't be handed: where to say which call it was. Set once, by the cage.
 */
static int report_fd = -1;

static void on_trapped(int number, siginfo_t *info, void *context)
{
	uint32_t call = (uint32_t)info->si_syscall;

	(void)number;
	(void)context;
	if (report_fd >= 0)
		send(report_fd, &call, sizeof(call), MSG_NOSIGNAL | MSG_DONTWAIT);
	_exit(EXIT_TRAPPED);
}

static void filter_free(scmp_filter_ctx *filter)
{
	if (*filter != NULL)
		seccomp_release(*filter);
}

static bool restrict_calls(const struct sandbox *s, struct err *e)
{
	CLEANUP(filter_free) scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	struct sigaction action = {.sa_sigaction = on_trapped, .sa_flags = SA_SIGINFO};
	int result;

	report_fd = s->report_fd;
	if (sigaction(SIGSYS, &action, NULL) < 0)
		return err_sys(e, ERR_INTERNAL, "can't watch for forbidden calls");
	if (filter == NULL || !allow_calls(filter, allowed, ARRAY_SIZE(allowed)) ||
		!allow_threads(filter) || !allow_on_itself(filter) ||
		(s->with_network && !allow_sockets(filter)) || !trap_calls(filter))
		return err_set(e, ERR_INTERNAL, "can't make the seccomp filter");
	result = seccomp_load(filter);
	errno = -result;
	return result == 0 || err_sys(e, ERR_INTERNAL, "can't put the seccomp filter on");
}

bool sandbox_enter(const struct sandbox *s, struct err *e)
{
	int abi = kernel_landlock_abi();

	if (!limit_resources(s, e) || !become_user(s, e) || !bind_to_parent(s, e))
		return false;
	if (abi > 0 && !restrict_files(s, abi, e))
		return false;
	return IS_SANITIZED || restrict_calls(s, e);
}
