#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# A process that is no worker of ours, and runs as _devupd: it swaps what is fetched while the real
# parent takes it in. What is installed is what the vendor's page promised, or nothing is.

load ../support/e2e
setup_file() {
	world_up
	inside gcc -Wall -Werror -o /usr/local/bin/swapper /srv/world/swapper.c
	inside devupd install positron rstudio --yes --accept-license
}
teardown_file() { world_down; }
teardown() { inside pkill -KILL -x swapper || true; }

staging=/var/cache/devupd/staging
packages=/var/cache/devupd/packages
version=2026.09

# swapping HOW SEED: from now on, with a package of the next version that is not the vendor's.
swapping() {
	inside sh -c 'setpriv --reuid _devupd --regid _devupd --clear-groups \
		swapper "$@" </dev/null >/dev/null 2>&1 &' - "$1" $staging /srv/evil.deb "$2" 3>&-
	eventually inside pgrep -x swapper
}

# upgraded N HOW: to the N-th next version, while it is swapped. Counts it as done, which is as the
# page promised, or as refused.
upgraded() {
	local v=$version.$1-1 control=$version.$1+1-1755789997 before
	inside find $staging -mindepth 1 -delete
	before=$(dpkg_version positron)
	vendor package positron "$control" /srv/evil.deb --postinst "touch /root/evil" --home /usr/share/positron
	inside chmod 644 /srv/evil.deb
	vendor publish positron "$v"
	swapping "$2" "$1"
	document inside timeout 60 devupd upgrade positron --yes --json
	inside pkill -KILL -x swapper
	is "ran the other one" no "$(inside test -e /root/evil && echo yes || echo no)"
	is "adopted under another digest" "" "$(inside sh -c "cd $packages; sha256sum *$control* 2>/dev/null" |
		grep -v "^$(inside cut -d' ' -f1 "/srv/releases/positron/$v") " || true)"
	is "half-way" "ii " "$(dpkg_status positron)"
	if [ "$status" = 0 ]; then
		is "version of $1" "$control" "$(dpkg_version positron)"
		n_done=$((n_done + 1))
	else
		is "version of $1" "$before" "$(dpkg_version positron)"
		[ "$status" != 124 ]
		n_refused=$((n_refused + 1))
	fi
}

@test "swapped at any moment, in seven ways: never installed" {
	local n_refused=0 n_done=0 n_before try how
	for how in other link second-name fifo folder giant written; do
		n_before=$n_refused
		# on until it was met, and met again
		for ((try = 0; try < 20 && n_refused < n_before + 2; try++)); do
			upgraded $((n_refused + n_done + 1)) $how
		done
		is "$how, met" $((n_before + 2)) "$n_refused"
	done
	echo "# $n_refused refused, $n_done installed as promised" >&3
}

@test "let alone again, the next run is fine, and the record whole" {
	vendor publish positron $version.99-1
	document inside devupd upgrade positron --yes --json
	exits 0
	outcome positron updated
	is "left in staging" "" "$(inside find $staging -mindepth 1 -name 'positron*')"
	document inside devupd history --verify
	exits 0
}
