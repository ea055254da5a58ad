#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The package itself: what it owns, and what is left when it goes.

load ../support/e2e
setup_file() { world_up; }
teardown_file() { world_down; }

owned() { is "$1" "$2" "$(inside stat -c '%a %U:%G' "$1")"; }

@test "programs, recipes and settings are its own" {
	local file
	for file in /usr/bin/devupd /usr/libexec/devupd/devupd-worker /etc/devupd/devupd.yaml \
		/usr/share/devupd/recipes/positron.yaml /usr/share/devupd/recipes/rstudio.yaml \
		/etc/devupd/conf.d /etc/devupd/recipes; do
		inside dpkg -S "$file"
	done
	inside sh -c 'dpkg-query -W -f "\${Conffiles}" devupd | grep -q /etc/devupd/devupd.yaml'
}

@test "folders belong to whom they should" {
	owned /var/lib/devupd "755 root:root"
	owned /var/cache/devupd/packages "755 root:root"
	owned /var/cache/devupd/staging "700 _devupd:_devupd"
	owned /var/log/devupd "750 root:adm"
	owned /run/devupd "755 root:root"
}

@test "the worker's user can't log in and has no home" {
	is shell /usr/sbin/nologin "$(inside getent passwd _devupd | cut -d: -f7)"
	is home /nonexistent "$(inside getent passwd _devupd | cut -d: -f6)"
	run ! inside test -e /nonexistent
}

@test "what parses the net is not linked into the program that root starts" {
	run ! inside sh -c 'ldd /usr/bin/devupd | grep -E "libcurl|libarchive|libxml2"'
	inside sh -c 'ldd /usr/libexec/devupd/devupd-worker | grep -q libcurl'
}

@test "installed again over itself, it keeps settings and state" {
	inside devupd check
	inside sh -c 'echo "jobs: 3" >/etc/devupd/conf.d/mine.yaml'
	inside dpkg -i /srv/world/devupd.deb
	inside test -e /etc/devupd/conf.d/mine.yaml
	owned /var/cache/devupd/staging "700 _devupd:_devupd"
}

@test "removed, the record stays; purged, nothing does" {
	inside devupd hold rstudio
	inside dpkg --remove devupd
	inside test -s /var/log/devupd/audit.log
	inside dpkg --purge devupd
	local folder
	for folder in /etc /var/lib /var/cache /var/log /run; do
		run ! inside test -e "$folder/devupd"
	done
}
