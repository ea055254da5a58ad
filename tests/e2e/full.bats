#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# No room, or nothing that may be written: the place is named, the system is as it was, and with
# room again the next run does what it would have done.
# shellcheck disable=SC2154

load ../support/e2e
setup_file() {
	world_up
	inside devupd install positron --yes --accept-license
}
teardown_file() { world_down; }
# A test that failed leaves nothing over a folder.
teardown() {
	inside rm -f /etc/ld.so.preload
	inside sh -c 'awk "\$2 ~ /devupd/ { print \$2 }" /proc/self/mounts | xargs -r -n 1 umount'
}

# over PLACE OPTIONS: a small file system of its own lies there, with what was there.
over() {
	inside sh -ec 'rm -rf /root/saved; cp -a "$1" /root/saved
		mount -t tmpfs -o "$2,mode=$(stat -c %a "$1")" tmpfs "$1"
		cp -a /root/saved/. "$1/"; chown --reference=/root/saved "$1"' - "$1" "$2"
}
# full PLACE: not a byte is left.
full() { over "$1" size=3m; inside sh -c 'cat /dev/zero >"$1/filler" 2>/dev/null; true' - "$1"; }
# without_inodes PLACE: there is room, and no name to be had.
without_inodes() {
	over "$1" size=20m,nr_inodes=40
	inside sh -c 'i=0; while touch "$1/filler.$i" 2>/dev/null; do i=$((i + 1)); done' - "$1"
}
# away: what lay over it is gone, what was written meanwhile stays.
away() {
	inside sh -ec 'rm -f "$1"/filler*; rm -rf /root/saved; cp -a "$1" /root/saved; umount "$1"
		cp -a /root/saved/. "$1/"' - "$1"
}

# told PLACE: an upgrade fails, names the place, and has changed nothing; later it goes well.
told() {
	local place=$1 before
	before=$(inside dpkg-query -W)
	document inside devupd upgrade positron --yes --json
	[ "$status" != 0 ]
	[[ "$output$stderr" == *"$place"* ]] || { echo "nothing of $place in: $output $stderr" >&2; return 1; }
	is "packages" "$before" "$(inside dpkg-query -W)"
	is "half-way" "" "$(inside dpkg --audit)"
}
fine_again() {
	document inside devupd upgrade positron --yes --json
	exits 0
	outcome positron updated
	document inside devupd history --verify
	exits 0
}
next_release() {
	inside sh -c 'n=$(cat /root/n 2>/dev/null || echo 0); echo $((n + 1)) >/root/n'
	vendor publish positron "2030.$(printf %02d "$(inside cat /root/n)").0-1" --mib 2
}

@test "no room for a package: what is needed and what is free" {
	next_release
	full /var/cache/devupd
	told /var/cache/devupd
	error_code positron space
	away /var/cache/devupd
	fine_again
}

@test "no room for the state" {
	next_release
	full /var/lib/devupd
	told /var/lib/devupd
	away /var/lib/devupd
	fine_again
}

@test "no room for the trail: no audit, no change" {
	next_release
	full /var/log/devupd
	told /var/log/devupd
	away /var/log/devupd
	fine_again
}

@test "no room for the lock's file" {
	next_release
	full /run/devupd
	document inside devupd upgrade positron --yes --json
	[ "$status" = 0 ] || [[ "$output$stderr" == */run/devupd* ]]
	away /run/devupd
	inside devupd upgrade --yes
	inside devupd history --verify
}

# used_up PLACE: whoever writes there has used up his quota.
used_up() {
	over "$1" size=20m
	inside sh -ec 'cd /srv/world && gcc -D_GNU_SOURCE -shared -fPIC -o /usr/lib/quota.so quota.c
		echo "$1" >/etc/quota; echo /usr/lib/quota.so >/etc/ld.so.preload' - "$1"
}
quota_raised() {
	inside rm -f /etc/ld.so.preload /etc/quota
	away "$1"
}

@test "a quota that is used up" {
	local place
	for place in /var/cache/devupd /var/lib/devupd /var/log/devupd; do
		next_release
		used_up "$place"
		told "$place"
		says "isk quota exceeded"
		[ "$(field '.error.code // of("positron").error.code')" = space ]
		quota_raised "$place"
		fine_again
	done
}

@test "no names to be had" {
	local place
	for place in /var/cache/devupd /var/lib/devupd /var/log/devupd; do
		next_release
		without_inodes "$place"
		document inside devupd upgrade positron --yes --json
		[ "$status" = 0 ] || [[ "$output$stderr" == *"$place"* ]] ||
			{ echo "nothing of $place in: $output $stderr" >&2; return 1; }
		away "$place"
		inside devupd upgrade --yes
		inside devupd history --verify
	done
}

@test "nothing may be written there" {
	local place
	for place in /var/cache/devupd /var/lib/devupd /var/log/devupd /run/devupd; do
		next_release
		over "$place" size=20m
		inside mount -o remount,ro "$place"
		told "$place"
		inside mount -o remount,rw "$place"
		away "$place"
		fine_again
	done
}

@test "the trail fills up while a package is installed: what was installed is told all the same" {
	vendor publish positron 2031.01.0-1 --postinst "$log_no_more"
	run inside devupd upgrade positron --yes
	exits 1
	says "2031.01.0+1  installed"
	says /var/log/devupd
	inside umount /var/log/devupd
	inside devupd upgrade --yes
	inside devupd history --verify
}
