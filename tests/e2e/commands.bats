#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What has its own updater: off until a person enables it, then run as that person.

load ../support/e2e
setup_file() {
	world_up
	path_of ana '$HOME/.local/bin'
	for i in uv rustup rustc; do stand_in $i; done
	says_of uv version 'uv 0.9.1 (abc 2026-09-01)'
	says_of rustup check 'stable-x86_64-unknown-linux-gnu - Up to date : 1.90.0'
	says_of rustc version 'rustc 1.90.0 (1159e78c4 2026-09-14)'
}
teardown_file() { world_down; }

# stand_in NAME: a program of ana's; what it says and does for each of its verbs stands in files, each
# call in its log with the uid that it ran as.
stand_in() {
	as_ana sh -c 'mkdir -p ~/.local/bin ~/stand/$1; cat >~/.local/bin/$1; chmod +x ~/.local/bin/$1' - "$1" <<-'END'
		#!/bin/sh
		at=$HOME/stand/${0##*/}
		echo "$(id -u) $*" >>"$at/log"
		case "$*" in --version*) verb=version ;; "self update") verb=update ;; *) verb=$1 ;; esac
		[ ! -e "$at/$verb.does" ] || . "$at/$verb.does"
		[ ! -e "$at/$verb" ] || cat "$at/$verb"
		exit "$(cat "$at/$verb.code" 2>/dev/null || echo 0)"
	END
}

# says_of PROGRAM VERB TEXT [CODE]; does PROGRAM VERB SHELL
says_of() { as_ana sh -c 'cd ~/stand/$1; printf "%s\n" "$3" >"$2"; echo "$4" >"$2.code"' - "$1" "$2" "$3" "${4:-0}"; }
does() { as_ana sh -c 'echo "$3" >~/stand/$1/$2.does' - "$1" "$2" "$3"; }
calls() { as_ana sh -c 'cat ~/stand/$1/log 2>/dev/null' - "$1" || true; }
forget_calls() { as_ana sh -c 'rm -f ~/stand/*/log'; }

@test "list says which could be enabled, and starts none" {
	document as_ana devupd list --all
	exits 0
	says "found, can be enabled: updaters: {uv: {enabled: yes}}"
	says "found, can be enabled: updaters: {rustup: {enabled: yes}}"
	[[ $(grep '^poetry ' <<<"$output") == *"not found here"* ]]
	is "calls" "" "$(calls uv)$(calls rustup)"
}

@test "not enabled: neither check nor upgrade touches it" {
	document as_ana devupd check --json
	exits 0
	is "names" 0 "$(field '[.updaters[] | select(.kind == "command")] | length')"
	document as_ana devupd upgrade --yes --json
	exits 0
	is "calls" "" "$(calls uv)$(calls rustup)"
}

@test "enabled in ana's own settings: check tells the version, and that an upgrade runs it" {
	own_settings ana 'updaters: {uv: {enabled: yes}, rustup: {enabled: yes}}'
	document as_ana devupd check --json
	exits 0
	outcome uv current
	outcome rustup current
	is "version of uv" 0.9.1 "$(field 'of("uv").installed')"
	is "user" ana "$(field 'of("uv").items[0].user')"
	is "path" /home/ana/.local/bin/uv "$(field 'of("uv").items[0].path')"
	is "updates run" "" "$(calls uv | grep 'self update' || true)"
}

@test "dry-run shows the exact command and runs nothing" {
	forget_calls
	document as_ana devupd upgrade -n --json uv
	exits 0
	outcome uv available
	is "command" '["/home/ana/.local/bin/uv","self","update"]' "$(field 'of("uv").changes[0].command | tojson')"
	is "updates run" "" "$(calls uv | grep 'self update' || true)"
}

@test "upgrade runs it as ana, and tells the version before and after" {
	does uv update 'echo "uv 0.9.7 (def 2026-11-01)" >$at/version'
	document as_ana devupd upgrade --yes --json uv
	exits 0
	outcome uv updated
	says "0.9.1 -> 0.9.7"
	is "uid" "$(as_ana id -u) self update" "$(calls uv | grep 'self update')"
}

@test "nothing newer: current" {
	document as_ana devupd upgrade --yes --json uv
	exits 0
	outcome uv current
}

@test "an exit code that the recipe knows: available, then updated" {
	says_of rustup check 'stable-x86_64-unknown-linux-gnu - Update available : 1.90.0 -> 1.91.1' 100
	document as_ana devupd check --json rustup
	exits 0
	outcome rustup available
	document as_ana devupd check --exit-status rustup
	exits 4
	says "1.90.0 -> 1.91.1"
	does rustup update 'cd ~/stand; echo 0 >rustup/check.code; echo "rustc 1.91.1 (ed61e7d7e 2026-11-07)" >rustc/version'
	document as_ana devupd upgrade --yes --json rustup
	exits 0
	outcome rustup updated
	says "1.91.1"
}

@test "a failure is shown with its last words; all of them are kept" {
	does uv update 'i=0; while [ $i -lt 100 ]; do i=$((i+1)); echo "line $i"; done; echo "error: the disk is full" >&2; exit 2'
	document as_ana devupd upgrade --yes --json uv
	exits 1
	outcome uv failed
	error_code uv command
	says "the disk is full"
	as_ana grep -qx 'line 1' .local/state/devupd/commands/uv.log
	is "mode" 600 "$(as_ana stat -c %a .local/state/devupd/commands/uv.log)"
}

@test "one failed, another did not: exit 3" {
	says_of rustup check 'stable - Update available : 1.91.1 -> 1.92.0' 100
	does rustup update 'echo 0 >~/stand/rustup/check.code'
	document as_ana devupd upgrade --yes --json uv rustup
	exits 3
	outcome uv failed
	outcome rustup updated
	does uv update ':'
}

@test "a check that the recipe does not know is a failure, and nothing is run" {
	says_of rustup check 'error: could not download' 1
	forget_calls
	document as_ana devupd upgrade --yes --json rustup
	exits 1
	outcome rustup failed
	says "could not download"
	is "updates" "" "$(calls rustup | grep ' update' || true)"
	says_of rustup check 'stable - Up to date' 0
}

@test "unattended it runs too, as ana and as root for ana" {
	forget_calls
	document as_ana devupd upgrade --unattended --json uv
	exits 0
	document inside devupd upgrade --unattended --json uv
	exits 0
	is "runs, all by ana" "$(as_ana id -u) $(as_ana id -u)" \
		"$(calls uv | awk '/self update/ { print $1 }' | xargs)"
}

@test "a program that asks reads an empty input; one that hangs is ended with all that it started" {
	own_settings ana 'updaters: {uv: {enabled: yes, timeout: 2 s}}'
	does uv update 'read answer || echo "no answer"; sleep 300 & wait'
	document as_ana devupd upgrade --yes --json uv
	exits 1 # what it waited for is not known: the network is not blamed
	error_code uv command
	eventually inside sh -c '! pgrep -x sleep -u ana'
	does uv update ':'
}

@test "repair has nothing to do with it" {
	document as_ana devupd repair --yes uv
	exits 2
	says "devupd upgrade uv"
}

@test "it is on ana's record, which verifies" {
	document as_ana devupd history uv --json
	exits 0
	says updated
	says failed
	document as_ana devupd history --verify
	exits 0
}
