#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# On a real systemd: a person who installs the package and does nothing else has what is new the
# next day, and knows it.

load ../support/e2e
setup_file() {
	machine_up
	inside apt-get -qq -y install /srv/vendors/cdn.posit.co/positron/releases/deb/x86_64/Positron-2026.08.0-331-x64.deb
}
teardown_file() { machine_down; }
# What is needed to understand a failure that does not come again.
teardown() {
	[ -z "${BATS_TEST_COMPLETED:-}" ] || return 0
	inside journalctl --no-pager -n 60 || true
	inside tail -n 20 /var/log/dpkg.log /var/log/devupd/apt.log || true
	inside ls -l /var/lib/dpkg/updates || true
}

# the_job: what the timer starts, to its end; more often than systemd would let a unit be started.
the_job() {
	inside systemctl reset-failed devupd.service
	local code=0
	inside systemctl start --wait devupd.service || code=$?
	eventually journal_has_end
	return $code
}
# What was sent is in the journal a moment later: the end of the last run is sent last.
journal_has_end() {
	local id
	id=$(inside tail -n 1 /var/log/devupd/audit.log | jq -r .run)
	journal "DEVUPD_RUN=$id" MESSAGE_ID=133b0830d1d244bca649dba23e646503 -o cat | grep -q .
}
journal() { inside journalctl --no-pager --quiet -u devupd.service "$@"; }
result_of() { inside systemctl show -P Result devupd.service; }
# last NAME FIELD: of the entry that the journal got last for that name.
last() { journal -o json | jq -sr --arg n "$1" --arg f "$2" 'map(select(.DEVUPD_NAME == $n)) | last[$f]'; }
last_outcome() { last "$1" DEVUPD_REASON; }

@test "apt installs it; its timer waits for its time" {
	inside apt-get -qq -y install /srv/world/devupd.deb
	is timer "enabled active" "$(inside systemctl is-enabled devupd.timer) $(inside systemctl is-active devupd.timer)"
	is waiting enabled "$(inside systemctl is-enabled devupd-waiting.service)"
	is failed "" "$(inside systemctl --failed --no-legend)"
	inside systemd-analyze verify devupd.service devupd.timer devupd-waiting.service
	[ "$(inside systemctl show -P NextElapseUSecRealtime devupd.timer)" != "" ]
}

@test "a machine that was off at its time catches up" {
	local due now
	inside touch -d '3 days ago' /var/lib/systemd/timers/stamp-devupd.timer
	inside systemctl restart devupd.timer
	due=$(inside date +%s -d "$(inside systemctl show -P NextElapseUSecRealtime devupd.timer)")
	now=$(inside date +%s)
	((due - now <= 45 * 60 + 60)) || { echo "next run in $((due - now)) s" >&2; return 1; }
}

@test "the timer's job finds, fetches and installs; the audit proves it" {
	vendor publish positron 2026.08.2-4
	the_job
	is result success "$(result_of)"
	is positron 2026.08.2+4-1755790000 "$(dpkg_version positron)"
	inside devupd history --verify
	inside jq -es 'any(.event == "result" and .name == "positron" and .outcome == "updated")' \
		/var/log/devupd/audit.log
}

@test "the journal has it in fields, by a stable id, with a text of the catalogue" {
	run journal -o json
	local line
	line=$(jq -sc 'map(select(.DEVUPD_NAME == "positron" and .DEVUPD_OUTCOME == "updated"))[0]' <<<"$output")
	is from 2026.08.0+331 "$(jq -r .DEVUPD_FROM <<<"$line")"
	is to 2026.08.2+4 "$(jq -r .DEVUPD_TO <<<"$line")"
	is priority 6 "$(jq -r .PRIORITY <<<"$line")"
	[[ $(jq -r .MESSAGE_ID <<<"$line") =~ ^[0-9a-f]{32}$ ]]
	is run "$(inside jq -rs 'map(select(.outcome == "updated"))[0].run' /var/log/devupd/audit.log)" \
		"$(jq -r .DEVUPD_RUN <<<"$line")"
	journal -x -o short | grep -q 'Subject: positron is now at 2026.08.2+4'
}

@test "status and systemctl tell how it went and when it goes on" {
	document inside devupd status --json
	exits 0
	is verb upgrade "$(field .last_run.verb)"
	is exit 0 "$(field .last_run.run_exit)"
	[ "$(field .next_run)" != null ]
	run inside systemctl status devupd.service
	says "positron"
	says "the last run ended with exit code 0"
}

@test "what failed is seen in systemctl --failed; what is there to be done is no failure" {
	vendor publish positron 2026.09.1-2 --digest "$(printf '0%.0s' {1..64})"
	run the_job
	is result exit-code "$(result_of)"
	[[ "$(inside systemctl --failed --no-legend)" == *devupd.service* ]]
	journal -p err -o cat | grep -q positron
	vendor publish positron 2026.09.1-2
	the_job
	is result success "$(result_of)"
}

@test "no network at all: deferred, and nothing has failed" {
	vendor publish positron 2026.09.2-1
	vendor offline
	run the_job
	vendor online
	is result success "$(result_of)"
	is reason offline "$(last_outcome positron)"
}

# Real services under the names of NetworkManager and UPower, which say what a test wants.
mock_bus() {
	inside sh -c 'cat >/etc/dbus-1/system.d/mock.conf' <<-'END'
		<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
		 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
		<busconfig><policy user="root"><allow own="*"/><allow send_destination="*"/></policy></busconfig>
	END
	inside busctl call org.freedesktop.DBus / org.freedesktop.DBus ReloadConfig
}
# mock NAME TEMPLATE [JSON]
mock() {
	inside systemd-run --quiet --unit="mock-$1" /usr/bin/python3 -m dbusmock --system \
		--template "$1" -p "${2:-{\}}"
}
has_name() { inside busctl status "$1"; }

@test "on a metered network it waits, and goes on when it is none" {
	mock_bus
	mock networkmanager
	eventually has_name org.freedesktop.NetworkManager
	local nm=(org.freedesktop.NetworkManager /org/freedesktop/NetworkManager)
	inside busctl call "${nm[@]}" org.freedesktop.DBus.Mock AddProperty ssv \
		org.freedesktop.NetworkManager Metered u 1
	the_job
	is result success "$(result_of)"
	is reason metered "$(last_outcome positron)"
	is positron 2026.09.1+2-1755789998 "$(dpkg_version positron)"
	inside busctl set-property "${nm[@]}" org.freedesktop.NetworkManager Metered u 4
}

@test "on a battery under 30 % it waits" {
	mock upower '{"OnBattery": true}'
	eventually has_name org.freedesktop.UPower
	local device=(org.freedesktop.UPower /org/freedesktop/UPower/devices/DisplayDevice)
	inside busctl set-property "${device[@]}" org.freedesktop.UPower.Device Percentage d 20
	the_job
	is reason battery "$(last_outcome positron)"
	inside busctl set-property "${device[@]}" org.freedesktop.UPower.Device Percentage d 80
	the_job
	is positron 2026.09.2+1-1755789997 "$(dpkg_version positron)"
	inside systemctl stop mock-upower mock-networkmanager
}

# ana's session: her own manager and bus, and a server that shows notifications there.
session_of_ana() {
	local uid bus
	uid=$(inside id -u ana)
	bus=unix:path=/run/user/$uid/bus
	inside loginctl enable-linger ana
	eventually inside test -S "/run/user/$uid/bus"
	inside systemd-run --quiet --unit=notifications --uid=ana \
		--setenv=DBUS_SESSION_BUS_ADDRESS="$bus" --property=StandardOutput=file:/srv/notifications \
		/usr/bin/python3 -u -m dbusmock --session --template notification_daemon \
		-p '{"capabilities": "body body-markup actions"}'
	eventually inside systemd-run --quiet --wait --uid=ana --setenv=DBUS_SESSION_BUS_ADDRESS="$bus" \
		busctl --user status org.freedesktop.Notifications
}
told() { inside grep -c "Notify .*$1" /srv/notifications; }

@test "the person is told in their own session; nothing is said where nothing happened" {
	session_of_ana
	vendor publish positron 2026.10.0-1
	the_job
	eventually told 2026.10.0
	local n
	n=$(told devupd)
	the_job
	sleep 2
	is notifications "$n" "$(told devupd)"
}

@test "a person's own unit mends what is theirs, without root" {
	as_ana sh -c 'python3 -m venv ~/before && mv ~/before ~/venv'
	run ! as_ana /home/ana/venv/bin/pip --version
	as_ana systemctl --user enable --now devupd.timer
	[ "$(as_ana systemctl --user show -P NextElapseUSecRealtime devupd.timer)" != "" ]
	as_ana systemctl --user start --wait devupd.service
	is result success "$(as_ana systemctl --user show -P Result devupd.service)"
	as_ana /home/ana/venv/bin/pip --version
	as_ana devupd history | grep -q 'python-venvs.*repaired'
	as_ana devupd history --verify
	is owner ana "$(inside stat -c %U /home/ana/venv/bin/pip)"
}

# open_positron: somebody's program, as the system sees it: an executable below /usr/share/positron.
open_positron() {
	inside install -m 0755 /bin/sleep /usr/share/positron/positron-test
	inside systemd-run --quiet --collect --unit=open --uid=ana /usr/share/positron/positron-test 1000
}

@test "an open program is left alone; when it is closed the new one is there" {
	open_positron
	vendor publish positron 2026.10.1-2
	the_job
	is result success "$(result_of)"
	is reason running "$(last_outcome positron)"
	is positron 2026.10.0+1-1755789997 "$(dpkg_version positron)"
	is unit active "$(inside systemctl is-active devupd-when-closed-positron.service)"
	eventually told "open"
	inside systemctl stop open
	eventually installed 2026.10.1+2
	eventually told 2026.10.1
	inside devupd history --verify
}
installed() { [[ "$(dpkg_version positron)" == "$1"* ]]; }

@test "opened again before its unit's turn has come: the unit waits on" {
	local unit=devupd-when-closed-positron.service
	open_positron
	vendor publish positron 2026.10.1-9
	the_job
	hold_lock
	inside systemctl stop open
	eventually it_waits_for_lock
	open_positron
	free_lock
	eventually finish_has_looked
	is unit active "$(inside systemctl is-active $unit)"
	installed 2026.10.1+2
	inside systemctl stop open
	eventually installed 2026.10.1+9
}
finish_has_looked() { [ "$(inside tail -n 1 /var/log/devupd/audit.log | jq -r '"\(.event) \(.verb)"')" = "run-end finish" ]; }

@test "--when-closed outlives the terminal that it was typed in" {
	open_positron
	vendor publish positron 2026.10.2-5
	# typed in the program's own terminal: its cgroup goes with it
	inside systemd-run --quiet --wait --unit=own-terminal /usr/bin/devupd upgrade positron --yes --when-closed
	is positron 2026.10.1+9-1755790005 "$(dpkg_version positron)"
	inside systemctl stop open
	eventually installed 2026.10.2+5
}

@test "what still waits is installed at the next boot" {
	open_positron
	vendor publish positron 2026.11.0-1
	the_job
	"$BOX" reboot "$WORLD"
	eventually installed 2026.11.0+1
	inside devupd history --verify
}

@test "a shutdown while dpkg runs lets it finish" {
	vendor publish positron 2026.11.1-3 --postinst 'touch /root/configuring; sleep 6; touch /root/configured'
	inside systemctl start --no-block devupd.service
	eventually inside test -e /root/configuring
	# whoever asks is told what is going on, and who wants to shut down that it is not the time
	[[ "$(inside systemctl show -P StatusText devupd.service)" == "installing positron"* ]]
	inside systemd-inhibit --list --no-pager | grep -E 'devupd.*shutdown:sleep.*block'
	[ "$(inside systemctl show -P WatchdogTimestampMonotonic devupd.service)" -gt 0 ]
	"$BOX" reboot "$WORLD"
	inside test -e /root/configured
	is status "ii " "$(dpkg_status positron)"
	installed 2026.11.1+3
	inside devupd history --verify
	inside jq -es 'last.event == "run-end" or any(.event == "result" and (.to // "" | startswith("2026.11.1")))' \
		/var/log/devupd/audit.log
	is failed "" "$(inside systemctl --failed --no-legend)"
}

@test "rotated by the real logrotate the chain holds" {
	inside logrotate --force /etc/logrotate.d/devupd
	inside test -e /var/log/devupd/audit.log.1
	vendor publish positron 2026.11.2-1
	the_job
	inside devupd history --verify
}

@test "the unit is as closed as dpkg inside it allows" {
	local score
	score=$(inside systemd-analyze security --no-pager devupd.service | sed -nE 's/.*exposure level for .*: ([0-9.]+) .*/\1/p')
	echo "# exposure level of devupd.service: $score" >&3
	awk -v s="$score" 'BEGIN { exit !(s > 0 && s <= 8.5) }'
}

@test "purged, nothing is left of it but the user" {
	open_positron
	vendor publish positron 2026.11.3-1
	the_job
	is "one that waits" active "$(inside systemctl is-active devupd-when-closed-positron.service)"
	inside apt-get -qq -y purge devupd
	is processes "" "$(inside pgrep -a devupd || true)"
	is units "" "$(inside systemctl list-unit-files --no-legend 'devupd*')"
	is files "" "$(inside sh -c 'ls -d /etc/devupd /var/lib/devupd /var/log/devupd /var/cache/devupd /run/devupd 2>/dev/null')"
	inside getent passwd _devupd
}
