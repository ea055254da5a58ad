#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# A vendor, or who speaks for it, that goes back: old packages under new names, other bytes under an
# old version, a page that offers less than before.

load ../support/e2e
setup_file() {
	world_up
	tool_recipe "$plain"
	publish 1.1
	inside devupd install tool --yes
}
teardown_file() { world_down; }

plain='(?<url>tool_(?<version>[0-9.]+)\.deb)'
with_sum="$plain data-sum=(?<sha256>[0-9a-f]+)"
folder=/srv/vendors/cdn.posit.co/tool

sum() { inside sh -c 'sha256sum <"$1" | cut -d" " -f1' - "$folder/tool_$1.deb"; }
# offer VERSION: the page speaks of it, and of nothing else.
offer() { echo "<a href=tool_$1.deb data-sum=$(sum "$1")>" | vendor page cdn.posit.co/tool/index.html; }
# publish VERSION [CONTROL]: a new package, which calls itself so, and the page with it.
publish() {
	vendor package tool "${2:-$1}" "$folder/tool_$1.deb"
	offer "$1"
}
# on_record FILTER: of the last result of the trail.
on_record() {
	inside grep '"event":"result"' /var/log/devupd/audit.log | tail -n 1 | jq -r "$1"
}
# refused CODE CMD...: exit 7 for this reason, dpkg's database as it was, and on record.
refused() {
	local code=$1 before
	shift
	before=$(dpkg_version tool)
	document inside "$@"
	exits 7
	outcome tool failed
	error_code tool "$code"
	is "dpkg's version" "$before" "$(dpkg_version tool)"
}

@test "an older package under a newer name: refused, both versions told, on record" {
	publish 2.0 1.0
	refused version devupd upgrade tool --yes --json
	says "the package is version 1.0, expected was 2.0"
	is "on record" "failed verify version 1.1 2.0" "$(on_record '"\(.outcome) \(.step) \(.error.code) \(.from) \(.to)"' | sed s/fetch/verify/)"
	is "left behind" "" "$(inside find /var/cache/devupd -name 'tool*2.0*')"
	document inside devupd status --json
	is status "failed 2.0" "$(jq -r '.left[] | select(.name == "tool") | "\(.outcome) \(.version)"' <<<"$output")"
	document inside devupd history --verify
	exits 0
}

@test "other bytes than were seen first, where nobody names a digest: an alarm" {
	publish 2.1
	local first
	first=$(sum 2.1)
	inside devupd upgrade tool --yes --download-only
	inside devupd clean --keep 0
	publish 2.1
	refused changed-bytes devupd upgrade tool --yes --json
	says "had SHA-256 $first when first seen"
	says "$(sum 2.1)"
	says "devupd install tool=2.1 --reinstall"
	is "on record" "failed changed-bytes $first" "$(on_record '"\(.outcome) \(.error.code) \(.sha256)"')"
	is "left behind" "" "$(inside find /var/cache/devupd -name 'tool*2.1*')"
	refused changed-bytes devupd upgrade tool --unattended --json
	refused changed-bytes devupd install tool=2.1 --yes --json
	refused changed-bytes devupd upgrade tool --reinstall --yes --json
	inside cp $folder/tool_2.1.deb /root/
	document inside devupd verify /root/tool_2.1.deb --json
	exits 7
	is verify changed-bytes "$(jq -r .error.code <<<"$output")"
	refused changed-bytes devupd install /root/tool_2.1.deb --yes --json
	refused changed-bytes devupd install /root/tool_2.1.deb --reinstall --yes --json
	document inside devupd status
	says "the bytes changed under the same version"
}

@test "until a person says so, by its version and --reinstall; then that is what was seen first" {
	local first
	first=$(on_record .sha256)
	document inside devupd install tool=2.1 --reinstall --download-only --yes --json
	outcome tool downloaded
	refused changed-bytes devupd upgrade tool --yes --json # nothing of it was installed
	says "had SHA-256 $first when first seen"
	document inside devupd install tool=2.1 --reinstall --yes --json
	exits 0
	is tool 2.1 "$(dpkg_version tool)"
	is sha256 "$(sum 2.1)" "$(field 'of("tool").sha256')"
	is "on record" "first sight of tool 2.1 $first $(sum 2.1)" \
		"$(on_record '.changes[0] | "\(.path) \(.from) \(.to)"')"
	document inside devupd history --verify
	exits 0
	document inside devupd verify /root/tool_2.1.deb --json
	exits 0
	document inside devupd check tool --json
	exits 0
	outcome tool current
}

@test "other bytes of what is installed, as its page says: an alarm, in check already" {
	local first
	tool_recipe "$with_sum"
	publish 3.0
	first=$(sum 3.0)
	inside devupd upgrade tool --yes
	publish 3.0
	refused changed-bytes devupd check tool --json
	says "had SHA-256 $first when first seen, the vendor now says $(sum 3.0)"
	refused changed-bytes devupd upgrade tool --yes --json
	is "on record" "failed changed-bytes $(sum 3.0)" "$(on_record '"\(.outcome) \(.error.code) \(.sha256)"')"
	refused changed-bytes devupd install tool=3.0 --yes --json
	document inside devupd install tool=3.0 --dry-run --reinstall
	says "other bytes than when it was first seen"
	document inside devupd install tool=3.0 --reinstall --yes --json
	exits 0
	outcome tool updated
	is sha256 "$(sum 3.0)" "$(field 'of("tool").sha256')"
	document inside devupd check tool --json
	exits 0
	outcome tool current
}

@test "the page offers less than is installed: no downgrade, and what it may be" {
	publish 4.0
	inside devupd upgrade tool --yes
	offer 3.0
	document inside devupd check tool
	exits 0
	says "the vendor now offers 3.0, older than the 4.0 installed: withdrawn? devupd rollback tool"
	document inside devupd upgrade tool --yes --json
	exits 0
	outcome tool current
	is versions "4.0 3.0" "$(field 'of("tool") | "\(.installed) \(.available)"')"
	document inside devupd upgrade tool --unattended --json
	exits 0
	is tool 4.0 "$(dpkg_version tool)"
}

@test "the command that it names goes back, and the page's return brings nothing" {
	document inside devupd rollback tool --yes --json
	exits 0
	outcome tool rolled-back
	is tool 3.0 "$(dpkg_version tool)"
	offer 4.0
	document inside devupd upgrade tool --yes --json
	exits 0
	outcome tool skipped
	is tool 3.0 "$(dpkg_version tool)"
}

@test "the page offers less than it did, and that was not installed: said once" {
	publish 5.0
	document inside devupd check tool --json
	outcome tool available
	offer 3.0
	document inside devupd check tool
	exits 0
	says "5.0, offered before, is gone: withdrawn?"
	document inside devupd check tool
	exits 0
	says_not "withdrawn"
}

# crawling VERSION: its page comes so slowly that there is time to do something meanwhile.
crawling() {
	{ echo "<a href=tool_$1.deb data-sum=$(sum "$1")>"; head -c 500 /dev/zero | tr '\0' ' '; } |
		vendor page cdn.posit.co/tool/index.html
	vendor rule crawl cdn.posit.co/tool/
}
is_open() { inside sh -c 'ls -l /proc/[0-9]*/fd 2>/dev/null | grep -q " $1\$"' - "$1"; }

@test "a file in hand that is a pipe keeps nobody waiting" {
	inside mkfifo /root/pipe.deb
	document inside devupd verify /root/pipe.deb --json
	exits 1
	says "it is no file"
	document inside devupd install /root/pipe.deb --yes --json
	[ "$status" != 0 ]
	says "it is no file"
}

@test "another file at its path, or a pipe, after it was opened: it is not even looked at" {
	local verb other
	publish 6.0
	for verb in verify "install --yes"; do
		for other in bad pipe; do
			inside sh -ec 'rm -f /root/hand.deb; cp "$1" /root/hand.deb; cp /root/hand.deb /root/bad.deb
				printf x >>/root/bad.deb; rm -f /root/pipe.deb; mkfifo /root/pipe.deb' - "$folder/tool_6.0.deb"
			crawling 6.0
			inside sh -c "devupd $verb /root/hand.deb --json >/root/out 2>/dev/null; echo \$? >/root/code" 3>&- &
			eventually is_open /root/hand.deb
			inside mv "/root/$other.deb" /root/hand.deb
			wait $!
			output=$(inside cat /root/out)
			is "code of $verb, $other" 0 "$(inside cat /root/code)"
			vendor rule none cdn.posit.co/tool/
			[ "$verb" = verify ] || { is tool 6.0 "$(dpkg_version tool)"; inside devupd rollback tool --yes; inside devupd unskip tool; }
			[ "$verb" != verify ] || is measured "$(sum 6.0)" "$(jq -r .sha256 <<<"$output")"
		done
	done
}
