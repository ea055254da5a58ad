# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2154
# What the end-to-end tests share. One world for all tests of a file: a file is a story, and each of
# its tests goes on where the one before stopped.

bats_require_minimum_version 1.5.0
support=$(realpath "$BATS_TEST_DIRNAME/../support")

# lacking WHAT: a skip at home, a failure where everything must be there.
lacking() {
	[ "${CI:-}" != true ] || { echo "needs $1" >&2; return 1; }
	skip "needs $1"
}

# What the story takes place in: the world, or a machine that boots a real systemd.
world_up() { box_up world; }
machine_up() { box_up machine; }

box_up() {
	[ "$(id -u)" = 0 ] || lacking root
	export BOX=$support/$1 WORLD=$BATS_FILE_TMPDIR/$1
	mkdir "$WORLD"
	local deb i
	deb=${DEVUPD_DEB:-$("$support/package")}
	"$BOX" run "$WORLD" "$deb" </dev/null >"$WORLD/log" 2>&1 3>&- &
	for ((i = 0; i < 1200; i++)); do
		[ ! -e "$WORLD/ready" ] || return 0
		kill -0 $! 2>/dev/null || break
		sleep 0.1
	done
	cat "$WORLD/log" >&2
	return 1
}

machine_down() { world_down; }
world_down() {
	[ -e "${WORLD:-}/pid" ] || return 0
	kill -KILL "$(cat "$WORLD/pid")"
	wait 2>/dev/null || true
}

inside() { "$BOX" in "$WORLD" "$@"; }
as_user() { local user=$1; shift; "$BOX" as "$user" "$WORLD" "$@"; }
as_ana() { as_user ana "$@"; }
as_ben() { as_user ben "$@"; }
vendor() { inside /srv/world/vendor "$@"; }

# document CMD...: run it, keep its JSON in $output and its words in $stderr.
document() { run --separate-stderr "$@"; }

# field FILTER: of the document; of(NAME) is one updater's part of it.
field() { jq -r "def of(\$n): .updaters[] | select(.name == \$n); $1" <<<"$output"; }

# is WHAT EXPECTED ACTUAL
is() {
	[ "$2" = "$3" ] || {
		printf '%s: expected %s, found %s\n--- output\n%s\n--- stderr\n%s\n' \
			"$1" "$2" "$3" "${output:-}" "${stderr:-}" >&2
		return 1
	}
}
exits() { is "exit code" "$1" "$status"; }
outcome() { is "outcome of $1" "$2" "$(field "of(\"$1\").outcome")"; }
error_code() { is "error of $1" "$2" "$(field "of(\"$1\").error.code")"; }

# says TEXT: stdout or stderr holds it.
says() {
	[[ "${output:-}${stderr:-}" == *"$1"* ]] ||
		{ printf 'no "%s" in:\n%s\n%s\n' "$1" "${output:-}" "${stderr:-}" >&2; return 1; }
}

says_not() { ! says "$1" 2>/dev/null; }

dpkg_version() { inside dpkg-query -W -f '${Version}' "$1"; }
dpkg_status() { inside dpkg-query -W -f '${db:Status-Abbrev}' "$1"; }

# tool_recipe PATTERN [LINE]: "tool" of cdn.posit.co/tool/, how its page is read, with this line in it.
tool_recipe() {
	inside tee /etc/devupd/recipes/tool.yaml >/dev/null <<-END
		name: tool
		kind: deb
		package: tool
		arch: [amd64]
		hosts: [cdn.posit.co]
		sources:
		  - page: https://cdn.posit.co/tool/
		    link: '$1'
		${2:-}
	END
}

# requests [PATTERN]: what the vendors were asked: "STATUS METHOD BYTES HOST URI range=... PROTOCOL"
requests() { inside grep -E -- "${1:-.}" /var/log/nginx/world.log || true; }
n_requests() { requests "$@" | wc -l; }
forget_requests() { inside truncate -s 0 /var/log/nginx/world.log; }
# Bytes of packages that went over the wire.
bytes_of_packages() { requests ' GET .*\.deb ' | awk '{ n += $3 } END { print n + 0 }'; }

# eventually CMD...: within ten seconds.
eventually() {
	local i
	for ((i = 0; i < 100; i++)); do
		! "$@" >/dev/null 2>&1 || return 0
		sleep 0.1
	done
	echo "never: $*" >&2
	return 1
}

# none_runs USERS NAME...: (by one name each: pgrep finds nothing by a pattern of over 15 characters)
none_runs() {
	local users=$1 name
	shift
	for name; do ! inside pgrep -u "$users" -x "$name" >/dev/null || return 1; done
}

# Of a maintainer script: from then on nothing can be written to the trail.
log_no_more="cd /var/log/devupd; mount --bind . .; mount -o remount,bind,ro \$PWD"

# hold_lock, free_lock: another devupd is at work; it_waits_for_lock: ours wants to be.
hold_lock() {
	inside sh -c 'setsid flock -o /run/devupd/lock sleep 4321 </dev/null >/dev/null 2>&1 3>&- &'
	eventually inside pgrep -f '^sleep 4321'
}
free_lock() { inside pkill -f 'sleep 4321'; }
it_waits_for_lock() { inside sh -c 'ls -l /proc/$(pgrep -x devupd)/fd | grep -q /run/devupd/lock'; }

# terminal [PATTERN ANSWER]... -- CMD...: ana runs it on a terminal and answers its questions.
terminal() { as_ana /srv/world/terminal "$@"; }
n_sudo() { inside sh -c 'touch /var/log/sudo.log; grep -c COMMAND= /var/log/sudo.log || true'; }

# own_settings USER TEXT: what that person's own settings say from now on.
own_settings() {
	as_user "$1" sh -c 'mkdir -p ~/.config/devupd &&
		rm -f ~/.config/devupd/devupd.yaml && umask 077 && printf "%s\n" "$1" >~/.config/devupd/devupd.yaml' - "$2"
}
# path_of USER FOLDER: new terminals of that person look there first.
path_of() {
	as_user "$1" sh -c 'echo "PATH=$1:\$PATH" >>~/.bashrc' - "$2"
}

# Homebrew, where everybody has it.
BREW=/home/linuxbrew/.linuxbrew
# brew_prefix USER STATE: a new one in place of what was there (support/brew-prefix).
brew_prefix() {
	inside sh -c 'rm -rf /home/linuxbrew && install -d -o "$1" -g "$1" /home/linuxbrew' - "$1"
	as_user "$1" /srv/world/brew-prefix $BREW "$2"
}
# upstream VERB...: what the vendor offers; upstream_alias FORMULA: what python3 means there.
upstream() { as_ana /srv/world/brew-prefix $BREW upstream "$@"; }
upstream_alias() {
	as_ana sh -c 'echo "python3|$2" >"$1.upstream/aliases"; "$1/bin/brew" update' - $BREW "$1"
	as_ana rm -f $BREW.upstream/log
}
