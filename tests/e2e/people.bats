#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What root does for people: as each of them, never as root; what belongs to whom; runs that break off.

load ../support/e2e
theirs=/home/ben/.linuxbrew
trail=/home/ana/.local/state/devupd/audit.log
setup_file() { world_up; }
teardown_file() { world_down; }
setup() { all_broken; }

# Each has a prefix without bin/python3 and an editor with a stale path. Whatever devupd starts leaves
# the uid that it ran as in the file of that name.
all_broken() {
	inside sh -c 'rm -rf /tmp/ran-as /home/*/.local /home/*/.config /home/ben/.linuxbrew* /etc/devupd/devupd.yaml &&
		rm -rf /var/lib/devupd /var/log/devupd; mkdir -m 1777 /tmp/ran-as'
	brew_prefix ana record-stale
	as_ben /srv/world/brew-prefix $theirs record-stale
	local user
	for user in ana ben; do
		as_user $user sh -s "$([ $user = ana ] && echo $BREW || echo $theirs)" <<-'END'
			mv "$1/bin/brew" "$1/bin/brew.real"
			cat >"$1/bin/brew" <<-'WRAPPER'
				#!/bin/sh
				touch "/tmp/ran-as/$(id -u)"
				[ "$1" != link ] || [ ! -e "$HOME/slow" ] || sleep 3
				exec "$0.real" "$@"
			WRAPPER
			chmod +x "$1/bin/brew"
			rm -f ~/slow
			echo 'touch "/tmp/ran-as/$(id -u)"' >~/.bashrc
			mkdir -p "$1/Cellar/python@3.14/3.14.6/lib/python3.14/site-packages/demo" ~/.config/Code/User
			touch "$1/opt/python@3.14/lib/python3.14/site-packages/demo/__init__.py"
			echo "{\"python.analysis.extraPaths\": [\"$1/Cellar/python@3.14/3.14.5/lib/python3.14/site-packages\"]}" \
				>~/.config/Code/User/settings.json
		END
	done
}
uid_of() { inside id -u "$1"; }
is_whole() { inside test -L "$1/bin/python3"; }
# What lies in all homes: files and links, sizes, owners; brew's locks and what devupd remembers are no
# part of it, nor are folders: brew leaves some empty.
picture() {
	inside find /home \( -path '*/var/homebrew/locks*' -o -path '*.upstream*' -o -name .local -o -name .cache -o -name slow \) -prune -o \
		! -type d -printf '%P %u %l %s\n' | sort
}
as_before() { diff <(echo "$before") <(picture) >&2; }
user_outcome() { field "of(\"$1\").items[] | select(.user == \"$2\").outcome" | sort -u | xargs; }
nobodys_else() {
	is "owned by others at home" "" "$(inside find /home/ana /home/linuxbrew ! -user ana -newer /tmp/ran-as
		inside find /home/ben ! -user ben -newer /tmp/ran-as)"
	is "uids that ran" "$(uid_of ana) $(uid_of ben)" "$(inside ls /tmp/ran-as | sort -n | xargs)"
}

@test "root repairs what is of both, as each of them" {
	document inside devupd check --json
	exits 0
	is "ana's python" broken "$(user_outcome homebrew-python ana)"
	is "ben's python" broken "$(user_outcome homebrew-python ben)"
	document inside devupd repair -y --json
	exits 0
	outcome homebrew-python repaired
	outcome editor-paths repaired
	is "ana's python" repaired "$(user_outcome homebrew-python ana)"
	is "ben's python" repaired "$(user_outcome homebrew-python ben)"
	is "ana's editor" repaired "$(user_outcome editor-paths ana)"
	is "ben's editor" repaired "$(user_outcome editor-paths ben)"
	is_whole $BREW
	is_whole $theirs
	nobodys_else
	document inside devupd repair -y --json
	exits 0
	outcome homebrew-python current
	outcome editor-paths current
	run inside devupd history --verify
	exits 0
}

@test "so does the timer's run" {
	document inside devupd upgrade --unattended --json
	exits 0
	outcome homebrew-python repaired
	is_whole $BREW
	is_whole $theirs
	nobodys_else
}

@test "root takes back what root's run changed, of all; a person takes back their own" {
	local before
	before=$(picture)
	inside devupd repair -y
	document inside devupd repair --undo -y --json
	exits 0
	outcome homebrew-python rolled-back
	outcome editor-paths rolled-back
	as_before
	inside devupd repair -y
	document as_ana devupd repair --undo -y --json
	exits 0
	run ! is_whole $BREW
	is_whole $theirs
	nobodys_else
}

@test "by sudo: the caller's things among all others', as each of them; the record names the caller" {
	run as_ana sudo devupd repair -y
	exits 0
	is_whole $BREW
	is_whole $theirs
	is "sudo_user" ana "$(inside jq -rs 'last.sudo_user' /var/log/devupd/audit.log)"
	nobodys_else
}

@test "one question for what needs root and what is one's own; each has its record, under one run" {
	as_ana $BREW/bin/brew update
	inside devupd install rstudio -y
	vendor publish rstudio 2026.08.2-200
	inside rm -f /var/log/sudo.log
	run terminal 'Upgrade 1, repair 2\?.*\[Y/n\]' y -- devupd upgrade
	exits 0
	is "sudo" 1 "$(n_sudo)"
	is rstudio 2026.08.2+200 "$(dpkg_version rstudio)"
	is_whole $BREW
	run ! is_whole $theirs
	is "one run" "$(inside jq -rs 'last.run' /var/log/devupd/audit.log)" "$(inside jq -rs 'last.run' $trail)"
	is "root's record" rstudio "$(inside jq -rs '[.[] | select(.event == "result").name] | last' /var/log/devupd/audit.log)"
	inside apt-get -qq -y remove --purge rstudio
}

# A prefix that lies in nobody's home is its owner's all the same.
@test "users: names whose homes root looks after" {
	inside sh -c 'echo "users: [ben]" >/etc/devupd/devupd.yaml'
	document inside devupd repair -y --json
	exits 0
	is "homes looked at" ben "$(field '[of("editor-paths").items[].user] | unique | join(" ")')"
	is_whole $theirs
	nobodys_else
}

@test "users: somebody who is not there: exit 5, nothing done" {
	inside sh -c 'echo "users: [nobody-there]" >/etc/devupd/devupd.yaml'
	document inside devupd repair -y --json
	exits 5
	says "nobody-there"
	run ! is_whole $BREW
}

@test "a person's own settings count in root's run, too" {
	own_settings ana 'disable: [editor-paths, homebrew-python]'
	is "mode" 600 "$(inside stat -c %a /home/ana/.config/devupd/devupd.yaml)"
	document inside devupd repair -y --json
	exits 0
	is "ana's editor" "" "$(user_outcome editor-paths ana)"
	is "ben's editor" repaired "$(user_outcome editor-paths ben)"
	run ! is_whole $BREW
	is_whole $theirs
}

@test "wrong own settings: file:line:column; exit 5 for the person, under root theirs alone fails" {
	own_settings ana $'updaters:\n  editor-paths:\n    pahts: [x]'
	document as_ana devupd repair -y --json
	exits 5
	says "/home/ana/.config/devupd/devupd.yaml:3:5"
	document inside devupd repair -y --json
	exits 3
	outcome editor-paths failed
	says "/home/ana/.config/devupd/devupd.yaml:3:5"
	is "ben's editor" repaired "$(user_outcome editor-paths ben)"
	is_whole $theirs
	is "names that nobody has enabled" "" "$(field '.updaters[] | select(.kind == "command").name')"
}

@test "own settings that lead to what only root may read: not a word of it is told" {
	local secret
	secret=$(inside awk -F: '$1 == "ana" { print $2 }' /etc/shadow)
	as_ana sh -c 'mkdir -p ~/.config/devupd; ln -s /etc/shadow ~/.config/devupd/devupd.yaml'
	run inside devupd repair -y --json -vv
	run ! grep -F -e "$secret" -e 'root:' <<<"$output"
	run inside devupd check -vv
	says /home/ana/.config/devupd/devupd.yaml
	run ! grep -F -e "$secret" -e 'root:' <<<"$output"
	is_whole $theirs
	run ! inside grep -rF "$secret" /home /var/log/devupd /var/lib/devupd
}

@test "a prefix of somebody else: whose it is and what to type; nothing done" {
	inside rm -rf $theirs $theirs.upstream
	document as_ben devupd check --json homebrew-python
	exits 0
	says "belongs to ana: sudo -u ana devupd repair homebrew-python"
	document as_ben devupd repair -y --json
	exits 0
	outcome homebrew-python broken
	is "changes" "[]" "$(field 'of("homebrew-python").changes | tojson')"
	run ! is_whole $BREW
	run as_ben devupd repair -y
	exits 0
}

@test "a prefix of root's: said, and left alone by all" {
	inside chown -R root $BREW
	document as_ana devupd repair -y --json homebrew-python
	says "sudo chown -R ana $BREW"
	document inside devupd repair -y --json
	run ! is_whole $BREW
	run ! inside test -e /tmp/ran-as/0
}

@test "whoever is first holds the lock of that person: the other waits, or says so" {
	as_ana sh -c 'mkdir -p ~/.local/state/devupd; touch ~/slow'
	as_ana devupd repair -y >/dev/null 2>&1 3>&- &
	eventually inside sh -c "! test -L $BREW/var/homebrew/linked/python@3.14"
	document inside devupd repair -y --json --wait 1 homebrew-python
	is "ben's python" repaired "$(user_outcome homebrew-python ben)"
	outcome homebrew-python failed
	wait $!
	is_whole $BREW
	document inside devupd repair -y --json
	exits 0
	outcome homebrew-python current
	nobodys_else
}

@test "no room for the record of what is changed: nothing is changed" {
	local before
	inside sh -c 'mkdir -p /home/ben/.local/state && mount -t tmpfs -o size=16k,uid=$(id -u ben),gid=$(id -g ben) none /home/ben/.local/state
		mkdir /home/ben/.local/state/devupd; chown ben: /home/ben/.local /home/ben/.local/state/devupd
		head -c 100000 /dev/zero >/home/ben/.local/state/devupd/full || true'
	before=$(picture)
	document as_ben devupd repair -y --json
	[ "$status" != 0 ]
	as_before
	document inside devupd repair -y --json
	exits 3
	run ! is_whole $theirs
	is_whole $BREW
	inside umount /home/ben/.local/state
}

# interrupted SIGNAL: ana's repair gets it between brew's unlink and its link.
interrupted() {
	as_ana touch slow
	# (what a shell starts in the background would ignore SIGINT)
	as_ana sh -c 'env --default-signal devupd repair -y >/tmp/words 2>&1; echo $? >/tmp/code' 3>&- &
	eventually inside sh -c "! test -L $BREW/var/homebrew/linked/python@3.14"
	inside pkill "-$1" -u ana -x devupd
	wait $! || true
	as_ana rm slow
}

@test "interrupted: ended cleanly, what was begun is taken back" {
	local before
	before=$(picture)
	interrupted INT
	is "exit code" 130 "$(inside cat /tmp/code)"
	eventually none_runs root,ana devupd devupd-worker
	as_before
	run as_ana devupd history --verify
	exits 0
	document as_ana devupd repair -y --json
	exits 0
	outcome homebrew-python repaired
	document as_ana devupd repair --undo -y --json
	exits 0
	as_before
}

@test "killed in the midst: the next run says what became of it, and mends what is left" {
	interrupted KILL
	eventually none_runs ana devupd devupd-worker brew sleep
	run as_ana devupd history --verify
	exits 0
	document as_ana devupd repair -y --json
	exits 0
	is_whole $BREW
	document as_ana devupd repair -y --json
	outcome homebrew-python current
	is "each intent has its result" "homebrew-python homebrew-python homebrew-python homebrew-python editor-paths editor-paths" \
		"$(inside jq -r 'select(.event == "intent" or .event == "result").name' $trail | xargs)"
	is "what became of the first" failed "$(inside jq -rs 'map(select(.event == "result"))[0].outcome' $trail)"
	run as_ana devupd history --verify
	exits 0
}

@test "killed in the midst: an undo takes back only what it can tell apart, and says so" {
	local before
	interrupted KILL
	eventually none_runs ana devupd devupd-worker brew sleep
	before=$(picture)
	document as_ana devupd repair --undo -y --json
	exits 3
	outcome homebrew-python failed
	as_before
	as_ana devupd repair -y
	is_whole $BREW
}

@test "clean drops the venvs that were kept aside, as whose they are" {
	as_ben python3 -m venv --without-pip /home/ben/venv
	as_ben cp -a /home/ben/venv /home/ben/venv.devupd-2026-01-02
	as_ana python3 -m venv --without-pip /home/ana/p
	as_ana cp -a /home/ana/p /home/ana/p.devupd-2026-01-02
	document inside devupd clean -n
	exits 0
	inside test -d /home/ana/p.devupd-2026-01-02
	document inside devupd clean
	exits 0
	run ! inside test -e /home/ana/p.devupd-2026-01-02
	run ! inside test -e /home/ben/venv.devupd-2026-01-02
	inside test -d /home/ana/p/bin
	inside test -d /home/ben/venv/bin
}
