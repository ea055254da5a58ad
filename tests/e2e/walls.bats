#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What a captured worker can't do. The attacker is in the real worker: a module of the resolver that
# it loads at its first look-up, inside its cage; for the worker that reads packages, libarchive.
# Each attack is tried without the cage, too, where nothing may be in its way.

load ../support/e2e
setup_file() {
	world_up
	inside devupd install positron rstudio --yes --accept-license
	# shellcheck disable=SC2016
	inside sh -c 'set -e
		lib=/usr/lib/$(gcc -print-multiarch)
		cd /srv/world/walls
		gcc -D_GNU_SOURCE -shared -fPIC -DAS_LIBRARY -o $lib/libnss_attack.so.2 attack.c
		gcc -D_GNU_SOURCE -o /usr/local/bin/attack attack.c
		sed -i "s/^hosts:.*/hosts: attack files dns/" /etc/nsswitch.conf
		# libarchive with an attacker in it, who passes all else on to the real one
		cp $lib/libarchive.so.13 $lib/libarchive-real.so.13
		gcc -shared -Wl,-soname,libarchive-real.so.13 -o stub.so -xc /dev/null
		gcc -D_GNU_SOURCE -shared -fPIC -DAS_LIBRARY -Wl,--no-as-needed -o $lib/libarchive-attack.so.13 attack.c stub.so
		echo secret >/home/ana/secret
		chmod 755 /home/ana; chmod 644 /home/ana/secret; mkdir -m 777 /srv/open'
	inside python3 -c 'import os, signal, socket
if os.fork(): os._exit(0)
os.setsid()
[os.dup2(os.open("/dev/null", os.O_RDWR), n) for n in range(3)]
os.closerange(3, 50)
all = [socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)]
os.umask(0)
all[0].bind("/srv/open/socket"); all[1].bind("\0abstract")
[s.listen(100) for s in all]
while True: signal.pause()'
}
teardown_file() { world_down; }
teardown() { inside rm -f /etc/attack; }

# caged WHO NAME [WHERE]: the attack from inside the worker that WHO's devupd starts; $text is what
# its parent says of it.
caged() {
	local who=$1
	shift
	inside sh -c 'echo "$*" >/etc/attack' - "$@"
	document "$who" devupd check positron --json 9<"$BATS_FILE_TMPDIR/held"
	exits 1
	error_code positron worker
	text=$(field 'of("positron").error.text')
}

number_of() { python3 -c "import errno; print(errno.$1)"; }

# refused ERRNO|CALL NAME [WHERE]: it fails so, as _devupd and in a person's worker.
refused() {
	local how=$1 who want
	shift
	echo "the held secret" >"$BATS_FILE_TMPDIR/held"
	case $how in
	E*) want="ended with status $(number_of "$how")" ;;
	*) want="called $how, which its cage forbids" ;;
	esac
	for who in ${whose:-inside as_ana}; do
		caged "$who" "$@"
		[[ $text == *"$want" ]] || { echo "$who: $*: expected $want, found: $text" >&2; return 1; }
	done
}

# free USER NAME [WHERE]: without the cage nothing is in the way.
free() {
	local user=$1
	shift
	run inside setpriv --reuid "$user" --regid "$user" --clear-groups attack "$@"
	exits 0
}

@test "without an attack the module is only passed by" {
	document inside devupd check --json
	exits 0
	outcome positron current
}

@test "files: passwords, another's home, what is for everybody to write, the disk" {
	free root read /etc/shadow
	run inside setpriv --reuid _devupd --regid _devupd --clear-groups attack read /etc/shadow
	exits 1 # whose user is that wall
	refused EACCES read /etc/shadow
	free _devupd read /home/ana/secret
	refused EACCES read /home/ana/secret # of ana's own home, too
	free _devupd write /srv/open/new
	refused EACCES write /srv/open/new
	free _devupd grow /srv/open/large
	vendor publish positron 2026.08.2-4
	inside sh -c 'echo "grow /var/cache/devupd/staging/large" >/etc/attack'
	document inside devupd upgrade positron --yes --json
	exits 1
	says "ended with status $(number_of EFBIG)"
	vendor withdraw positron 2026.08.2-4
	free _devupd open-many
	refused EMFILE open-many
}

@test "descriptors: what the parent held is closed" {
	echo "the held secret" >"$BATS_FILE_TMPDIR/held"
	run inside attack descriptor held 9<"$BATS_FILE_TMPDIR/held"
	exits 0
	refused EBADF descriptor held
}

@test "processes: a fork, too many threads, a program" {
	free _devupd fork
	refused clone fork
	free _devupd threads
	whose=inside refused EAGAIN threads
	free _devupd exec
	refused execve exec
}

@test "the parent: traced, read, signalled, limited" {
	local attack
	for attack in ptrace read-parent signal signal-thread limit-parent; do
		run inside sh -c "attack $attack; exit \$?"
		exits 0
		run as_ana sh -c "attack $attack; exit \$?"
		exits 0
	done
	refused ptrace ptrace
	refused EACCES read-parent
	refused ENOSYS signal
	refused ENOSYS signal-thread
	refused ENOSYS limit-parent
}

@test "memory, time, core dumps" {
	free _devupd memory
	refused ENOMEM memory
	free _devupd cpu
	refused ETIME cpu
	run inside sh -c 'ulimit -S -c unlimited; attack core'
	exits 0
	refused EFBIG core
}

@test "sockets: raw, of packets, listening, local, abstract" {
	free root raw
	refused socket raw
	free root packet
	refused socket packet
	free _devupd listen
	refused listen listen
	free _devupd connect /srv/open/socket
	refused ENOSYS connect /srv/open/socket
	free _devupd connect @abstract
	refused ENOSYS connect @abstract
}

@test "the system: mount, chroot, a namespace of its own" {
	free root mount /srv/open
	refused mount mount /srv/open
	free root chroot /srv/open
	refused chroot chroot /srv/open
	run inside attack unshare
	exits 0
	refused unshare unshare
}

# is_caged USER: the worker of that person has put on its filter.
is_caged() {
	inside sh -c 'grep -q "^Seccomp:.2$" /proc/$(pgrep -u "$1" -xo devupd-worker)/status' - "$1"
}

@test "capabilities that a person was given stay outside" {
	vendor rule crawl github.com/posit-dev/positron/releases
	inside sh -c 'setpriv --reuid ana --regid ana --init-groups --inh-caps +net_raw --ambient-caps +net_raw \
		env HOME=/home/ana devupd check positron >/dev/null 2>&1 &' </dev/null 3>&-
	eventually inside pgrep -u ana -x devupd-worker
	eventually is_caged ana
	is "devupd has some" "CapEff: 0000000000002000" \
		"$(inside sh -c 'grep ^CapEff /proc/$(pgrep -u ana -xo devupd)/status' | tr '\t' ' ')"
	is "its worker" "0000000000000000" \
		"$(inside sh -c 'awk "/^Cap(Inh|Prm|Eff|Amb)/ { print \$2 }" /proc/$(pgrep -u ana -xo devupd-worker)/status' | sort -u)"
	inside pkill -x devupd
	vendor rule none github.com/posit-dev/positron/releases
}

@test "the worker that reads packages: no socket, no file, no program" {
	local deb=/srv/vendors/cdn.posit.co/positron/releases/deb/x86_64/Positron-2026.08.0-331-x64.deb who row
	inside sh -c 'cd /usr/lib/$(gcc -print-multiarch) && ln -sf libarchive-attack.so.13 libarchive.so.13'
	for who in inside as_ana; do
		inside rm -f /etc/attack
		document "$who" devupd verify "$deb" --offline
		exits 0
		for row in "ENOSYS socket" "ENOSYS raw" "ENOSYS connect /srv/open/socket" "EACCES read /home/ana/secret" \
			"EACCES write /srv/open/other" "EACCES write /var/cache/devupd/staging/other" "clone fork" \
			"execve exec" "ENOMEM memory" "ENOSYS signal" "ptrace ptrace"; do
			inside sh -c 'echo "$1" >/etc/attack' - "${row#* }"
			document "$who" devupd verify "$deb" --offline
			exits 1
			case $row in
			E*) says "ended with status $(number_of "${row%% *}")" ;;
			*) says "called ${row%% *}, which its cage forbids" ;;
			esac
		done
	done
	inside sh -c 'cd /usr/lib/$(gcc -print-multiarch) && ln -sf libarchive-real.so.13 libarchive.so.13'
}
