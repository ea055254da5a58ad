#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Whoever starts devupd may have set anything: an upgrade does its work all the same, or says one
# clear thing and changes nothing.

load ../support/e2e
setup_file() {
	world_up
	inside devupd install positron rstudio --yes --accept-license
}
teardown_file() { world_down; }

# next: a newer Positron than the last; its version in $version.
next() {
	local n
	n=$(cat "$BATS_FILE_TMPDIR/n" 2>/dev/null || echo 1)
	echo $((n + 1)) >"$BATS_FILE_TMPDIR/n"
	version=2026.09.$n
	vendor publish positron "$version-1"
}

# upgraded: it is there, on record, and nothing lies about that is not ours.
upgraded() {
	is "dpkg's version" "$version+1-1755789997" "$(dpkg_version positron)"
	intact
}

# The files that matter hold what they should and are whose they should be.
intact() {
	document inside devupd history --verify
	exits 0
	is "tables" ok "$(inside sqlite3 /var/lib/devupd/state.db 'pragma integrity_check')"
	is "modes" "$(printf '%s\n' "root:adm 640 /var/log/devupd/audit.log" "root:adm 750 /var/log/devupd" \
		"root:root 644 /var/lib/devupd/state.db" "root:root 755 /var/cache/devupd/packages" \
		"root:root 755 /var/lib/devupd" "_devupd:_devupd 700 /var/cache/devupd/staging")" \
		"$(inside stat -c '%U:%G %a %n' /var/log/devupd/audit.log /var/log/devupd /var/lib/devupd/state.db \
			/var/cache/devupd/packages /var/lib/devupd /var/cache/devupd/staging)"
	is "for others to write" "" "$(inside find /var/lib/devupd /var/log/devupd /var/cache/devupd /run/devupd \
		-not -type l -perm /022)"
	is "left running" "" "$(inside pgrep -x 'devupd.*' || true)"
}

# run_in SETTING: an upgrade in a shell that has been set so before.
run_in() {
	next
	# shellcheck disable=SC2016
	document inside sh -c "$1"'
		exec devupd upgrade positron --yes'
}

@test "an environment full of lies, as plain root and through sudo" {
	local lies before
	# what each would lead to is a folder of ana's, with programs and settings of her own
	as_ana sh -c 'mkdir -p ~/evil && cd ~/evil &&
		for p in sh dpkg dpkg-deb apt-get gpgv systemctl env; do
			printf "#!/bin/sh\ntouch /home/ana/evil/was-run\n" >$p; chmod 755 $p; done
		printf "openssl_conf = x\n[x]\nproviders = y\n[y]\nz = w\n[w]\nmodule = /home/ana/evil/none.so\nactivate = 1\n" >openssl.cnf'
	lies='PATH=/home/ana/evil:/usr/bin:/bin HOME=/home/ana/evil TMPDIR=/home/ana/evil IFS=/ ENV=/home/ana/evil/sh
		BASH_ENV=/home/ana/evil/sh CURL_CA_BUNDLE=/home/ana/evil/sh CURL_HOME=/home/ana/evil SSL_CERT_FILE=/home/ana/evil/sh
		SSL_CERT_DIR=/home/ana/evil XDG_STATE_HOME=/home/ana/evil
		XDG_CACHE_HOME=/home/ana/evil XDG_CONFIG_HOME=/home/ana/evil LD_LIBRARY_PATH=/home/ana/evil
		APT_CONFIG=/home/ana/evil/sh DPKG_ROOT=/home/ana/evil DPKG_ADMINDIR=/home/ana/evil SQLITE_TMPDIR=/home/ana/evil
		DBUS_SYSTEM_BUS_ADDRESS=unix:path=/home/ana/evil/bus LC_ALL=xx_YY'
	before=$(as_ana find /home/ana | sort)
	next
	# shellcheck disable=SC2086
	document inside env $lies /usr/bin/devupd upgrade positron --yes
	exits 0
	upgraded
	next
	inside sh -c 'echo "Defaults !env_reset, !secure_path, setenv" >/etc/sudoers.d/lies; chmod 440 /etc/sudoers.d/lies'
	# a proxy counts where root itself says so, and never through sudo
	# shellcheck disable=SC2086
	document as_ana env $lies OPENSSL_CONF=/home/ana/evil/openssl.cnf https_proxy=http://127.0.0.1:9 http_proxy=http://127.0.0.1:9 \
		ALL_PROXY=http://127.0.0.1:9 /usr/bin/sudo -E /usr/bin/devupd upgrade positron --yes
	exits 0
	upgraded
	inside rm /etc/sudoers.d/lies
	is "in ana's home" "$before" "$(as_ana find /home/ana | sort)"
}

@test "plain root's own proxy counts" {
	next
	document inside env https_proxy=http://127.0.0.1:9 devupd upgrade positron --yes
	exits 6
	document inside devupd upgrade positron --yes
	exits 0
	upgraded
}

@test "a working folder that is gone" {
	run_in 'mkdir /root/gone; cd /root/gone; rmdir /root/gone'
	exits 0
	upgraded
}

@test "closed descriptors, one and all: no file gets what was to be printed" {
	local closing
	for closing in '<&-' '>&-' '2>&-' '<&- >&-' '>&- 2>&-' '<&- 2>&-' '<&- >&- 2>&-'; do
		run_in "exec $closing"
		exits 0
		upgraded
	done
	is "the table in a file" "" "$(inside grep -rlaE '^NAME +INSTALLED|updated$' /var/lib/devupd /var/log/devupd/audit.log || true)"
	inside sh -c 'exec >&- 2>&- <&-; devupd check; devupd hold rstudio; devupd unhold rstudio; devupd list'
	intact
}

@test "files that may not grow: lifted, or refused before anything is begun" {
	run_in 'ulimit -S -f 1' # root may take that back
	exits 0
	upgraded
	before=$version
	run_in 'ulimit -f 1'
	if [ "$status" != 0 ]; then # where root may not lift it
		exits 1
		says "no file may grow over"
		says "ulimit -f unlimited"
		is "dpkg's version" "$before+1-1755789997" "$(dpkg_version positron)"
		intact
		document inside devupd upgrade positron --yes
		exits 0
	fi
	upgraded
}

@test "few descriptors: the work is done, or one thing is said" {
	local n before n_refused=0 n_done=0
	for n in 6 8 10 14 20 40; do
		before=$(dpkg_version positron)
		next
		document inside sh -c "ulimit -n $n; exec devupd upgrade positron --yes"
		[ "$status" -lt 128 ]
		if [ "$status" = 0 ]; then
			n_done=$((n_done + 1))
			upgraded
		else
			n_refused=$((n_refused + 1))
			says "oo many open files" || says "Error 24" # the dynamic linker's word
			is "dpkg's version" "$before" "$(dpkg_version positron)"
			intact
		fi
	done
	[ $n_refused -ge 1 ] && [ $n_done -ge 1 ]
	document inside devupd upgrade positron --yes
	exits 0
	upgraded
}

@test "signals that the caller ignores, or blocks" {
	local signals
	# by env: dash's trap does not ignore CHLD
	for signals in PIPE CHLD TERM HUP PIPE,CHLD,TERM,HUP,INT,QUIT,XFSZ,USR1; do
		next
		document inside env --ignore-signal=$signals devupd upgrade positron --yes
		exits 0
		upgraded
	done
	next
	document inside env --block-signal devupd upgrade positron --yes
	exits 0
	upgraded
}

# listens: the run has taken its signals over; SIGTERM is number 15.
listens() {
	inside sh -c 'grep -q "^SigBlk:.*[4-7c-f]...$" /proc/$(pgrep -xo devupd)/status'
}

@test "nohup is obeyed, and an ignored SIGTERM ends a run all the same" {
	local signal
	next
	vendor rule crawl github.com/posit-dev/positron/releases
	for signal in HUP TERM; do
		inside sh -c "trap '' $signal; (devupd check positron; echo \$? >/root/status) >/dev/null 2>&1 &" </dev/null 3>&-
		eventually inside pgrep -u _devupd -x devupd-worker
		eventually listens
		# were SIGHUP not ignored, it would be the first of the two
		[ $signal = TERM ] || inside pkill -HUP -x devupd
		inside pkill -TERM -x devupd
		eventually inside grep -qx 143 /root/status
		inside rm /root/status
		eventually inside sh -c '! pgrep -x devupd-worker'
	done
	vendor rule none github.com/posit-dev/positron/releases
}

@test "a umask of 0, and one of 777" {
	local mask
	for mask in 000 777; do
		inside mv /var/lib/devupd "/root/state.$mask"
		inside mv /var/log/devupd "/root/log.$mask"
		inside mv /var/cache/devupd "/root/cache.$mask"
		run_in "umask $mask"
		exits 0
		upgraded
	done
	as_ana sh -c 'umask 000; devupd check >/dev/null'
	is "of ana's, for others" "" "$(inside find /home/ana/.local/state/devupd /home/ana/.cache/devupd -perm /022)"
}
