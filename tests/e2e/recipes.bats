#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# A newcomer writes a recipe: linted, and tried on saved pages, with no network and no root.

load ../support/e2e
setup_file() {
	world_up
	inside devupd install positron rstudio --yes --accept-license
	vendor publish positron 2026.08.2-4
	as_ana sh -c 'mkdir -p ~/recipes && cp /usr/share/devupd/recipes/*.yaml ~/recipes/'
	# what a file of the machine is called inside
	for file in pages/login.html rstudio/downloads-desktop-2024.12.1.json quarto/quarto_download.json \
		github/expanded_assets-2026-07.real.html positron/download-page.frozen.md; do
		as_ana sh -c 'cat >"$1"' - "/home/ana/$(basename $file)" <"$BATS_TEST_DIRNAME/../fixtures/$file"
	done
}
teardown_file() { world_down; }

# at_ana NAME: ana's file of this name holds what comes in.
at_ana() { as_ana sh -c 'cat >"$1"' - "/home/ana/$1"; }
# without_network CMD...: as root, where there is none at all.
without_network() { inside unshare -n "$@"; }

@test "what is shipped is fine, for anybody" {
	for who in as_ana inside; do
		document "$who" sh -c 'devupd recipe lint /usr/share/devupd/recipes/*.yaml'
		exits 0
		is "lines that are not fine" "" "$(grep -v ': fine$' <<<"$output")"
		says "/positron.yaml: fine"
	done
}

@test "a fault is told with its place, as a person and as a script reads it" {
	at_ana recipes/bad.yaml <<-'END'
		name: bad
		kind: deb
		package: bad
		arch: [amd64]
		hosts: [s3.amazonaws.com]
		sources:
		  - page: https://example.org/
		    lnik: 'x'
	END
	document as_ana devupd recipe lint recipes/bad.yaml recipes/uv.yaml
	exits 5
	says "recipes/bad.yaml:5:"
	says "shared by many owners"
	says 'recipes/bad.yaml:8:5: unknown key "lnik"'
	says "recipes/uv.yaml: fine"
	document as_ana devupd recipe lint recipes/bad.yaml recipes/uv.yaml --json
	exits 5
	is verb recipe "$(field .verb)"
	is schema devupd/1 "$(field .schema)"
	is exit 5 "$(field .exit)"
	is "ok of each" "false true" "$(field '[.files[].ok | tostring] | join(" ")')"
	is place 8:5 "$(field '.files[0].complaints[] | select(.text | test("lnik")) | "\(.line):\(.column)"')"
	document as_ana devupd recipe lint nowhere/x.yaml
	exits 5
	says "No such file"
	as_ana mv recipes/bad.yaml recipes/other.yaml
	document as_ana devupd recipe lint recipes/other.yaml
	says "make them the same"
	as_ana rm recipes/other.yaml
}

@test "what is allowed and unwise is a warning" {
	at_ana quarto.yaml <<-'END'
		name: quarto
		kind: deb
		package: quarto
		arch: [amd64, arm64]
		hosts: [github.com/quarto-dev/]
		sources:
		  - json: https://quarto.org/docs/download/_download.json
		    items: /assets
		    match: {/name: '^quarto-[0-9.]+-linux-${arch}\.deb$'}
		    version: /version
		    url: /download_url
		    sha256: /checksum
		    size: /size
		    date: /published
	END
	document as_ana devupd recipe lint quarto.yaml
	exits 0
	says "quarto.yaml:6:1: warning: 1 address"
	says "quarto.yaml: fine, 1 warning"
}

@test "a new recipe is tried on the vendor's own document" {
	document without_network devupd recipe test /home/ana/quarto.yaml --page /home/ana/quarto_download.json
	exits 0
	# shellcheck disable=SC2154
	is stderr "" "$stderr"
	says "quarto: version  1.7.34"
	says "quarto-1.7.34-linux-amd64.deb"
	says "quarto: sha256   d95a529c6b43541dd56006b52e1126e850066346707923c885e70f39b1f8bc8a"
	says "quarto: date     2025-08-29T11:00:30"
	says "would now ask https://github.com/quarto-dev/"
	document as_ana devupd recipe test quarto.yaml --page quarto_download.json --json
	exits 0
	is outcome available "$(field .outcome)"
	is available 1.7.34 "$(field .available)"
	is date 2025-08-29T11:00:30.000Z "$(field .date)"
	is error null "$(field .error)"
	is taken 1 "$(field '[.steps[] | select(.taken)] | length')"
}

@test "what explain saved is tried, and no server hears of it" {
	as_ana devupd explain positron --save saved
	forget_requests
	run as_ana ls saved
	says positron-1.page
	document as_ana devupd recipe test recipes/positron.yaml --page saved/positron-1.page
	exits 0
	says "positron: version  2026.08.2+4 (there: 2026.08.2-4)"
	says "taken"
	says "would now ask https://cdn.posit.co/positron/releases/checksums/"
	document without_network devupd recipe test /home/ana/recipes/positron.yaml --page /home/ana/saved/positron-1.page
	exits 0
	says "2026.08.2+4"
	is "requests" 0 "$(n_requests)"
}

@test "it says why the others were not taken" {
	document as_ana devupd recipe test recipes/positron.yaml --page download-page.frozen.md
	exits 0
	says "from source 3 ("
	document as_ana devupd recipe test recipes/rstudio.yaml --page downloads-desktop-2024.12.1.json
	exits 0
	says "the page is JSON, which another source reads"
	says "rstudio: version  2024.12.1+563"
	says "rstudio: date     2025-02-13"
}

@test "a page without a match is exit 6, and each source says so" {
	document as_ana devupd recipe test recipes/rstudio.yaml --page login.html
	exits 6
	says "no .deb link on https://posit.co/download/rstudio-desktop/"
	document as_ana devupd recipe test recipes/rstudio.yaml --page login.html --json
	exits 6
	is "error's code" no-release "$(field .error.code)"
	is outcome failed "$(field .outcome)"
	document as_ana devupd recipe test recipes/positron.yaml --page expanded_assets-2026-07.real.html
	exits 6
}

@test "a hostile page rules no terminal, and 8 MiB of it are read" {
	as_ana sh -c '{ printf "\033]0;owned\007\033[2J\000\000"
		printf "https://cdn.posit.co/positron/releases/deb/x86_64/Positron-2026.08.3-1-x64.deb\033[31m\n"
		printf "https://cdn.posit.co/positron/releases/deb/x86_64/Positron-\033[1m-x64.deb\n"
		head -c 8388000 /dev/zero; } | head -c 8388608 >hostile.page'
	document as_ana devupd recipe test recipes/positron.yaml --page hostile.page
	exits 0
	says "2026.08.3+1"
	is "escapes" 0 "$(tr -cd '\033\007\000' <<<"$output$stderr" | wc -c)"
	as_ana sh -c 'echo >>hostile.page; head -c 1000 /dev/zero >>hostile.page'
	document as_ana devupd recipe test recipes/positron.yaml --page hostile.page
	exits 1
	says "hostile.page: "
	says "more than the 8388608 allowed"
}

@test "what is no page is refused, and nothing waits for it" {
	for page in /nonexistent /etc /dev/zero; do
		document as_ana timeout 20 devupd recipe test recipes/positron.yaml --page $page
		exits 1
		says "$page"
	done
	as_ana mkfifo pipe
	document as_ana timeout 20 devupd recipe test recipes/positron.yaml --page pipe
	exits 1
	says "no regular file"
}

@test "usage" {
	document as_ana devupd recipe test recipes/positron.yaml
	exits 2
	says "--page FILE"
	document as_ana devupd recipe test recipes/uv.yaml --page login.html
	exits 2
	says "kind command"
	document as_ana devupd recipe tset recipes/uv.yaml
	exits 2
	says "did you mean 'test'"
	document as_ana devupd recipe test recipes/uv.yaml recipes/positron.yaml --page login.html
	exits 2
	document as_ana devupd recipe lint recipes/uv.yaml --page login.html
	exits 2
	document as_ana devupd recipe
	exits 2
	document as_ana devupd check --page login.html
	exits 2
}

@test "wrong settings are no hindrance, a wrong recipe is" {
	inside sh -c 'echo "nonsense: 1" >/etc/devupd/devupd.yaml'
	document as_ana devupd check
	exits 5
	document as_ana devupd recipe lint recipes/positron.yaml
	exits 0
	document as_ana devupd recipe test recipes/positron.yaml --page saved/positron-1.page
	exits 0
	inside rm /etc/devupd/devupd.yaml
	as_ana sh -c 'echo "flavour: x" >>recipes/positron.yaml'
	document as_ana devupd recipe test recipes/positron.yaml --page saved/positron-1.page
	exits 5
	says 'unknown key "flavour"'
	document as_ana devupd recipe test recipes/positron.yaml --page saved/positron-1.page --json
	is "error's code" config "$(field .error.code)"
}

@test "nothing of it was kept" {
	as_ana sh -c 'rm -rf ~/.local/state/devupd ~/.cache/devupd'
	as_ana devupd recipe test quarto.yaml --page quarto_download.json
	document as_ana devupd history
	is history "" "$(grep quarto <<<"$output")"
	run as_ana sh -c 'grep -c quarto-dev ~/.local/state/devupd/* ~/.cache/devupd/* 2>/dev/null'
	is "places that know of it" "" "$(grep -v ':0$' <<<"$output")"
}
