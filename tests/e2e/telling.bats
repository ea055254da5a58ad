#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Who is told what: a notification in the person's own session, or a mail; only when there is
# something to say.

# shellcheck disable=SC2016

load ../support/e2e
setup_file() {
	world_up
	inside apt-get -qq -y install \
		/srv/vendors/cdn.posit.co/positron/releases/deb/x86_64/Positron-2026.08.0-331-x64.deb
	export ANA_UID
	ANA_UID=$(inside id -u ana)
	inside install -d -o ana -g ana -m 0700 "/run/user/$ANA_UID" /srv/desktop
	as_ana dbus-daemon --session --fork --address="unix:path=/run/user/$ANA_UID/bus"
	desktop
	inside sh -c 'exec setsid /srv/world/journal /srv/journal </dev/null >/dev/null 2>&1 3>&- &'
	eventually inside test -S /run/systemd/journal/socket
}
teardown_file() { world_down; }

# desktop [WORD...]: in place of the one before; it is ready when it has its name.
desktop() {
	inside pkill -u ana -f /srv/world/desktop || true
	as_ana sh -c 'exec setsid /srv/world/desktop /srv/desktop "$@" </dev/null >/dev/null 2>&1 3>&- &' - "$@"
	eventually as_ana dbus-send --bus="unix:path=/run/user/$ANA_UID/bus" --print-reply \
		--dest=org.freedesktop.Notifications /org/freedesktop/Notifications \
		org.freedesktop.Notifications.GetServerInformation
}
forget() { inside sh -c 'rm -f /srv/desktop/* /srv/mail /srv/pkexec /srv/journal'; }
# journalled FIELD=VALUE NAME: what the field NAME is in the entries that have the other.
journalled() {
	inside cat /srv/journal | awk -v has="$1" -v want="$2" 'BEGIN { RS = ""; FS = "\n" }
		{ hit = 0; for (i = 1; i <= NF; i++) hit += $i == has }
		hit { for (i = 1; i <= NF; i++) if (index($i, want "=") == 1) print substr($i, length(want) + 2) }'
}
n_shown() { inside sh -c 'cat /srv/desktop/shown 2>/dev/null | wc -l'; }
shows_at_least() { [ "$(n_shown)" -ge "$1" ]; }
# shown FILTER: of the notification that came last.
shown() { inside tail -n 1 /srv/desktop/shown | jq -r "$1"; }
notify() { inside sh -c 'mkdir -p /etc/devupd/conf.d && echo "notify: $1" >/etc/devupd/conf.d/notify.yaml' - "$1"; }
# tell NAME VERSION MAY_WAIT: as devupd does, at the end of a run of ana's.
tell() {
	as_ana sh -c 'printf "%s" "$1" >/srv/desktop/notice && /usr/libexec/devupd/devupd-notify </srv/desktop/notice' - \
		"$(jq -nc --arg name "$1" --arg version "$2" --argjson may "$3" '{run: "1-a", summary: "1 waits",
			body: "$HOME waits", urgent: false,
			offers: [{name: $name, version: $version, may_wait: $may}]}')"
}
# The program of the package, for as long as nobody closes it.
open_positron() {
	as_ana sh -c 'exec setsid /usr/share/positron/positron 1000 </dev/null >/dev/null 2>&1 3>&- &'
}
close_positron() { inside pkill -f /usr/share/positron/positron; }

@test "what was updated is shown, to whom is there" {
	vendor publish positron 2026.08.2-4
	document inside devupd upgrade --unattended --json
	exits 0
	outcome positron updated
	eventually shows_at_least 1
	is notifications 1 "$(n_shown)"
	is summary "devupd: 1 updated" "$(shown .summary)"
	is body "positron 2026.08.0+331 -&gt; 2026.08.2+4 updated" "$(shown .body)"
	is buttons '{}' "$(shown '.actions | tostring')"
	is units "" "$(inside sh -c 'cat /srv/desktop/units 2>/dev/null')"
}

@test "the journal has it in fields, and the run's end" {
	is message "positron 2026.08.0+331 -> 2026.08.2+4 updated" "$(journalled DEVUPD_OUTCOME=updated MESSAGE)"
	is level 6 "$(journalled DEVUPD_OUTCOME=updated PRIORITY)"
	is name positron "$(journalled DEVUPD_OUTCOME=updated DEVUPD_NAME)"
	is kind deb "$(journalled DEVUPD_OUTCOME=updated DEVUPD_KIND)"
	is from 2026.08.0+331 "$(journalled DEVUPD_OUTCOME=updated DEVUPD_FROM)"
	is to 2026.08.2+4 "$(journalled DEVUPD_OUTCOME=updated DEVUPD_TO)"
	is run "$(inside jq -rs last.run /var/log/devupd/audit.log)" "$(journalled DEVUPD_OUTCOME=updated DEVUPD_RUN)"
	is id 08ab88aa185d46f7bb669799ba2b3bfb "$(journalled DEVUPD_OUTCOME=updated MESSAGE_ID)"
	is end "upgrade: 1 updated" "$(journalled DEVUPD_EXIT_CODE=0 MESSAGE)"
	is user root "$(journalled DEVUPD_EXIT_CODE=0 DEVUPD_USER)"
	inside grep -rqx -- "-- $(journalled DEVUPD_EXIT_CODE=0 MESSAGE_ID)" /usr/lib/systemd/catalog/devupd.catalog
}

@test "nothing to say: nothing is shown" {
	forget
	document inside devupd upgrade --unattended --json
	exits 0
	outcome positron current
	sleep 1
	is notifications 0 "$(n_shown)"
	is journal "upgrade: nothing to do" "$(inside sed -n 's/^MESSAGE=//p' /srv/journal)"
}

@test "a failure is told, and on the next day not again" {
	forget
	vendor publish positron 2026.09.1-2 --digest "$(printf '%064d' 7)"
	document inside devupd upgrade --unattended --json
	outcome positron failed
	eventually shows_at_least 1
	is summary "devupd: 1 failed" "$(shown .summary)"
	is urgency 2 "$(shown .urgency)"
	[[ $(shown .body) == "positron 2026.09.1+2 refused: "* ]]
	is level 3 "$(journalled DEVUPD_ERROR_CODE=digest PRIORITY)"
	is step fetch "$(journalled DEVUPD_ERROR_CODE=digest DEVUPD_STEP)"
	document inside devupd upgrade --unattended --json
	outcome positron failed
	sleep 1
	is notifications 1 "$(n_shown)"
}

@test "what a person watches is not told again" {
	forget
	vendor publish positron 2026.09.2-1
	document inside devupd upgrade --yes --json
	exits 0
	outcome positron updated
	sleep 1
	is notifications 0 "$(n_shown)"
}

@test "who is away finds it when they log in, once" {
	forget
	vendor publish positron 2026.09.2-2
	inside mv "/run/user/$ANA_UID/bus" "/run/user/$ANA_UID/away"
	document inside devupd upgrade --unattended --json
	inside mv "/run/user/$ANA_UID/away" "/run/user/$ANA_UID/bus"
	outcome positron updated
	is "whose it is" "600 ana" "$(inside stat -c '%a %U' "/var/lib/devupd/notices/$ANA_UID")"
	is notifications 0 "$(n_shown)"
	as_ana /usr/libexec/devupd/devupd-notify --login
	eventually shows_at_least 1
	is body "positron 2026.09.2+1 -&gt; 2026.09.2+2 updated" "$(shown .body)"
	as_ana /usr/libexec/devupd/devupd-notify --login
	sleep 1
	is notifications 1 "$(n_shown)"
}

@test "what is open waits: it can be passed over by a button" {
	forget
	inside sh -c 'cat >/usr/bin/pkexec && chmod 0755 /usr/bin/pkexec' <<-'END'
		#!/bin/sh
		printf '%s\n' "$(id -un) $*" >>/srv/desktop/pkexec
		echo "positron 2026.09.3+1 is skipped"
	END
	vendor publish positron 2026.09.3-1
	open_positron
	as_ana sh -c 'echo skip-0 >/srv/desktop/press'
	document inside devupd upgrade --unattended --json
	close_positron
	outcome positron deferred
	eventually shows_at_least 2
	[[ $(inside head -n 1 /srv/desktop/shown | jq -r .summary) == "devupd: 1 waits" ]]
	is "the button" "Skip positron 2026.09.3+1" \
		"$(inside head -n 1 /srv/desktop/shown | jq -r '.actions["skip-0"]')"
	[[ $(inside cat /srv/desktop/units) == devupd-notify-*.service ]]
	is "what pkexec was asked for" "ana /usr/bin/devupd skip positron=2026.09.3+1" \
		"$(inside cat /srv/desktop/pkexec)"
	is "what came of it" "devupd: positron 2026.09.3+1 is passed over" "$(shown .summary)"
	inside devupd finish # what this pkexec did not do: it still waits
}

@test "a button goes through the real devupd, and who pressed it is on record" {
	forget
	inside sh -c 'cat >/usr/bin/pkexec && chmod 0755 /usr/bin/pkexec' <<-'END'
		#!/bin/sh
		exec sudo env -u SUDO_USER -u SUDO_UID PKEXEC_UID="$(id -u)" "$@"
	END
	vendor publish positron 2026.09.3-2
	as_ana sh -c 'echo skip-0 >/srv/desktop/press'
	tell positron 2026.09.3+2 true
	eventually shows_at_least 2
	is buttons "Install positron when closed, Skip positron 2026.09.3+2" \
		"$(inside head -n 1 /srv/desktop/shown | jq -r '.actions | [.[]] | join(", ")')"
	is body '$HOME waits' "$(inside head -n 1 /srv/desktop/shown | jq -r .body)"
	is "what came of it" "devupd: positron 2026.09.3+2 is passed over" "$(shown .summary)"
	document inside devupd check --json
	outcome positron skipped
	is "on record" ana "$(inside jq -rs 'map(select(.verb == "skip")) | last.sudo_user' /var/log/devupd/audit.log)"
	inside devupd unskip positron
}

@test "an answer that was not authorised changes nothing" {
	forget
	inside sh -c 'printf "#!/bin/sh\nexit 126\n" >/usr/bin/pkexec'
	as_ana sh -c 'echo wait-0 >/srv/desktop/press'
	tell positron 2026.09.3+2 true
	eventually shows_at_least 2
	is "what came of it" "devupd: nothing was changed" "$(shown .summary)"
}

@test "no manager of theirs, or no buttons there: it is shown all the same" {
	local way
	for way in no-manager plain; do
		forget
		desktop $way
		tell positron 1 true
		eventually shows_at_least 1
		is "$way" "devupd: 1 waits" "$(shown .summary)"
		is "$way" '{}' "$(shown '.actions | tostring')"
	done
	eventually inside sh -c '! pgrep -r D,R,S -x devupd-notify'
}

@test "a session that does not answer does not hold up the run" {
	forget
	inside pkill -u ana -f /srv/world/desktop
	inside pkill -STOP -u ana dbus-daemon
	vendor publish positron 2026.09.4-1
	local start=$SECONDS
	document inside devupd upgrade --unattended --json
	inside pkill -CONT -u ana dbus-daemon
	exits 0
	outcome positron updated
	[ $((SECONDS - start)) -lt 40 ]
	desktop
}

@test "a notice that is none is refused" {
	forget
	run tell --config=/x 1 true
	exits 1
	says "a notice offers no name and version"
	run as_ana /usr/libexec/devupd/devupd-notify now
	exits 2
	is notifications 0 "$(n_shown)"
}

@test "each person hears of their own things, from root's run and from their own" {
	local ben
	ben=$(inside id -u ben)
	forget
	brew_prefix ana record-stale
	document inside devupd upgrade --unattended --json
	outcome homebrew-python repaired
	eventually shows_at_least 1
	[[ $(shown .summary) == "devupd: 1 repaired"* ]]
	[[ $(shown .body) == *"homebrew-python $BREW repaired"* ]]
	inside test -s "/var/lib/devupd/notices/$ben"
	inside sh -c '! grep homebrew "/var/lib/devupd/notices/$1"' - "$ben"
	forget
	brew_prefix ana record-stale
	document as_ana devupd upgrade --unattended --json
	outcome homebrew-python repaired
	eventually shows_at_least 1
	[[ $(shown .body) == *"homebrew-python $BREW repaired"* ]]
	is user ana "$(journalled DEVUPD_OUTCOME=repaired DEVUPD_USER)"
	inside rm -r /home/linuxbrew
}

@test "by mail, to root" {
	forget
	notify mail
	inside sh -c 'cat >/usr/sbin/sendmail && chmod 0755 /usr/sbin/sendmail' <<-'END'
		#!/bin/sh
		{ echo "$*"; cat; } >/srv/mail
	END
	vendor publish positron 2026.10.1-1
	document inside devupd upgrade --unattended --json
	outcome positron updated
	is options "-oi -t" "$(inside head -n 1 /srv/mail)"
	inside grep -qx 'To: root' /srv/mail
	inside grep -qx 'Subject: devupd: 1 updated on mint' /srv/mail
	inside grep -qx 'positron 2026.09.4+1 -> 2026.10.1+1 updated' /srv/mail
	is notifications 0 "$(n_shown)"
}

@test "without sendmail the run is done all the same, and it is said" {
	forget
	inside rm /usr/sbin/sendmail
	vendor publish positron 2026.10.2-1
	document inside devupd upgrade --unattended --json
	exits 0
	outcome positron updated
	says "there is no /usr/sbin/sendmail"
	[[ $(journalled PRIORITY=4 MESSAGE) == "no mail: there is no /usr/sbin/sendmail; install"* ]]
}

@test "notify: none" {
	forget
	notify none
	vendor publish positron 2026.10.3-1
	document inside devupd upgrade --unattended --json
	outcome positron updated
	sleep 1
	is notifications 0 "$(n_shown)"
}
