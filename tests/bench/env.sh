# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# The bench's world: sourced by check and download. Everything lives in a mount, network and
# process namespace of its own and is gone when the script ends.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=${BENCH_BUILD:-$ROOT/build/bench}
W=/run/bench # a tmpfs inside the namespace
NEAR=near.bench.test FAR=far.bench.test WIRE=wire.bench.test

# --- tools and the program under test -------------------------------------------------------------

tools_build() {
	local tool libs warnings="-Wall -Wextra -Wpedantic -Wshadow -Wconversion"
	mkdir -p "$BUILD"
	for tool in floor relay rounds pss; do
		[ "$BUILD/$tool" -nt "$ROOT/tests/bench/$tool.c" ] && continue
		libs=
		[ $tool = floor ] && libs=$(pkg-config --cflags --libs libcurl libpcre2-8)
		# shellcheck disable=SC2086
		"${CC:-cc}" -O2 -std=c17 -D_GNU_SOURCE $warnings -o "$BUILD/$tool" \
			"$ROOT/tests/bench/$tool.c" -Wl,--as-needed $libs
	done
}

# Build and install the program into a folder, as a package would; its path goes to stdout.
devupd_build() {
	cmake -S "$ROOT" -B "$BUILD/devupd" -DCMAKE_BUILD_TYPE=Release -DDEVUPD_TESTS=OFF \
		-DCMAKE_INSTALL_PREFIX=/usr &&
		cmake --build "$BUILD/devupd" -j"$(nproc)" &&
		DESTDIR=$BUILD/installed cmake --install "$BUILD/devupd"
} >&2

# Start the script again inside the namespaces. In: the script and its arguments.
world_enter() {
	[ -n "${BENCH_INSIDE:-}" ] && return
	[ "$(id -u)" = 0 ] || { echo "$0: needs root, for namespaces and mounts" >&2; exit 77; }
	for program in nginx curl openssl cc pkg-config setpriv; do
		command -v $program >/dev/null || { echo "$0: no $program here" >&2; exit 77; }
	done
	tools_build
	BENCH_INSIDE=1 exec unshare --mount --net --pid --fork --kill-child --mount-proc \
		--propagation private "$@"
}

# --- the throw-away system --------------------------------------------------------------------------

world_make() {
	local dir
	mount -t tmpfs -o mode=755 bench /run
	for dir in etc usr var; do
		mkdir -p $W/over/$dir $W/work/$dir
		mount -t overlay -o "lowerdir=/$dir,upperdir=$W/over/$dir,workdir=$W/work/$dir" \
			bench /$dir
	done
	ip link set lo up
	printf '%s\n' "127.0.0.1 localhost $NEAR" "127.0.0.2 $FAR" "127.0.0.3 $WIRE" >/etc/hosts
	printf 'hosts: files\npasswd: files\ngroup: files\n' >/etc/nsswitch.conf
	echo 'person:x:59999:59999::/run/bench/home:/bin/sh' >>/etc/passwd
	echo 'person:x:59999:' >>/etc/group
	if ! grep -q '^_devupd:' /etc/passwd; then
		echo '_devupd:x:59998:59998::/nonexistent:/usr/sbin/nologin' >>/etc/passwd
		echo '_devupd:x:59998:' >>/etc/group
	fi
	install -d -o person -g person $W/home
	install -d $W/pages/p $W/pages/pool $W/sets $W/bin
	install "$BUILD"/{floor,relay,rounds,pss} "$ROOT"/tests/bench/rival_* $W/bin
	rm -rf /etc/devupd /var/lib/devupd /var/cache/devupd /var/log/devupd
	install -d /etc/devupd/{conf.d,recipes} /var/lib/devupd /var/cache/devupd/packages /run/devupd
	install -d -m 700 -o _devupd -g _devupd /var/cache/devupd/staging
	install -d -m 750 -g adm /var/log/devupd
	world_trust
	world_serve
}

# Our own CA, put where the administrator of a real system would put it.
world_trust() {
	local ec="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
	# shellcheck disable=SC2086
	openssl req -x509 $ec -days 2 -subj /CN=bench-ca -keyout $W/ca.key \
		-out /usr/local/share/ca-certificates/bench.crt 2>/dev/null
	# shellcheck disable=SC2086
	openssl req $ec -subj /CN=bench.test -keyout $W/server.key -out $W/server.csr 2>/dev/null
	openssl x509 -req -in $W/server.csr -CA /usr/local/share/ca-certificates/bench.crt \
		-CAkey $W/ca.key -CAcreateserial -days 2 -out $W/server.crt \
		-extfile <(echo "subjectAltName=DNS:*.bench.test") 2>/dev/null
	update-ca-certificates >/dev/null 2>&1
}

# nginx on the near address; one relay makes it far, another puts it behind 1 Gbit/s.
world_serve() {
	cat >$W/nginx.conf <<-END
		worker_processes auto;
		pid $W/nginx.pid;
		error_log $W/error.log;
		events { worker_connections 2048; }
		http {
			types { text/html html; application/vnd.debian.binary-package deb; }
			log_format bench
				'\$status \$body_bytes_sent \$request_time \$http_user_agent';
			access_log $W/access.log bench;
			sendfile on;
			server {
				listen 127.0.0.1:443 ssl http2 backlog=1024;
				ssl_protocols TLSv1.2 TLSv1.3;
				ssl_certificate $W/server.crt;
				ssl_certificate_key $W/server.key;
				root $W/pages;
			}
		}
	END
	nginx -c $W/nginx.conf
	$W/bin/relay 127.0.0.2 127.0.0.1 443 25 &
	$W/bin/relay 127.0.0.3 127.0.0.1 443 0 125000000 &
}

# Lay the program's files over /usr, as installing its package would. In: the DESTDIR tree.
world_install() {
	[ -x "$1/usr/bin/devupd" ] || return 1
	cp -a "$1/usr/." /usr/
	[ ! -d "$1/etc/devupd" ] || cp "$1"/etc/devupd/*.yaml /etc/devupd/
	chown -R root:root /etc/devupd /usr/bin/devupd /usr/libexec/devupd /usr/share/devupd
}

# --- packages, pages, recipes -------------------------------------------------------------------------

ARCH=$(dpkg --print-architecture)

# Pages of 300 KB, forty releases each, newest first, as a vendor's page lists them. In: how many.
pages_make() {
	awk -v n="$1" -v dir=$W/pages/p -v near=$NEAR -v arch="$ARCH" 'BEGIN {
		item = "<li class=\"Box-row d-flex\"><a href=\"/notes/%d\" data-hover=\"true\">" \
			"Fixed a regression in the editor (#%d)</a> <svg viewBox=\"0 0 16 16\">" \
			"<path d=\"M8 0a8 8 0 1 1 0 16A8 8 0 0 1 8 0Z\"/></svg></li>\n"
		for (k = 0; k < 38; k++)
			text = text sprintf(item, 4000 + k * 7, 9000 + k * 13)
		for (i = 1; i <= n; i++) {
			name = sprintf("bench-%04d", i)
			file = dir "/" name ".html"
			print "<!DOCTYPE html><html><head><title>" name "</title></head><body>" >file
			for (v = 40; v > 0; v--) {
				link = "https://" near "/pool/" name "_1." v ".0_" arch
				print "<h2 id=\"v1." v ".0\">" name " 1." v ".0</h2><ul>\n" text "</ul>" >file
				print "<a href=\"" link ".deb\">deb</a> <a href=\"" link ".rpm\">rpm</a>" >file
			}
			print "</body></html>" >file
			close(file)
		}
	}'
}

# The recipe of one package. In: name, host of the page.
recipe_print() {
	cat <<-END
		name: $1
		title: $1
		kind: deb
		package: $1
		homepage: https://$2/
		license: {name: MIT, url: https://$2/license, accept: no}
		arch: [$ARCH]
		hosts: [$NEAR, $WIRE]
		sources:
		  - page: https://$2/p/$1.html
		    link: 'https://[a-z.]+/pool/$1_(?<version>[0-9.]+)_\${arch}\.deb'
		    pick: highest
	END
}

# What dpkg says of an installed package. In: name, version.
status_print() {
	printf '\nPackage: %s\nStatus: install ok installed\nPriority: optional\nSection: devel\n' "$1"
	printf 'Installed-Size: 1024\nMaintainer: Bench <bench@bench.test>\nArchitecture: %s\n' "$ARCH"
	printf 'Version: %s\nDescription: a package of the bench\n' "$2"
}

# A set: so many packages of one host, all installed and current. In: how many, host.
set_make() {
	local i name dir=$W/sets/$1-${2%%.*}
	mkdir -p "$dir/recipes"
	cp /var/lib/dpkg/status "$dir/status"
	for ((i = 1; i <= $1; i++)); do
		printf -v name 'bench-%04d' $i
		recipe_print "$name" "$2" >"$dir/recipes/$name.yaml"
		status_print "$name" 1.40.0 >>"$dir/status"
		printf '%s\thttps://%s/p/%s.html\t%s\t%s\n' "$name" "$2" "$name" \
			"https://[a-z.]+/pool/${name}_\\K[0-9.]+(?=_$ARCH\\.deb)" \
			"https://[a-z.]+/pool/${name}_(?<version>[0-9.]+)_$ARCH\\.deb"
	done >"$dir/list"
}

# Make a set the system's own. In: how many, host.
set_use() {
	SET=$W/sets/$1-${2%%.*}
	rm -rf /etc/devupd/recipes
	cp -r "$SET/recipes" /etc/devupd/recipes
	cp "$SET/status" /var/lib/dpkg/status
}

# --- measuring and printing ----------------------------------------------------------------------------

as_person() {
	setpriv --reuid=59999 --regid=59999 --clear-groups --inh-caps=-all \
		env HOME=$W/home XDG_STATE_HOME=$W/home/state XDG_CACHE_HOME=$W/home/cache "$@"
}

# From here: median of numbers on stdin, of one column of a table, of a quotient of two columns.
median() {
	sort -n | awk '{ v[NR] = $1 } END {
		m = (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2
		if (NR) printf m < 1000 ? "%.3g\n" : "%.0f\n", m
		else print "-" }'
}
median_of() { awk -v c="$2" '$c != "-" { print $c }' "$1" | median; }
median_ratio() {
	awk -v a="$2" -v b="$3" '$a != "-" && $b != "-" { print $a / $b }' "$1" | median
}
divide() { awk -v a="$1" -v b="$2" 'BEGIN { if (a == "-" || b == "-") print "-"; else printf "%.3g\n", a / b }'; }

# One row of the table. In: measure, value, "<=" or ">=", target (or "" for none), note.
row() {
	local word=
	[ -n "${4:-}" ] && word=$(awk -v v="$2" -v op="${3:-}" -v t="${4:-}" 'BEGIN {
		print v == "-" ? "not measured" : (op == "<=" ? v <= t : v >= t) ? "met" : "short" }')
	printf '%-62s %9s  %-9s %-12s %s\n' "$1" "$2" "${4:+$3 $4}" "$word" "${5:-}"
}

row_head() {
	printf '%-62s %9s  %-9s %-12s %s\n' MEASURE VALUE TARGET '' NOTE
}
