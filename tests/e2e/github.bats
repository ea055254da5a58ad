#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Releases on GitHub: its pages, its API with a token, and its limits.

load ../support/e2e
setup_file() {
	world_up
	inside tee /etc/devupd/recipes/tool.yaml >/dev/null <<-'END'
		name: tool
		kind: deb
		package: tool
		arch: [amd64]
		hosts: [github.com/acme/tool/]
		sources:
		  - github: acme/tool
		    asset: '^tool_[0-9.]+_${arch}\.deb$'
	END
	release 1.0
}
teardown_file() { world_down; }

page=github.com/acme/tool/releases
api=api.github.com/repos/acme/tool/releases
token=ghp_VerySecret0123456789

# release VERSION: with the package, and something else beside it.
release() {
	inside sh -ec '
		/srv/world/vendor package tool "$1" "/root/tool_$1_amd64.deb"
		echo other >/root/tool.txt
		/srv/world/vendor release "v$1" "/root/tool_$1_amd64.deb" /root/tool.txt' - "$1"
}

# with_token: root's settings name a file with one, from now on.
with_token() {
	inside sh -ec 'umask 077; echo "$1" >/etc/devupd/github-token; umask 022
		echo "github: {token_file: /etc/devupd/github-token}" >/etc/devupd/conf.d/github.yaml' - $token
}

@test "shown as it is written, and read again" {
	document inside devupd show tool
	exits 0
	says "github: acme/tool"
	says_not "signature"
	inside sh -c 'mkdir -p /root/shown && devupd show tool >/root/shown/tool.yaml && devupd recipe lint /root/shown/tool.yaml'
}

@test "the pages tell version and digest, and cost no quota" {
	forget_requests
	document inside devupd install tool --yes --json
	exits 0
	outcome tool installed
	is "digest from" github "$(field 'of("tool").sha256_from')"
	is verified sha256 "$(field 'of("tool").verified_by')"
	is tool 1.0 "$(dpkg_version tool)"
	is "the API" "" "$(requests ' api.github.com ')"
}

@test "an unchanged look again transfers no page" {
	forget_requests
	document inside devupd check tool --json
	outcome tool current
	is "pages sent in full" "" "$(requests '^200 GET')"
	[ "$(n_requests '^304 GET')" = 2 ]
}

@test "another digest than GitHub's is refused" {
	release 1.1
	inside sh -c 'echo >>/srv/vendors/github.com/acme/tool/releases/download/v1.1/tool_1.1_amd64.deb'
	document inside devupd upgrade tool --yes --json
	exits 7
	is tool 1.0 "$(dpkg_version tool)"
}

@test "a release without the package is passed over" {
	release 1.2
	inside sh -c 'echo x >/root/other.txt; /srv/world/vendor release v1.3 /root/other.txt'
	document inside devupd upgrade tool --yes --json
	exits 0
	is tool 1.2 "$(dpkg_version tool)"
}

@test "the API is asked when the pages give nothing, with a token, which nobody else gets" {
	release 1.4
	vendor rule 503 $page
	forget_requests
	document inside devupd check tool --json
	exits 6
	is "without a token" "" "$(requests ' api.github.com ')"
	with_token
	document inside devupd upgrade tool --yes --json -vv
	exits 0
	is tool 1.4 "$(dpkg_version tool)"
	is "digest from" github "$(field 'of("tool").sha256_from')"
	[ "$(n_requests "^200 GET .* api.github.com .*auth=\"Bearer $token\"")" -ge 1 ]
	is "sent elsewhere" "" "$(requests "$token" | grep -v ' api.github.com ' || true)"
	says_not "$token"
	run ! inside grep -rq $token /var/log/devupd /var/lib/devupd /var/cache/devupd
}

@test "an unchanged answer of the API is a 304" {
	forget_requests
	document inside devupd check tool --json
	outcome tool current
	[ "$(n_requests '^304 GET .* api.github.com ')" = 1 ]
}

@test "a redirect from there takes no token along" {
	inside sh -c 'printf "\"%s\" \"%s\";\n" "$1" "https://github.com/acme/tool/moved" \
		"$1/old" "https://api.github.com/repos/acme/tool/again" >/srv/rules/moved.map' - $api
	inside sh -c 'mkdir -p /srv/vendors/github.com/acme/tool && echo "[]" >/srv/vendors/github.com/acme/tool/moved'
	vendor certificate world # reloads
	forget_requests
	document inside devupd check tool --json
	[ "$(n_requests "^302 GET .* api.github.com .*auth=\"Bearer")" = 1 ]
	[ "$(n_requests ' github.com /acme/tool/moved')" = 1 ]
	is "sent behind it" "" "$(requests ' github.com ' | grep Bearer || true)"
	inside truncate -s 0 /srv/rules/moved.map
	vendor certificate world
}

@test "no more requests: what is kept is used, said with its age and with the time of the end" {
	inside devupd check tool
	vendor limit 1500 $api
	document inside devupd check tool
	exits 0
	says "as of today"
	says "GitHub takes no more requests until to"
	document inside devupd check tool --json
	outcome tool current
}

@test "no more requests and nothing kept: the error says until when" {
	inside rm -f /var/lib/devupd/state.db
	document inside devupd check tool --json
	exits 6
	says "GitHub takes no more requests until to"
}

@test "a token that others may read is refused, and not repeated" {
	inside chmod 644 /etc/devupd/github-token
	document inside devupd check tool --json
	exits 5
	says "others may read it"
	says_not "$token"
	inside chmod 600 /etc/devupd/github-token
}

@test "nobody sees the token in a running worker's arguments, environment or dump" {
	vendor rule none $api
	vendor rule crawl $page
	inside sh -c 'devupd check tool >/dev/null 2>&1 & sleep 1
		for pid in $(pgrep -x devupd; pgrep -x devupd-worker); do
			cat /proc/$pid/cmdline /proc/$pid/environ
			awk "/core file/ { print FILENAME, \$5 }" /proc/$pid/limits
		done >/root/seen; wait'
	run ! inside grep -q $token /root/seen
	inside grep -q 'limits 0' /root/seen
}
