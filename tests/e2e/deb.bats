#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The package before anybody installs it: the same bytes everywhere, no complaint of Debian's own
# checker, armoured, and fit for the oldest system that it is for.

load ../support/e2e

setup_file() {
	export OUT=$BATS_FILE_TMPDIR/out TREE="$BATS_FILE_TMPDIR/another folder/of-another-name"
	DEB=${DEVUPD_DEB:-$("$support/package")}
	export DEB
	mkdir "$OUT"
	dpkg-deb -x "$DEB" "$OUT/unpacked"
}

programs() { find "$OUT/unpacked" -name 'devupd*' -type f -perm /111 | sort; }

# elsewhere CMD...: in a copy of the tree whose path, modes and dates are other ones, at another time
# of another zone, with another locale, umask, home, name of the machine and number of cores, and
# without a cache of compiled files.
elsewhere() {
	local locales=$BATS_FILE_TMPDIR/locales
	if [ ! -d "$TREE" ]; then
		mkdir -p "$TREE" "$locales"
		cp -r "$support"/../../{CMakeLists.txt,LICENSE,README.md,cmd,config,packaging,tests,updaters} "$TREE/"
		chmod -R g+w,o-rwx "$TREE"
		find "$TREE" -exec touch -h -d 2001-02-03T04:05:06Z {} +
		# In Turkish the capital of i is no I, and the comma is the point of numbers.
		localedef -i tr_TR -f UTF-8 "$locales/tr_TR.UTF-8" || [ $? = 1 ]
	fi
	env -u CMAKE_C_COMPILER_LAUNCHER -u SOURCE_DATE_EPOCH LOCPATH="$locales" LC_ALL=tr_TR.UTF-8 \
		TZ=Pacific/Kiritimati HOME=/nonexistent OMP_NUM_THREADS=3 TMPDIR="$BATS_FILE_TMPDIR" \
		unshare --uts sh -c 'hostname elsewhere; umask 027; exec faketime -f +400d "$@"' - "$@"
}

@test "built elsewhere, another day, in another language, it is the same to the byte" {
	"$support/need" dpkg-dev faketime locales || lacking "faketime and locales"
	elsewhere "$TREE/packaging/build-deb" "$OUT/again"
	cmp "$DEB" "$OUT"/again/devupd_*.deb
}

@test "so is its source" {
	"$support/../../packaging/build-deb" --source "$OUT/source"
	elsewhere "$TREE/packaging/build-deb" --source "$OUT/source-again"
	cmp "$OUT"/source/devupd_*.tar.* "$OUT"/source-again/devupd_*.tar.*
	cmp "$OUT"/source/devupd_*.dsc "$OUT"/source-again/devupd_*.dsc
}

@test "lintian has no word against it, not even a pedantic one" {
	"$support/need" lintian || lacking lintian
	# (As root it says that root should not run it.)
	run --separate-stderr lintian --allow-root --pedantic --display-info \
		--fail-on error,warning,info,pedantic "$DEB" "$OUT"/source/devupd_*.dsc
	is lintian ": 0" "$output: $status"
}

@test "an override has its reason above it" {
	# A comment stands for the overrides below it, up to the next one.
	run awk 'FNR == 1 { reason = 0 } /^#/ { reason = 1; next } /^$/ { reason = 0; next }
		!reason { print FILENAME ": " $0 }' \
		"$support"/../../packaging/debian/{devupd.,source/}lintian-overrides
	is "without a reason" ": 0" "$output: $status"
}

@test "it draws in what it needs, on a system that has nothing, and no more" {
	local aside=("$support/apt-aside" "$BATS_FILE_TMPDIR/apt" "$(dpkg --print-architecture)")
	local package drawn
	"${aside[@]}" update || true
	drawn=$("${aside[@]}" --simulate --no-install-recommends install "$DEB" | awk '/^Inst / { print $2 }')
	for package in apt ca-certificates devupd init-system-helpers libarchive13 libsystemd0 systemd; do
		grep -qxE "$package(t64)?" <<<"$drawn"
	done
	drawn=$("${aside[@]}" --simulate install "$DEB" | awk '/^Inst / { print $2 }')
	for package in dbus logrotate pkexec sudo; do
		grep -qx "$package" <<<"$drawn"
	done
	# What it can speak with, but doesn't ask for.
	run ! grep -xE 'network-manager|upower|exim4|postfix|python3|xserver.*' <<<"$drawn"
}

@test "it needs its own architecture's libraries, and serves every other one" {
	is multi-arch foreign "$(dpkg-deb -f "$DEB" Multi-Arch)"
	# A name with an architecture would tie it to one.
	run ! grep -E ':(any|amd64|arm64)' <(dpkg-deb -f "$DEB" Depends Pre-Depends Recommends)
}

@test "it has no trigger of its own: those of man-db and systemd are enough" {
	is "control files" "conffiles control md5sums postinst postrm prerm" \
		"$(dpkg-deb --ctrl-tarfile "$DEB" | tar -t | sed 's|^\./||' | grep . | sort | paste -sd ' ')"
}

@test "each program is armoured" {
	is programs 3 "$(programs | wc -l)"
	programs | xargs -d '\n' "$support/armour"
}

@test "nothing in it is newer than Ubuntu 22.04" {
	"$support/need" binutils libcurl4-doc || lacking libcurl4-doc
	programs | xargs -d '\n' "$support/oldest"
}
