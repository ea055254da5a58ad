#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# How a distribution would test the package: its source's own test, against the package as installed.

load ../support/e2e
setup_file() { world_up; }
teardown_file() { world_down; }

@test "autopkgtest installs the package, and the whole job works" {
	# shellcheck disable=SC2154 # support is e2e.bash's
	"$support/need" autopkgtest || lacking autopkgtest
	"$support/../../packaging/build-deb" --source "$WORLD/source"
	inside dpkg --purge devupd
	inside sh -c 'cd /tmp && autopkgtest --no-built-binaries --output-dir=/tmp/autopkgtest \
		/srv/world/devupd.deb /srv/world/report/source/devupd_*.dsc -- null'
	is result "demo PASS" "$(inside cat /tmp/autopkgtest/summary | tr -s ' ')"
	# It was the package that was installed which did it, and it did it elsewhere.
	inside grep -q "rolled back" /tmp/autopkgtest/demo-stdout
	is "version" installed "$(inside dpkg-query -W -f '${db:Status-Status}' devupd)"
	run ! inside test -e /var/log/devupd/audit.log
}
