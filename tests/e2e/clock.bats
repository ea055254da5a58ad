#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# A clock that is wrong, or jumps: what is done is done, the chain holds, and the next run with a
# right clock is none the worse for it.

load ../support/e2e
setup_file() {
	world_up
	inside devupd install positron --yes --accept-license
}
teardown_file() { world_down; }

# at TIME CMD...: with that clock; "@TIME" goes on from there.
at() { inside faketime "$@"; }
holds() {
	document inside devupd history --verify
	exits 0
}
is_current() {
	document inside devupd check positron --json
	exits 0
	outcome positron current
}

@test "in 1970, in 2037, in 2100" {
	local year month=01
	for year in 1970 2037 2100; do
		vendor publish positron "2030.$month.0-1"
		document at "$year-03-01 06:00:00" devupd upgrade positron --yes --json
		exits 0
		outcome positron updated
		[[ "$(field .started)" == "$year-"* ]]
		holds
		is_current
		month=0$((${month#0} + 1))
	done
}

@test "what a wrong clock wrote rules no later run" {
	vendor publish positron 2030.05.0-1
	document inside devupd status --json
	exits 0
	inside sh -c 'umask 022; echo "cool_down: 3 days" >/etc/devupd/conf.d/test.yaml'
	# first seen in 2100: that is no reason to wait for a hundred years
	document at "2100-03-01 06:00:00" devupd check positron --json
	document inside devupd check positron --json
	outcome positron deferred
	inside rm /etc/devupd/conf.d/test.yaml
	inside devupd upgrade positron --yes
	is_current
	run inside devupd status
	exits 0
	run inside devupd history
	exits 0
}

# A release that nobody dates is young from its first sight on.
@test "a first sight by a wrong clock neither ends a wait at once nor makes it endless" {
	local year
	inside tee /etc/devupd/recipes/tool.yaml >/dev/null <<-'END'
		name: tool
		kind: deb
		package: tool
		arch: [amd64]
		hosts: [cdn.posit.co]
		sources: [{page: 'https://cdn.posit.co/tool/', link: '(?<url>tool_(?<version>[0-9.]+)\.deb)'}]
		cool_down: 3 days
	END
	vendor package tool 1.0 /srv/vendors/cdn.posit.co/tool/tool_1.0.deb
	echo "tool_1.0.deb" | vendor page cdn.posit.co/tool/index.html
	inside devupd install tool=1.0 --yes
	for year in 1970 2100; do
		vendor package tool "$year" "/srv/vendors/cdn.posit.co/tool/tool_$year.deb"
		echo "tool_$year.deb" | vendor page cdn.posit.co/tool/index.html
		document at "$year-03-01 06:00:00" devupd check tool --json
		document inside devupd check tool --json
		outcome tool deferred
		document at "+2 days" devupd check tool --json
		outcome tool deferred
		document at "+4 days" devupd check tool --json
		outcome tool available
	done
	inside rm /etc/devupd/recipes/tool.yaml
}

@test "a clock that is set back while a run is under way" {

	vendor publish positron 2030.06.0-1 --postinst 'echo "-3600" >/tmp/faketimerc; sleep 1'
	inside sh -c 'echo "+0" >/tmp/faketimerc; chmod 666 /tmp/faketimerc'
	document inside env FAKETIME_NO_CACHE=1 FAKETIME_TIMESTAMP_FILE=/tmp/faketimerc \
		LD_PRELOAD=/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1 devupd upgrade positron --yes --json
	exits 0
	outcome positron updated
	[[ "$(field .finished)" < "$(field .started)" ]]
	holds
	is_current
	document inside devupd history --run last --json
	exits 0
}
