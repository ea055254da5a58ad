#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# A vendor's scripts run as root: what they do to what apt trusts.

load ../support/e2e
setup_file() {
	world_up
	inside devupd install positron rstudio --yes --accept-license
}
teardown_file() { world_down; }

sources=/etc/apt/sources.list.d/vscode.sources
list=/etc/apt/sources.list.d/vscode.list
key=/usr/share/keyrings/microsoft.gpg
trail=/var/log/devupd/audit.log

# What another vendor put there: no package owns it.
setup() {
	inside sh -c 'find /etc/apt/sources.list.d ! -name world.list -type f,l -delete
		rm -rf /etc/apt/keyrings
		printf "%s\n" "Types: deb" "URIs: https://packages.microsoft.com/repos/code" \
			"Suites: stable" "Components: main" "Signed-By: '"$key"'" >'"$sources"'
		head -c 3000 /dev/zero | tr "\0" k >'"$key"'
		chmod 0640 '"$sources"'; chown 0:adm '"$sources"'
		touch -d @1700000000.25 '"$sources $key"
}

is_gone() { ! inside test -e "$1" || { echo "still there: $1" >&2; return 1; }; }

# What a file is, its time and owner too.
photo() { inside sh -c 'for f; do stat -c "%n %f %u:%g %Y %s %N" "$f"; sha256sum "$f"; done 2>&1' - "$@"; }

# upgrade SCRIPT [OPTION...]: the next version of positron, whose postinst is this.
upgrade() {
	local script=$1
	shift
	vendor publish positron "2026.09.$BATS_TEST_NUMBER-1" --postinst "$script" "$@"
	document inside devupd upgrade positron --yes --json
}
# found PATH FIELD: what is said of it.
found() { field "of(\"positron\").items[] | select(.path == \"$1\") | .$2"; }
# changed PATH: what the record of the last result says of it: "from -> to" lines
changed() {
	inside jq -rs --arg path "$1" 'map(select(.event == "result")) | last | .changes[] |
		select(.path == $path) | "\(.from // "" | .[:7]) -> \(.to // "" | .[:7])"' "$trail"
}

@test "nothing of apt's was touched: nothing is said" {
	upgrade :
	exits 0
	is items 0 "$(field 'of("positron").items | length')"
	is changes 0 "$(field 'of("positron").changes | length')"
	is_gone /var/lib/devupd/apt-before
}

@test "another vendor's source and key are deleted: both are back as they were" {
	local before
	before=$(photo $sources $key)
	upgrade "rm $sources $key"
	exits 0
	outcome positron updated
	is "what is there" "$before" "$(photo $sources $key)"
	is text "was deleted by positron's scripts: restored" "$(found $sources text)"
	is state restored "$(found $key state)"
	is "on record" $'sha256: -> \n -> sha256:' "$(changed $sources)"
	is left "" "$(inside find /etc/apt /usr/share/keyrings -name '.devupd*')"
	inside apt-get indextargets >/dev/null
}

@test "a person reads of it, and so does who asks for the key alone" {
	vendor publish positron "2026.09.$BATS_TEST_NUMBER-1" --postinst "rm $key"
	document inside devupd upgrade positron --yes
	exits 0
	says "$key was deleted by positron's scripts: restored"
	inside test -s $key
}

@test "a package that adds its own source, key and pin: told, and left" {
	upgrade 'printf "Types: deb\nURIs: https://packages.posit.co/deb\nSuites: s\nComponents: main\n" \
			>/etc/apt/sources.list.d/posit.sources
		echo key >/etc/apt/trusted.gpg.d/posit.gpg
		printf "Package: *\nPin: origin packages.posit.co\nPin-Priority: 1001\n" >/etc/apt/preferences.d/posit'
	exits 0
	is source "was added by positron's scripts" "$(found /etc/apt/sources.list.d/posit.sources text)"
	is key "was added by positron's scripts" "$(found /etc/apt/trusted.gpg.d/posit.gpg text)"
	is pin added "$(found /etc/apt/preferences.d/posit state)"
	is "on record" " -> sha256:" "$(changed /etc/apt/preferences.d/posit)"
	inside test -e /etc/apt/preferences.d/posit
	inside rm /etc/apt/sources.list.d/posit.sources /etc/apt/trusted.gpg.d/posit.gpg /etc/apt/preferences.d/posit
}

@test "a .list is replaced by a .sources of the same repository: restored, it would break apt" {
	inside rm $sources
	inside sh -c "echo 'deb [arch=amd64 signed-by=$key] http://packages.microsoft.com/repos/code stable main' >$list"
	upgrade "rm $list $key; mkdir -p /etc/apt/keyrings; echo new >/etc/apt/keyrings/microsoft.gpg
		printf '%s\n' 'Types: deb' 'URIs: https://packages.microsoft.com/repos/code/' 'Suites: stable' \
			'Components: main' 'Signed-By: /etc/apt/keyrings/microsoft.gpg' >$sources"
	exits 0
	is_gone $list
	is_gone $key
	[[ $(found $list text) == *"not restored, $sources takes its place"* ]]
	[[ $(found $key text) == *"not restored, $sources takes its place"* ]]
	is "the new one" added "$(found $sources state)"
	inside apt-get indextargets >/dev/null
}

@test "its bytes came under another name: not lost" {
	upgrade "mv $sources /etc/apt/sources.list.d/microsoft.sources"
	exits 0
	is_gone $sources
	[[ $(found $sources text) == *"not restored, /etc/apt/sources.list.d/microsoft.sources takes its place"* ]]
	inside rm /etc/apt/sources.list.d/microsoft.sources
}

@test "its bytes came under a name that apt passes over: that is deleted" {
	local pin=/etc/apt/preferences.d/mine
	inside sh -c "printf 'Package: *\nPin: origin x.test\nPin-Priority: 1\n' >$pin"
	upgrade "mv $sources $sources.disabled; mv $key $key.old; mv $pin ${pin}2"
	exits 0
	is source restored "$(found $sources state)"
	is key restored "$(found $key state)"
	is pin "was moved to ${pin}2 by positron's scripts" "$(found $pin text)"
	is_gone $pin
	inside rm ${pin}2 $sources.disabled $key.old
}

@test "a script that fails and speaks of a lock: nothing is forgotten, nothing tried again" {
	vendor publish positron "2026.09.$BATS_TEST_NUMBER-1" --postinst "rm $sources; echo x >>/root/times
		echo 'E: Could not get lock /var/lib/dpkg/lock-frontend'; exit 1"
	document inside devupd upgrade positron --yes --json
	error_code positron half-configured
	is times 1 "$(inside sh -c 'wc -l </root/times')"
	is state restored "$(found $sources state)"
	inside sed -i '2,$d' /var/lib/dpkg/info/positron.postinst
	inside devupd upgrade positron --yes
}

@test "locked out before anything was begun: what others do meanwhile is theirs" {
	inside sh -c 'mv /usr/bin/apt-get /usr/bin/apt-get.real; printf "%s\n" "#!/bin/sh" \
		"[ \$1 = install ] || exec /usr/bin/apt-get.real \"\$@\"" "rm -f '"$sources"'" \
		"echo E: Could not get lock /var/lib/dpkg/lock-frontend." "exit 100" >/usr/bin/apt-get
		chmod 755 /usr/bin/apt-get'
	vendor publish positron "2026.09.$BATS_TEST_NUMBER-1"
	document inside devupd upgrade positron --yes --json --wait 1
	inside mv /usr/bin/apt-get.real /usr/bin/apt-get
	error_code positron lock
	is_gone $sources
	is items 0 "$(field 'of("positron").items | length')"
	is_gone /var/lib/devupd/apt-before
}

# By a link, which is not followed: the first condition does not see what it names.
@test "apt can't read its lists with it: that is undone, and the command told" {
	local command other=/etc/apt/sources.list.d/code.list
	upgrade "rm $sources $key; echo 'deb [signed-by=/etc/code.gpg] https://packages.microsoft.com/repos/code stable main' \
			>/usr/share/positron/code.list
		ln -s /usr/share/positron/code.list $other"
	exits 0
	is_gone $sources
	inside apt-get indextargets >/dev/null
	is "the key alone" restored "$(found $key state)"
	is state deleted "$(found $sources state)"
	is outcome broken "$(found $sources outcome)"
	is "on record" "sha256: -> " "$(changed $sources)"
	[[ $(found $sources text) == *"restored, and that undone, as apt can't read its lists with it: E: Conflicting"* ]]
	command=$(found $sources text | sed 's/.*must be there: sudo //')
	inside rm $other
	# shellcheck disable=SC2086
	inside $command
	is mode "640 root:adm" "$(inside stat -c '%a %U:%G' $sources)"
	inside apt-get indextargets >/dev/null
}

@test "apt was broken by the package before anything was restored: said so" {
	upgrade "rm $sources; echo 'deb nonsense' >/etc/apt/sources.list.d/broken.list"
	is_gone $sources
	[[ $(found $sources text) == *"(without it, too)"* ]]
	inside rm /etc/apt/sources.list.d/broken.list
}

@test "a link, a FIFO or a folder takes a file's place: told, not followed, not reverted" {
	inside sh -c 'for n in 1 2 3; do echo "# $n" >/etc/apt/preferences.d/x$n; done'
	upgrade 'cd /etc/apt/preferences.d; rm x1 x2 x3; ln -s /etc/shadow x1; mkfifo x2; mkdir x3'
	exits 0
	is link "was changed by positron's scripts: a symbolic link now, to /etc/shadow" \
		"$(found /etc/apt/preferences.d/x1 text)"
	is FIFO "was changed by positron's scripts: a FIFO now" "$(found /etc/apt/preferences.d/x2 text)"
	is folder "was changed by positron's scripts: a folder now" "$(found /etc/apt/preferences.d/x3 text)"
	inside rm -r /etc/apt/preferences.d
	inside mkdir /etc/apt/preferences.d
}

@test "the whole folder is gone: it comes back with all that was in it" {
	local before
	before=$(photo $sources /etc/apt/sources.list.d/world.list)
	upgrade "rm -r /etc/apt/sources.list.d"
	exits 0
	is "what is there" "$before" "$(photo $sources /etc/apt/sources.list.d/world.list)"
	inside apt-get indextargets >/dev/null
}

@test "a link takes the folder's place: nothing is written where it leads" {
	inside mkdir -p /root/elsewhere
	upgrade "mv /etc/apt/sources.list.d /etc/apt/away; ln -s /root/elsewhere /etc/apt/sources.list.d"
	exits 0
	is "where it leads" "" "$(inside ls -A /root/elsewhere)"
	[[ $(found $sources text) == *"can't be restored"*"none is followed"* ]]
	inside sh -c 'rm /etc/apt/sources.list.d; mv /etc/apt/away /etc/apt/sources.list.d'
}

@test "names that no terminal should see" {
	inside sh -c 'touch "$(printf "/etc/apt/sources.list.d/a\033[2Jb\nc\\x.list")"
		touch "/etc/apt/sources.list.d/$(head -c 240 /dev/zero | tr "\0" n)"
		touch "/etc/apt/sources.list.d/*"'
	vendor publish positron "2026.09.$BATS_TEST_NUMBER-1" --postinst \
		'cd /etc/apt/sources.list.d; rm a*x.list nnn* "*"'
	document inside devupd upgrade positron --yes
	exits 0
	is "escape characters" 0 "$(grep -c $'\e' <<<"$output${stderr:-}" || true)"
	is "lines of it" 1 "$(grep -c 'a\\x1b\[2Jb\\x0ac' <<<"$output")"
	is back 3 "$(inside find /etc/apt/sources.list.d \( -name 'a*x.list' -o -name 'nnn*' -o -name '\*' \) -printf x | wc -c)"
	inside find /etc/apt/sources.list.d ! -name '*.sources' ! -name world.list -type f -delete
}

@test "two in one transaction: told once, with whose scripts it was" {
	vendor publish positron "2026.09.$BATS_TEST_NUMBER-1" --postinst "rm -f $sources"
	vendor publish rstudio 2026.09.1-1
	document inside devupd upgrade --yes --json
	exits 0
	is told 1 "$(field '[.updaters[].items[] | select(.state == "restored")] | length')"
	says "was deleted by the scripts of positron, rstudio: restored"
	inside test -e $sources
}

@test "a package's own key comes, changes and goes with it" {
	local own=/usr/share/keyrings/positron.gpg
	upgrade : --keyring one
	is came "came with positron" "$(found $own text)"
	vendor publish positron "2026.09.$BATS_TEST_NUMBER-2" --keyring two
	document inside devupd upgrade positron --yes --json
	is changed "was changed with positron, whose it is" "$(found $own text)"
	vendor publish positron "2026.09.$BATS_TEST_NUMBER-3"
	document inside devupd upgrade positron --yes --json
	exits 0
	is went "went with positron" "$(found $own text)"
	is_gone $own
}

@test "another package's key is deleted: dpkg still lists it, so it is back" {
	local other=/usr/share/keyrings/other.gpg
	vendor package other 1.0 /root/other.deb --keyring other
	inside dpkg -i /root/other.deb
	upgrade "rm $other"
	exits 0
	is state restored "$(found $other state)"
	is bytes other "$(inside cat $other)"
	inside dpkg --purge other
}

@test "a login's digest is on no record" {
	local digest
	inside sh -c 'echo "machine x login me password secret" >/etc/apt/auth.conf; chmod 600 /etc/apt/auth.conf'
	digest=$(inside sha256sum /etc/apt/auth.conf | cut -d' ' -f1)
	upgrade "rm /etc/apt/auth.conf"
	is state restored "$(found /etc/apt/auth.conf state)"
	is mode 600 "$(inside stat -c %a /etc/apt/auth.conf)"
	is "records of it" 0 "$(inside grep -c "$digest" $trail || true)"
	[[ $output != *"$digest"* ]]
	is "who may read what is kept" 600 "$(inside stat -c %a /var/lib/devupd/apt-before)"
	inside rm /etc/apt/auth.conf
}

@test "more files than are looked at: said so, and none of ours is lost" {
	upgrade "mkdir -p /etc/apt/keyrings; cd /etc/apt/keyrings; seq 5000 | xargs touch; rm $sources"
	exits 0
	says "not all of them were looked at"
	inside test -e $sources
	inside rm -r /etc/apt/keyrings
}

@test "a package that fails half-way: what its script deleted is back, and said" {
	vendor publish positron "2026.09.$BATS_TEST_NUMBER-1" --postinst "rm -f $sources; exit 1"
	document inside devupd upgrade positron --yes
	says "dpkg --configure positron"
	says "$sources was deleted by positron's scripts: restored"
	inside test -e $sources
	setup # … and again when it is set up once more
	document inside devupd upgrade positron --yes --json
	error_code positron half-configured
	is state restored "$(found $sources state)"
	inside sed -i '2,$d' /var/lib/dpkg/info/positron.postinst
	inside devupd upgrade positron --yes
}

# killed SCRIPT: devupd is, while the script waits for /root/go
killed() {
	inside rm -f /root/in /root/go
	vendor publish positron "2026.09.$BATS_TEST_NUMBER-1" --postinst \
		"$1; touch /root/in; while [ ! -e /root/go ]; do sleep 0.1; done"
	inside sh -c 'devupd upgrade positron --yes >/dev/null 2>&1 &' </dev/null 3>&-
	eventually inside test -e /root/in
	inside pkill -KILL -x devupd
	inside touch /root/go
	eventually inside sh -c '! pgrep -x apt-get'
}

@test "killed in the midst: the next run puts it back, and on record" {
	local before
	before=$(photo $sources $key)
	killed "rm -f $sources $key"
	is_gone $sources
	document inside devupd upgrade --yes --json
	exits 0
	is "what is there" "$before" "$(photo $sources $key)"
	says "$sources was deleted by positron's scripts: restored"
	is "on record" $'sha256: -> \n -> sha256:' "$(changed $sources)"
	is_gone /var/lib/devupd/apt-before
	document inside devupd history --verify
	exits 0
}

@test "killed, and somebody worked in that folder since: told, not restored" {
	killed "rm -f $sources"
	sleep 1.1
	inside touch /etc/apt/sources.list.d/mine.list
	document inside devupd upgrade --yes --json
	exits 0
	is_gone $sources
	says "not restored; if it must be there: sudo cp -a /var/lib/devupd/apt-deleted/"
	inside rm /etc/apt/sources.list.d/mine.list
}

# dpkg's status is that of a later transaction then.
@test "killed, and somebody deleted it the day after: what dpkg did since makes it not ours" {
	killed :
	inside rm $sources
	inside touch -d '+1 day' /etc/apt/sources.list.d
	inside touch -d '+2 days' /var/lib/dpkg/status
	document inside devupd upgrade --yes --json
	exits 0
	is_gone $sources
	says "not restored; if it must be there: sudo cp -a /var/lib/devupd/apt-deleted/"
}

# What it put back, and had not judged yet, would break apt.
@test "killed between restoring and judging: the next run judges, and takes it away" {
	local other=/etc/apt/sources.list.d/code.list
	inside sh -c 'rm -f /root/judging /root/judge; mv /usr/bin/apt-get /usr/bin/apt-get.real
		printf "%s\n" "#!/bin/sh" "[ \$1 != indextargets ] || touch /root/judging" \
			"while [ \$1 = indextargets ] && [ ! -e /root/judge ]; do sleep 0.1; done" \
			"exec /usr/bin/apt-get.real \"\$@\"" >/usr/bin/apt-get; chmod 755 /usr/bin/apt-get'
	vendor publish positron "2026.09.$BATS_TEST_NUMBER-1" --postinst "rm -f $sources
		echo 'deb [signed-by=/etc/code.gpg] https://packages.microsoft.com/repos/code stable main' \
			>/usr/share/positron/code.list; ln -sf /usr/share/positron/code.list $other"
	inside sh -c 'devupd upgrade positron --yes >/dev/null 2>&1 &' </dev/null 3>&-
	eventually inside test -e /root/judging
	inside test -e $sources
	inside pkill -KILL -x devupd
	inside touch /root/judge
	inside mv /usr/bin/apt-get.real /usr/bin/apt-get
	document inside devupd upgrade --yes --json
	exits 0
	is_gone $sources
	says "$sources was deleted by positron's scripts: restored, and that undone"
	inside apt-get indextargets >/dev/null
	inside rm $other
}

@test "conflicts that would remove another package: nothing is begun" {
	vendor package rival 1.0 /root/rival.deb
	inside dpkg -i /root/rival.deb
	upgrade "rm $sources" --conflicts rival
	outcome positron failed
	says "never does"
	is rival "ii " "$(dpkg_status rival)"
	inside test -e $sources
	is "nothing unpacked" "ii " "$(dpkg_status positron)"
	vendor withdraw positron "2026.09.$BATS_TEST_NUMBER-1"
}

@test "set-id files that the version before had not" {
	local program=/usr/share/positron/positron
	upgrade : --mode 4755
	exits 0
	is unpacked "runs as user root, whoever starts it (mode 4755): in the version before it did not" \
		"$(found $program text)"
	is "on record" "not set -> mode 47" "$(changed $program)"
	vendor publish positron "2026.09.$BATS_TEST_NUMBER-2" --mode 4755 \
		--postinst "chmod 2755 /usr/share/positron/payload"
	document inside devupd upgrade positron --yes --json
	is "had it before" "" "$(found $program text)"
	is "by a script" set-id "$(found /usr/share/positron/payload state)"
}

@test "history holds together over all of that" {
	document inside devupd history --verify
	exits 0
}
