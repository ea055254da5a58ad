#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The package itself: what it owns, what becomes of a person's things when it comes, changes, breaks
# half-way and goes.

load ../support/e2e
setup_file() { world_up; }
teardown_file() { world_down; }

owned() { is "$1" "$2" "$(inside stat -c '%a %U:%G' "$1")"; }
version() { inside dpkg-query -W -f '${Version} ${db:Status-Status}' devupd; }

# another VERSION [SCRIPT]: the package anew under that version, at /srv/world/VERSION.deb; SCRIPT is
# run in the unpacked package first.
another() {
	inside sh -ec '
		rm -rf /srv/world/anew
		dpkg-deb -R /srv/world/devupd.deb /srv/world/anew
		cd /srv/world/anew
		sed -i "s/^Version:.*/Version: $1/" DEBIAN/control
		eval "$2"
		dpkg-deb --root-owner-group -b . "/srv/world/$1.deb" >&2' - "$1" "${2:-}"
}

# Where a package may leave things; dpkg's own books tell of every package that ever was.
system=(/boot /etc /opt /run /usr /var -path /var/lib/dpkg -prune -o)
everything() { inside find "${system[@]}" -printf '%p %M %u %g\n' | sort; }

@test "programs, recipes, settings and units are its own" {
	local file
	for file in /usr/bin/devupd /usr/libexec/devupd/devupd-worker /etc/devupd/devupd.yaml \
		/usr/share/devupd/recipes/positron.yaml /usr/share/devupd/recipes/rstudio.yaml \
		/etc/devupd/conf.d /etc/devupd/recipes /etc/logrotate.d/devupd \
		/usr/lib/sysusers.d/devupd.conf /usr/lib/tmpfiles.d/devupd.conf \
		/usr/lib/systemd/user/devupd.timer /usr/lib/systemd/user/devupd.service; do
		inside dpkg -S "$file"
	done
	for file in devupd.timer devupd.service devupd-waiting.service; do
		inside dpkg -S "*/systemd/system/$file"
	done
}

@test "what a person may change is a conffile" {
	is conffiles "/etc/devupd/devupd.yaml /etc/logrotate.d/devupd /etc/xdg/autostart/devupd-notify.desktop" \
		"$(inside dpkg-query -W -f '${Conffiles}' devupd | awk 'NF { print $1 }' | sort | paste -sd ' ')"
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

@test "the timer and what waits for a boot are enabled, the person's own timer is not" {
	is timer enabled "$(inside systemctl is-enabled devupd.timer)"
	is waiting enabled "$(inside systemctl is-enabled devupd-waiting.service)"
	is service static "$(inside systemctl is-enabled devupd.service)"
	is "own timer" disabled "$(inside systemctl --global is-enabled devupd.timer || true)"
}

@test "systemd has no word against the units" {
	run inside systemd-analyze verify --man=no devupd.timer devupd.service devupd-waiting.service
	is verify ": 0" "$output: $status"
	run inside env XDG_RUNTIME_DIR=/run systemd-analyze verify --man=no --user /usr/lib/systemd/user/devupd.timer \
		/usr/lib/systemd/user/devupd.service
	is "verify --user" ": 0" "$output: $status"
}

@test "the units are as closed as dpkg allows" {
	# What is left is what packages need: apt-inside.conf says which and why.
	run inside systemd-analyze security --offline=true --threshold=88 devupd.service \
		devupd-waiting.service
	is security 0 "$status"
}

@test "what parses the net is not linked into the program that root starts" {
	run ! inside sh -c 'ldd /usr/bin/devupd | grep -E "libcurl|libarchive|libxml2"'
	inside sh -c 'ldd /usr/libexec/devupd/devupd-worker | grep -q libcurl'
}

@test "installed again over itself, it keeps settings and state" {
	inside devupd check
	inside devupd hold rstudio
	inside sh -c 'echo "jobs: 3" >/etc/devupd/conf.d/mine.yaml'
	inside dpkg -i /srv/world/devupd.deb
	inside test -e /etc/devupd/conf.d/mine.yaml
	owned /var/cache/devupd/staging "700 _devupd:_devupd"
	inside devupd check rstudio --json |
		jq -e '.updaters[] | select(.name == "rstudio").outcome == "held"'
}

@test "upgraded and downgraded, changed settings stay as they are" {
	local before
	inside sh -c 'echo "keep_packages: 4" >>/etc/devupd/devupd.yaml'
	before=$(inside cat /etc/devupd/devupd.yaml)
	another 99.1 'echo "# of the new version" >>etc/devupd/devupd.yaml
		md5=$(md5sum <etc/devupd/devupd.yaml | cut -c1-32)
		sed -i "s|^[0-9a-f]*  etc/devupd/devupd.yaml|$md5  etc/devupd/devupd.yaml|" DEBIAN/md5sums'
	inside apt-get -y -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
		install /srv/world/99.1.deb
	is upgraded "99.1 installed" "$(version)"
	is settings "$before" "$(inside cat /etc/devupd/devupd.yaml)"
	inside grep -q "of the new version" /etc/devupd/devupd.yaml.dpkg-dist
	inside apt-get -y --allow-downgrades -o Dpkg::Options::=--force-confdef \
		-o Dpkg::Options::=--force-confold install /srv/world/devupd.deb
	run ! is downgraded "99.1 installed" "$(version)"
	is settings "$before" "$(inside cat /etc/devupd/devupd.yaml)"
	inside devupd history --verify
	inside devupd check
}

@test "a timer that a person disabled stays so" {
	inside systemctl disable devupd.timer
	inside dpkg -i --force-confold /srv/world/devupd.deb
	is timer disabled "$(inside systemctl is-enabled devupd.timer || true)"
	inside systemctl enable devupd.timer
}

@test "a new version that fails before it is unpacked leaves the old one at work" {
	local old
	old=$(version)
	another 99.2 'printf "#!/bin/sh\nexit 1\n" >DEBIAN/preinst; chmod 755 DEBIAN/preinst'
	run ! inside dpkg -i --force-confold /srv/world/99.2.deb
	is "still there" "$old" "$(version)"
	inside devupd check
	inside devupd history --verify
}

@test "a new version that fails when configured is mended by the next one" {
	another 99.3 'printf "#!/bin/sh\nexit 1\n" >DEBIAN/postinst'
	run ! inside dpkg -i --force-confold /srv/world/99.3.deb
	is half "99.3 half-configured" "$(version)"
	inside devupd history --verify
	another 99.4
	inside dpkg -i --force-confold /srv/world/99.4.deb
	is mended "99.4 installed" "$(version)"
}

@test "dpkg killed amid the postinst is taken up again" {
	another 99.5 'sed -i "2i [ -e /tmp/go ] || { touch /tmp/there; sleep 60; }" DEBIAN/postinst'
	inside sh -c 'rm -f /tmp/there /tmp/go
		setsid dpkg -i --force-confold /srv/world/99.5.deb >/dev/null 2>&1 & dpkg=$!
		for i in $(seq 200); do [ ! -e /tmp/there ] || break; sleep 0.1; done
		[ -e /tmp/there ]
		kill -KILL -$dpkg
		wait $dpkg; touch /tmp/go'
	is half "99.5 half-configured" "$(version)"
	inside dpkg --force-confold --configure -a
	is "taken up" "99.5 installed" "$(version)"
	owned /var/cache/devupd/staging "700 _devupd:_devupd"
	inside devupd check
}

@test "removed, settings and trail stay; installed again, they hold" {
	inside dpkg --remove devupd
	inside test -s /var/log/devupd/audit.log
	inside grep -q "keep_packages: 4" /etc/devupd/devupd.yaml
	inside test -e /var/lib/devupd/state.db
	inside dpkg -i --force-confold /srv/world/devupd.deb
	is timer enabled "$(inside systemctl is-enabled devupd.timer)"
	inside grep -q "keep_packages: 4" /etc/devupd/devupd.yaml
	inside devupd history --verify
}

@test "purged, nothing is left but the worker's user" {
	local before after
	# (What a person's own runs left in that person's home is that person's.)
	inside dpkg --purge devupd
	is "left behind" "" "$(inside find "${system[@]}" -iname '*devupd*' -print)"
	inside getent passwd _devupd
	# A whole life once more: what it leaves is what was there before. (What a vendor's package
	# drew in is that package's, what apt-get downloaded is apt's.)
	inside dpkg --purge world-library
	inside apt-get clean
	before=$(everything)
	inside dpkg -i /srv/world/devupd.deb
	inside devupd check --all
	inside devupd accept-license positron --yes
	inside devupd install positron --yes
	inside dpkg --purge positron world-library
	inside apt-get clean
	inside sh -c 'echo "jobs: 3" >/etc/devupd/conf.d/mine.yaml; echo >>/etc/devupd/devupd.yaml'
	inside logrotate --force --state /tmp/rotated /etc/logrotate.d/devupd
	inside dpkg --purge devupd
	after=$(everything)
	is "what a life left" "" "$(diff <(echo "$before") <(echo "$after"))"
}
