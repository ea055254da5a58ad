/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/sandbox_calls.h"

#include <sys/syscall.h>

#include "updaters/lib/sandbox.h"
#include "updaters/lib/scope.h"

struct call {
	int number;
	const char *name;
};

static const struct call trapped[] = {
	{SYS_execve, "execve"},
	{SYS_execveat, "execveat"},
#ifdef SYS_fork /* arm64 has clone alone */
	{SYS_fork, "fork"},
	{SYS_vfork, "vfork"},
#endif
	{SYS_ptrace, "ptrace"},
	{SYS_process_vm_readv, "process_vm_readv"},
	{SYS_process_vm_writev, "process_vm_writev"},
	{SYS_listen, "listen"},
	{SYS_accept, "accept"},
	{SYS_accept4, "accept4"},
	{SYS_mount, "mount"},
	{SYS_umount2, "umount2"},
	{SYS_pivot_root, "pivot_root"},
	{SYS_chroot, "chroot"},
	{SYS_setns, "setns"},
	{SYS_unshare, "unshare"},
	{SYS_setuid, "setuid"},
	{SYS_setgid, "setgid"},
	{SYS_setresuid, "setresuid"},
	{SYS_setresgid, "setresgid"},
	{SYS_setgroups, "setgroups"},
	{SYS_capset, "capset"},
	{SYS_init_module, "init_module"},
	{SYS_finit_module, "finit_module"},
	{SYS_delete_module, "delete_module"},
	{SYS_kexec_load, "kexec_load"},
	{SYS_bpf, "bpf"},
	{SYS_perf_event_open, "perf_event_open"},
	{SYS_userfaultfd, "userfaultfd"},
	{SYS_add_key, "add_key"},
	{SYS_request_key, "request_key"},
	{SYS_keyctl, "keyctl"},
	{SYS_reboot, "reboot"},
	{SYS_swapon, "swapon"},
	{SYS_swapoff, "swapoff"},
};

/* Some uses of these are an honest worker's: sandbox.c looks at what they are called with. */
static const struct call trapped_in_part[] = {{SYS_clone, "clone"}, {SYS_socket, "socket"}};

int sandbox_trapped_call(size_t n)
{
	return n < ARRAY_SIZE(trapped) ? trapped[n].number : -1;
}

const char *sandbox_call_name(int number)
{
	for (size_t i = 0; i < ARRAY_SIZE(trapped); i++) {
		if (trapped[i].number == number)
			return trapped[i].name;
	}
	for (size_t i = 0; i < ARRAY_SIZE(trapped_in_part); i++) {
		if (trapped_in_part[i].number == number)
			return trapped_in_part[i].name;
	}
	return "an unknown system call";
}
