#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The audit trail: what is done to it is told, by `history --verify`, before the next run and after
# all further ones; what logrotate does is no trouble.

load ../support/e2e
log=/var/log/devupd/audit.log

setup_file() {
	[ -x /usr/sbin/logrotate ] || lacking logrotate
	world_up
	inside devupd install positron rstudio --yes --accept-license
	inside devupd hold rstudio --reason "as delivered"
	inside sh -c 'cp -a /var/log/devupd /root/log && cp -a /var/lib/devupd /root/state'
}
teardown_file() { world_down; }

# Each test begins with the trail as it was delivered.
setup() {
	inside sh -c 'rm -rf /var/log/devupd /var/lib/devupd /var/lib/logrotate/status &&
		cp -a /root/log /var/log/devupd && cp -a /root/state /var/lib/devupd'
	n=$(n_records)
}

n_records() { inside sh -c "cat $log* 2>/dev/null" | wc -l; }
tamper() { inside sed -i "$1" $log; }
rotate() { inside logrotate -f /etc/logrotate.d/devupd; }

# Some that write, of several kinds.
further_run() {
	case $1 in
	1) inside devupd hold positron ;;
	2) inside devupd upgrade --yes ;;
	3) inside devupd unhold positron ;;
	esac
}

# told TEXT: the chain is broken, and this is why.
told() {
	document inside devupd history --verify
	exits 1
	says "is not what was written"
	says "$1"
	document inside devupd history --verify --json
	exits 1
	is sound false "$(field .sound)"
	is exit 1 "$(field .exit)"
	document as_ana devupd history --verify
	exits 1
}

# told_for_ever NOW LATER: now, after each further run, and when it was rotated.
told_for_ever() {
	local i
	told "$1"
	for i in 1 2 3; do
		further_run $i
		told "$2"
	done
	rotate
	told "$2"
	further_run 1
	told "$2"
}

holds() {
	document inside devupd history --verify
	exits 0
	says "the chain holds"
}

@test "as delivered the chain holds, and goes on holding" {
	local i
	holds
	says "$n records"
	for i in 1 2 3; do
		further_run $i
		holds
	done
	run ! grep -q "begins at" <<<"$output"
}

@test "an edited record" {
	tamper '3s/"uid":0/"uid":7/'
	told_for_ever "record 3 was changed" "record 3 was changed"
}

@test "an edited last record" {
	tamper '$s/"uid":0/"uid":7/'
	told_for_ever "the state knows record $n" "record $n was changed"
}

@test "a record taken out" {
	tamper 4d
	told_for_ever "record 5 follows record 3" "record 5 follows record 3"
}

@test "two records in another order" {
	tamper '4{h;d};5G'
	told_for_ever "record 5 follows record 3" "record 5 follows record 3"
}

@test "a record invented at the end, well chained" {
	inside sh -c "prev=\$(tail -n 1 $log | tr -d '\n' | sha256sum | cut -d' ' -f1) &&
		tail -n 1 $log | sed \"s/\\\"seq\\\":$n,/\\\"seq\\\":$((n + 1)),/; s/\\\"prev\\\":\\\"[0-9a-f]*\\\"/\\\"prev\\\":\\\"\$prev\\\"/\" >>$log"
	told_for_ever "ends with record $((n + 1)), the state knows record $n" \
		"record $((n + 1)) follows record $((n + 1))"
}

@test "the last two records cut off" {
	tamper "$((n - 1)),\$d"
	told_for_ever "ends with record $((n - 2)), the state knows record $n" \
		"record $((n + 1)) follows record $((n - 2))"
}

@test "the last record alone cut off is written again, byte for byte" {
	local last
	last=$(inside tail -n 1 $log)
	tamper '$d'
	holds
	says "the next run heals it"
	further_run 1
	holds
	is record "$last" "$(inside sed -n "${n}p" $log)"
	is mended repaired "$(inside sed -n "$((n + 1))p" $log | jq -r .outcome)"
	further_run 2
	holds
}

@test "half of the last record cut off is written again" {
	local last
	last=$(inside tail -n 1 $log)
	inside truncate -s -100 $log
	holds
	says "the next run heals it"
	further_run 1
	holds
	is record "$last" "$(inside sed -n "${n}p" $log)"
}

@test "the first records cut off" {
	tamper 1,3d
	told_for_ever "begins with record 4" "begins with record 4"
}

@test "all of it emptied" {
	inside truncate -s 0 $log
	told_for_ever "ends with record 0, the state knows record $n" "record $((n + 1)) says: the log ended"
	document inside devupd history --failed
	says "the state knows record $n"
}

@test "all of it deleted" {
	inside rm $log
	told_for_ever "ends with record 0, the state knows record $n" "record $((n + 1)) says: the log ended"
}

@test "deleted, and the record that tells of it taken out" {
	inside rm $log
	further_run 1
	tamper 1d
	told_for_ever "begins with record $((n + 2))" "begins with record $((n + 2))"
}

@test "the folder deleted" {
	inside rm -r /var/log/devupd
	told_for_ever "ends with record 0, the state knows record $n" "record $((n + 1)) says: the log ended"
}

@test "the state deleted as well: what can't be told is said" {
	inside rm /var/lib/devupd/state.db
	tamper '$d'
	holds
	says "whether its end was cut off can't be told"
	run inside devupd hold positron # holds and more are lost with it: told once, nothing done
	exits 1
	holds
	says "begun anew at record $n"
	further_run 1
	holds
	says "begun anew at record $n"
}

@test "rotated by the shipped rules the chain goes on from file to file" {
	local i
	for i in 1 2 3; do
		rotate
		holds
		further_run $i
		holds
	done
	run ! grep -q "begins at" <<<"$output"
	is files 4 "$(inside sh -c "ls $log*" | wc -l)"
	is modes "640 root adm" "$(inside sh -c "stat -c '%a %U %G' $log*" | sort -u)"
	is records "$(n_records)" "$(inside devupd history --export | sed '1d;$d' | wc -l)"
	rotate # nothing new to rotate but once: an empty or missing log is none
	rotate
	holds
}

@test "rotated twenty-six times the first records are gone, and that is no error" {
	local i first
	for ((i = 0; i < 13; i++)); do
		inside sh -c 'devupd hold positron && logrotate -f /etc/logrotate.d/devupd &&
			devupd unhold positron && logrotate -f /etc/logrotate.d/devupd'
	done
	is files 24 "$(inside sh -c "ls $log*" | wc -l)"
	first=$(inside head -n 1 $log.24 | jq .seq)
	holds
	says "begins at $first: what came before was rotated away"
	further_run 2
	holds
	says "begins at $first"
	document inside devupd history --verify --json
	is begins_at "$first" "$(field .begins_at)"
	inside rm $log.24
	told "no rotation took them"
}

@test "a rotated file taken out of the middle" {
	rotate
	further_run 1
	rotate
	further_run 2
	inside rm $log.1
	told "follows record $n"
	further_run 3
	told "follows record $n"
}

@test "the oldest rotated file deleted by hand" {
	rotate
	further_run 1
	rotate
	further_run 2
	inside rm $log.2
	told_for_ever "begins with record $((n + 1))" "begins with record $((n + 1))"
}

@test "the first records of a rotated file cut off" {
	rotate
	further_run 1
	inside sed -i 1,2d $log.1
	told_for_ever "begins with record 3" "begins with record 3"
}

# rotate_packed SUFFIX: by rules that somebody changed, with that compression.
rotate_packed() {
	local program
	case $1 in
	.gz) program=gzip ;;
	.xz) program=xz ;;
	.zst) program=zstd ;;
	esac
	inside sh -ec 'sed "s|nocompress|compress\ncompresscmd /usr/bin/$2\ncompressext $1|" \
		/etc/logrotate.d/devupd >/root/rules && logrotate -f -s /root/rotated /root/rules' - "$1" $program
}

@test "rotated and compressed the chain goes on from file to file" {
	local suffix
	for suffix in .gz .xz .zst; do
		setup
		rotate_packed $suffix
		inside test -s $log.1$suffix
		run ! inside test -e $log.1
		holds
		says "$n records"
		further_run 1
		rotate_packed $suffix
		holds
		further_run 2
		rotate_packed $suffix
		further_run 3
		holds
		run ! grep -q "begins at" <<<"$output"
		is files 3 "$(inside sh -c "ls $log.*$suffix" | wc -l)"
		document as_ana devupd history --verify
		exits 0
		is exported "$(document as_ana devupd history --verify --json && field .records)" \
			"$(inside devupd history --export | sed '1d;$d' | wc -l)"
	done
}

@test "rotated and compressed twenty-six times the first records are gone, and that is no error" {
	local i
	for ((i = 0; i < 13; i++)); do
		inside devupd hold positron
		rotate_packed .gz
		inside devupd unhold positron
		rotate_packed .gz
	done
	is files 24 "$(inside sh -c "ls $log*.gz" | wc -l)"
	holds
	says "begins at $(inside sh -c "zcat $log.24.gz | head -n 1" | jq .seq)"
	further_run 2
	holds
	inside rm $log.24.gz
	told "no rotation took them"
}

# repacked SED: the rotated file, compressed, after that edit.
repacked() {
	rotate_packed .gz
	inside sh -ec 'gunzip "$1.1.gz" && sed -i "$2" "$1.1" && gzip "$1.1"' - $log "$1"
}

@test "what is done to a compressed file is told, and where" {
	repacked '3s/"uid":0/"uid":7/'
	told "audit.log.1.gz:4: record 4 does not fit what stands before it: record 3 was changed"
	further_run 2
	told "record 3 was changed"

	setup
	repacked 4d
	told "audit.log.1.gz:4: record 5 follows record 3"

	setup
	repacked '4{h;d};5G'
	told "audit.log.1.gz:4: record 5 follows record 3"

	setup
	rotate_packed .gz
	further_run 1
	inside sh -ec 'gunzip "$1.1.gz" && sed -i "\$d" "$1.1" && gzip "$1.1"' - $log
	told "audit.log:1: record $((n + 1)) follows record $((n - 1))"

	setup
	rotate_packed .gz
	further_run 1
	inside rm $log.1.gz
	told "begins with record $((n + 1))"
}

@test "a compressed file that is damaged is told, where it is, and hinders no run" {
	rotate_packed .gz
	further_run 1
	inside truncate -s -20 $log.1.gz
	told "audit.log.1.gz:"
	says "can't be unpacked from here on: gzip: "
	further_run 2
	told "can't be unpacked from here on: gzip: "
	document inside devupd history
	exits 0
	says "can't be unpacked"

	setup
	rotate_packed .zst
	further_run 1
	inside mv /usr/bin/zstd /usr/bin/zstd.away
	told "can't start /usr/bin/zstd"
	further_run 2
	inside mv /usr/bin/zstd.away /usr/bin/zstd
	holds
}

@test "a bomb in the place of a compressed file" {
	rotate_packed .gz
	further_run 1
	inside sh -c "head -c 2G /dev/zero | gzip -1 >$log.2.gz"
	document inside sh -c 'ulimit -v 400000; devupd history --verify'
	exits 1
	says "audit.log.2.gz:1: can't be unpacked from here on: a line longer than any of ours"
}

@test "history's filters" {
	local all run
	all=$(inside devupd history --json | jq '.records | length')
	is all "$n" "$all"
	document inside devupd history --json positron
	field '.records | length > 0 and all(.name == "positron")' | grep -qx true
	document inside devupd history --json --outcome installed
	is installed 2 "$(field '.records | length')"
	document inside devupd history --json --failed
	is failed 0 "$(field '.records | length')"
	run=$(inside head -n 1 $log | jq -r .run)
	document inside devupd history --json --run "$run"
	field ".records | length > 0 and all(.run == \"$run\")" | grep -qx true
	document inside devupd history --json --since 2000-01-01 --until 2099-12-31
	is since "$n" "$(field '.records | length')"
	document inside devupd history --json --since 2099-12-31
	is "since then" 0 "$(field '.records | length')"
	document inside devupd history --json --until 2000-01-01
	is "until then" 0 "$(field '.records | length')"
	document inside devupd history --until "$(inside date +%F)"
	says positron
	document inside devupd history --since yesterday-ish
	exits 2
	says "takes a date"
	document inside devupd history --outcome instaled
	exits 2
	says "did you mean 'installed'?"
	document inside devupd history --run no-such-run
	exits 0
	says "nothing on record"
	is export "$(inside cat $log)" "$(inside devupd history --export | sed '1d;$d')"
	is "export of one" 2 "$(inside devupd history --export --outcome installed | sed '1d;$d' | wc -l)"
}

@test "in this world nobody can set the machine's clock" {
	local who status
	for who in inside as_ana "as_ana sudo -n"; do
		status=$($who sed -n 's/^CapBnd:\t//p' /proc/self/status)
		is "CAP_SYS_TIME of $who" 0 $((0x$status >> 25 & 1))
	done
	status=$(inside sed -n 's/^CapBnd:\t//p' /proc/1/status)
	is "CAP_SYS_TIME of the first process" 0 $((0x$status >> 25 & 1))
}
