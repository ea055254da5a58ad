#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Workers that fail, parents that are killed.

load ../support/e2e
setup_file() {
	world_up
	inside devupd install positron rstudio --yes --accept-license
	inside cp /usr/libexec/devupd/devupd-worker /srv/world/real-worker
}
teardown_file() { world_down; }
teardown() { the_real_one; }

github=github.com/posit-dev/positron/releases

no_worker() { none_runs root,ana,_devupd devupd devupd-worker; }

# stand_in TEXT: this shell script takes the worker's place.
stand_in() {
	inside sh -c 'printf "#!/bin/sh\n%s\n" "$1" >/srv/world/stand-in; chmod 755 /srv/world/stand-in
		mountpoint -q /usr/libexec/devupd/devupd-worker ||
			mount --bind /srv/world/stand-in /usr/libexec/devupd/devupd-worker' - "$1"
}
the_real_one() {
	inside sh -c '! mountpoint -q /usr/libexec/devupd/devupd-worker ||
		umount /usr/libexec/devupd/devupd-worker'
}

# start CMD...: in the background of the world, waiting for a page that crawls.
start() {
	vendor publish positron 2026.08.2-4
	vendor rule crawl "$github"
	inside sh -c '(env --default-signal "$@"; echo $? >/root/status) >/dev/null 2>&1 &' - "$@" </dev/null 3>&-
	eventually inside pgrep -x devupd-worker
	sleep 0.5
}

@test "SIGKILL of the parent leaves no worker" {
	start devupd check positron
	inside pkill -KILL -x devupd
	eventually no_worker
}

@test "SIGINT, SIGTERM and SIGHUP: 128 + n, nothing left, the record complete" {
	local signal
	for signal in INT:130 TERM:143 HUP:129; do
		inside rm -f /root/status
		start devupd upgrade positron --yes
		inside pkill "-${signal%:*}" -x devupd
		eventually inside test -s /root/status
		is "exit code after SIG${signal%:*}" "${signal#*:}" "$(inside cat /root/status)"
		eventually no_worker
	done
	vendor rule none "$github"
	document inside devupd history --verify
	exits 0
}

@test "a worker that crashes at once: no name is reported as anything but failed" {
	stand_in 'kill -SEGV $$'
	document inside devupd check --json
	exits 1
	is error worker "$(field .error.code)"
	outcome positron failed
	outcome rstudio failed
}

@test "a worker that talks rubbish" {
	stand_in 'head -c 3000 /dev/urandom >&3; sleep 1'
	document inside devupd check --json
	exits 1
	is error worker "$(field .error.code)"
}

@test "a worker that is not there" {
	inside mv /usr/libexec/devupd/devupd-worker /root/away
	document inside devupd check --json
	exits 1
	inside mv /root/away /usr/libexec/devupd/devupd-worker
}

@test "a worker that crashes once is replaced, and nothing is lost" {
	stand_in 'mkdir /tmp/crashed 2>/dev/null && kill -SEGV $$; exec /srv/world/real-worker "$@"'
	document inside devupd check --json
	exits 0
	outcome positron available
	outcome rstudio current
	inside test -d /tmp/crashed
}

@test "no worker keeps root's rights, and none is left" {
	vendor rule crawl "$github"
	start devupd check positron
	is "user of the worker" _devupd "$(inside ps -o user= -C devupd-worker | sort -u)"
	is "may gain rights" 1 "$(inside sh -c 'awk "/^NoNewPrivs/ { print \$2 }" /proc/$(pgrep -xo devupd-worker)/status')"
	inside pkill -TERM -x devupd
	eventually no_worker
	is zombies "" "$(inside ps -o stat=,comm= -A | grep '^Z' || true)"
}

@test "a parent killed while apt-get works: apt-get ends its work, the next run records it" {
	vendor rule none "$github"
	vendor publish positron 2026.09.1-2 --postinst 'touch /root/working; sleep 3'
	inside sh -c 'devupd upgrade positron --yes >/dev/null 2>&1 &' </dev/null 3>&-
	eventually inside test -e /root/working
	inside pkill -KILL -x devupd
	eventually inside sh -c '! pgrep -x apt-get'
	is positron "ii " "$(dpkg_status positron)"
	inside devupd upgrade --yes
	document inside devupd history --verify
	exits 0
	is "result of the interrupted change" 2026.09.1+2-1755789998 \
		"$(inside jq -rs 'map(select(.event == "result" and .name == "positron")) | last.to' /var/log/devupd/audit.log)"
}
