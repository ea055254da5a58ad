#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What a person chose: holds, skips, versions, files in hand.

load ../support/e2e
setup_file() {
	world_up
	inside devupd install positron rstudio --yes --accept-license
	vendor publish positron 2026.08.2-4
	vendor publish rstudio 2026.08.2-200
}
teardown_file() { world_down; }

@test "a held name stays where it is" {
	inside devupd hold positron --reason "talk on Friday"
	document inside devupd check --json
	outcome positron held
	document inside devupd upgrade positron --yes --json
	exits 0
	outcome positron held
	is positron 2026.08.0+331-1755790327 "$(dpkg_version positron)"
	document inside devupd check
	says "talk on Friday"
	document inside devupd history positron
	says "held talk on Friday"
}

@test "a typed version does not overcome a hold" {
	document inside devupd install positron=2026.08.2-4 --yes --json
	outcome positron held
	inside devupd unhold positron
	document inside devupd check --json
	outcome positron available
}

@test "apt-mark's hold is honoured too" {
	inside apt-mark hold rstudio
	document inside devupd check --json
	outcome rstudio held
	inside apt-mark unhold rstudio
}

@test "a skipped version is passed over, a newer one is not" {
	inside devupd skip rstudio
	document inside devupd upgrade rstudio --yes --json
	exits 0
	outcome rstudio skipped
	vendor publish rstudio 2026.09.0-174
	document inside devupd check rstudio --json
	outcome rstudio available
	inside devupd unskip rstudio
}

@test "NAME=VERSION takes the page's spelling, goes back, and does not stick" {
	inside devupd upgrade --yes
	is rstudio 2026.09.0+174 "$(dpkg_version rstudio)"
	document inside devupd install rstudio=2026.08.1-195 --yes --json
	exits 0
	is rstudio 2026.08.1+195 "$(dpkg_version rstudio)"
	document inside devupd check rstudio --json
	outcome rstudio available
}

@test "a file in hand is checked like any other" {
	inside cp /srv/vendors/download1.rstudio.org/electron/jammy/amd64/rstudio-2026.08.2-200-amd64.deb /root/
	document inside devupd verify /root/rstudio-2026.08.2-200-amd64.deb
	exits 0
	document inside devupd install /root/rstudio-2026.08.2-200-amd64.deb --yes --json
	exits 0
	is rstudio 2026.08.2+200 "$(dpkg_version rstudio)"
}

@test "an older file needs --allow-downgrade" {
	inside cp /srv/vendors/download1.rstudio.org/electron/jammy/amd64/rstudio-2026.08.1-195-amd64.deb /root/
	document inside devupd install /root/rstudio-2026.08.1-195-amd64.deb --yes --json
	run ! test "$status" = 0
	is rstudio 2026.08.2+200 "$(dpkg_version rstudio)"
	document inside devupd install /root/rstudio-2026.08.1-195-amd64.deb --yes --allow-downgrade --json
	exits 0
	is rstudio 2026.08.1+195 "$(dpkg_version rstudio)"
}

@test "a file that fits no recipe is a usage error" {
	vendor package stranger 1.0 /root/stranger.deb
	document inside devupd install /root/stranger.deb --yes
	exits 2
}

@test "an altered file is refused, an unreadable one is another matter" {
	inside cp /root/rstudio-2026.08.2-200-amd64.deb /root/altered.deb
	inside sh -c 'printf x | dd of=/root/altered.deb bs=1 seek=200000 conv=notrunc status=none'
	document inside devupd verify /root/altered.deb
	exits 7
	document inside devupd install /root/altered.deb -n --json
	exits 7
	error_code rstudio changed-bytes # its version was seen before, and no vendor is asked
	document as_ana devupd install /root/rstudio-2026.08.2-200-amd64.deb -n --json
	says "can't read"
	inside cp /root/altered.deb /root/rstudio-2026.08.2-200-amd64.deb /tmp/
	document as_ana devupd install /tmp/altered.deb -n --json
	exits 7
	document as_ana devupd install /tmp/rstudio-2026.08.2-200-amd64.deb -n --json
	exits 0
	outcome rstudio available
	document inside devupd verify /root/nosuch.deb
	exits 1
}

@test "clean keeps what it is told to keep" {
	inside devupd clean --keep 0
	is "kept packages" 0 "$(inside find /var/cache/devupd/packages -name '*.deb' | wc -l)"
}

@test "limit_rate is for all downloads together" {
	vendor publish positron 2026.10.0-1 --mib 5
	vendor publish rstudio 2026.10.0-9 --mib 5
	inside sh -c 'echo "download: {limit_rate: 1 MB}" >/etc/devupd/conf.d/rate.yaml'
	local began=$SECONDS
	document inside devupd upgrade --yes --download-only --json
	exits 0
	outcome positron downloaded
	outcome rstudio downloaded
	[ $((SECONDS - began)) -ge 8 ] # 10 MiB; each at the whole rate would take 5 s
	inside rm /etc/devupd/conf.d/rate.yaml
}
