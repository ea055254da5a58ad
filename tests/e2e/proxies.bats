#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Through a proxy, with and without a login: who says that there is one, what it may see, and whose
# fault is whose.
# shellcheck disable=SC2154

load ../support/e2e
setup_file() {
	world_up
	inside devupd install positron --yes --accept-license
	inside sh -c 'echo "127.0.0.1 proxy.world.test" >>/etc/hosts'
	# plain, with a login, over TLS, over TLS that nobody vouches for
	start 3128 /root/plain
	inside sh -c 'echo ana:geh/eim >/root/wanted'
	start 3129 /root/login /root/wanted
	start 3130 /root/tls - /srv/tls/world/crt /srv/tls/world/key
	start 3131 /root/strange - /srv/tls/stranger/crt /srv/tls/stranger/key
}
teardown_file() { world_down; }

start() {
	inside sh -c 'touch "$2"; /srv/world/proxy "$@" >/dev/null 2>&1 &' - "$@" </dev/null 3>&-
	eventually inside sh -c "ss -tln | grep -q 127.0.0.1:$1"
}

setup() {
	forget_requests
	inside sh -c 'for f in plain login tls strange; do : >/root/$f; done'
	inside rm -f /etc/devupd/conf.d/proxy.yaml /etc/devupd/env
}

# settings TEXT, env_file LINE...: what the administrator says.
settings() { inside sh -c 'umask 022; echo "$1" >/etc/devupd/conf.d/proxy.yaml' - "$1"; }
env_file() {
	settings "env_file: /etc/devupd/env"
	inside sh -c 'umask 077; printf "%s\n" "$@" >/etc/devupd/env' - "$@"
}
asked_by() { inside sh -c 'sort -u "/root/$1"' - "$1"; }
# all_through: each request came from the proxy, and there was one.
all_through() {
	[ "$(n_requests)" -gt 0 ]
	is "not through the proxy" "" "$(requests | grep -v 'from=127.0.0.7$')"
}
n=1
next() {
	n=$((n + 1))
	inside sh -c 'cat /root/n 2>/dev/null || echo 10' >"$BATS_TEST_TMPDIR/n"
	local build
	build=$(($(cat "$BATS_TEST_TMPDIR/n") + 1))
	inside sh -c 'echo "$1" >/root/n' - $build
	vendor publish positron "2026.09.0-$build"
	forget_requests
}

@test "check and upgrade go through it: pages, digests, the package" {
	next
	settings "proxy: http://127.0.0.1:3128"
	document inside devupd check positron --json
	exits 0
	outcome positron available
	all_through
	document inside devupd upgrade positron --yes --json
	exits 0
	outcome positron updated
	all_through
	[ "$(n_requests 'GET .*\.deb ')" = 1 ]
	is "asked for" "200 cdn.posit.co:443 200 github.com:443 200 positron.posit.co:443" "$(asked_by plain | xargs)"
}

@test "its name is looked up, and HTTP/2 goes through, too" {
	settings "proxy: proxy.world.test:3128"
	document inside devupd check positron --json
	exits 0
	all_through
	is "other protocols" "" "$(requests | grep -v HTTP/2.0)"
}

@test "a login from env_file: taken, and nowhere to be seen" {
	next
	env_file 'https_proxy=http://ana:geh%2Feim@127.0.0.1:3129'
	vendor rule crawl github.com/posit-dev/positron/releases
	inside sh -c 'echo "timeout: 4 s" >>/etc/devupd/conf.d/proxy.yaml
		devupd upgrade positron --yes --json -vv >/root/out 2>&1 & sleep 1
		for pid in $(pgrep -x devupd; pgrep -x devupd-worker); do
			cat /proc/$pid/cmdline /proc/$pid/environ; done >/root/seen
		ps -ef >>/root/seen
		pgrep -x devupd-worker >/root/workers
		setpriv --reuid _devupd --regid _devupd --clear-groups sh -c "for p in \$(pgrep -x devupd-worker); do
			cat /proc/\$p/mem >/dev/null && echo readable; done" >>/root/traced 2>/dev/null
		wait $!' </dev/null 3>&-
	vendor rule none github.com/posit-dev/positron/releases
	[ -n "$(inside cat /root/workers)" ]
	is "positron" "2026.09.0+$(inside cat /root/n)" "$(dpkg_version positron | sed 's/-[0-9]*$//')"
	all_through
	run ! inside grep -E 'geh|Z2VoL2VpbQ|YW5hOmdlaC9laW0' /root/out /root/seen
	run ! inside grep -rE 'geh%2Feim|geh/eim|YW5hOmdlaC9laW0' /var/log/devupd /var/lib/devupd /var/cache/devupd
	is "a worker's memory, to its own user" "" "$(inside cat /root/traced)"
	document inside devupd doctor --json
	says "http://…@127.0.0.1:3129"
	says_not "geh"
}

@test "root's login is not for the programs of a person" {
	env_file 'https_proxy=http://ana:geh%2Feim@127.0.0.1:3129'
	inside sh -c 'umask 022; echo "users: [ana]" >>/etc/devupd/conf.d/proxy.yaml
		printf "%s\n" "#!/bin/sh" "env >~/env; echo 1.0" >/usr/local/bin/tell; chmod 755 /usr/local/bin/tell
		printf "%s\n" "name: tell" "title: tell" "kind: command" "run: [tell]" "version: [tell]" \
			>/etc/devupd/recipes/tell.yaml'
	document inside devupd upgrade tell --yes --json
	is "what it got" "https_proxy=http://127.0.0.1:3129" "$(inside grep '^https_proxy=' /home/ana/env)"
	run ! inside grep geh /home/ana/env
	inside rm /etc/devupd/recipes/tell.yaml
}

@test "without a login, or with a wrong one: the proxy is named, 407, and what to set" {
	settings "proxy: http://127.0.0.1:3129"
	document inside devupd check positron --json -v
	exits 6
	error_code positron network
	says "the proxy http://127.0.0.1:3129 asks for a login (407): it takes a line https_proxy=http://USER:PASSWORD@HOST:PORT in the settings' env_file"
	says_not "trying again"
	is "requests of vendors" 0 "$(n_requests)"
	env_file 'https_proxy=http://ana:falsch@127.0.0.1:3129'
	document inside devupd check positron --json -v
	exits 6
	says "the proxy http://…@127.0.0.1:3129 refuses the login that it was given (407)"
	says_not falsch
	run ! inside grep -r falsch /var/log/devupd /var/lib/devupd
}

@test "the proxy's failures are told as its own: nobody there, no such name, no way to the vendor" {
	settings "proxy: http://127.0.0.1:9"
	document inside devupd check positron --json
	exits 6
	error_code positron network
	says "the proxy http://127.0.0.1:9: "
	settings "proxy: http://nowhere.invalid:3128"
	document inside devupd check positron --json
	exits 6
	says "the proxy http://nowhere.invalid:3128: its name is not known (DNS)"
	settings "proxy: http://127.0.0.1:3128"
	vendor down
	document inside devupd check positron --json
	exits 6
	says "the proxy http://127.0.0.1:3128 answers 502 Bad Gateway (tried 3 times in"
	vendor up
}

@test "within, the vendor's own certificate is checked" {
	settings "proxy: http://127.0.0.1:3128"
	vendor certificate stranger
	document inside devupd check positron --json
	exits 6
	error_code positron tls
	says "github.com/posit-dev/positron/releases: its certificate is from an unknown authority"
	vendor certificate world
}

@test "the way to the proxy may be TLS, and is checked" {
	settings "proxy: https://packages.world.test:3130"
	document inside devupd check positron --json
	exits 0
	all_through
	settings "proxy: https://packages.world.test:3131"
	forget_requests
	document inside devupd check positron --json
	exits 6
	error_code positron tls
	says "the proxy https://packages.world.test:3131: its certificate is from an unknown authority"
	is "asked of it" "" "$(asked_by strange)"
}

@test "a host that is not on the list is not asked for through it either" {
	next
	settings "proxy: http://127.0.0.1:3128"
	inside sh -c 'cp /srv/rules/moved.map /root/moved.map
		printf "\"cdn.posit.co/positron/releases/deb/x86_64/Positron-2026.09.0-%s-x64.deb\" \"https://elsewhere.world.test/x\";\n" "$(cat /root/n)" >>/srv/rules/moved.map'
	vendor certificate world # reloads
	document inside devupd upgrade positron --yes --json
	outcome positron failed
	[[ $(asked_by plain) == *github.com* ]]
	[[ $(asked_by plain) != *elsewhere* ]]
	inside cp /root/moved.map /srv/rules/moved.map
	vendor certificate world
}

@test "no_proxy: those are asked directly, all others through it" {
	env_file 'https_proxy=http://127.0.0.1:3128' 'no_proxy=localhost, .posit.co'
	document inside devupd check positron --json
	exits 0
	is "asked for" "200 github.com:443" "$(asked_by plain)"
	is "through it" "" "$(requests 'from=127.0.0.7$' | grep -v ' github.com ')"
	[ "$(requests ' (cdn|positron).posit.co ' | grep -c 'from=127.0.0.1$')" -gt 0 ]
}

@test "the environment counts for who calls it, and never under sudo" {
	document as_ana env https_proxy=http://127.0.0.1:3128 no_proxy=github.com devupd check positron --json
	exits 0
	[ "$(n_requests 'from=127.0.0.7$')" -gt 0 ]
	is "through it" "" "$(requests ' github.com .*from=127.0.0.7$')"
	inside sh -c 'echo "Defaults !env_reset, !secure_path, setenv" >/etc/sudoers.d/lies; chmod 440 /etc/sudoers.d/lies'
	forget_requests
	inside truncate -s 0 /root/plain
	document as_ana env https_proxy=http://127.0.0.1:3128 ALL_PROXY=http://127.0.0.1:3128 \
		/usr/bin/sudo -E /usr/bin/devupd check positron --json
	exits 0
	is "through it" "" "$(asked_by plain)"
	settings "proxy: http://127.0.0.1:3128" # and no_proxy of the caller frees nobody of it
	forget_requests
	document as_ana env no_proxy='*' /usr/bin/sudo -E /usr/bin/devupd check positron --json
	exits 0
	all_through
	inside rm /etc/sudoers.d/lies
}
