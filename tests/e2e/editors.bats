#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Import paths in the settings of editors: stale ones replaced, missing ones added, all else kept.

load ../support/e2e
config=/home/ana/.config
keg=$BREW/Cellar/python@3.11/3.11.2/lib/python3.11/site-packages
stale=$BREW/Cellar/python@3.11/3.11.1/lib/python3.11/site-packages
lasting=$BREW/opt/python@3.11/lib/python3.11/site-packages
site=/home/ana/.local/lib/python3.11/site-packages
setup_file() {
	world_up
	path_of ana $BREW/bin
	brew_prefix ana brew
	as_ana sh -c "cd /srv/world && ./brew-prefix $BREW python python@3.11 3.11.2 main &&
		./brew-prefix $BREW linked python@3.11 3.11.2 && mkdir -p $keg/demo && touch $keg/demo/__init__.py"
}
teardown_file() { world_down; }
setup() { as_ana rm -rf .config .local .var; }

# settings EDITOR: its settings are what stands on stdin, with @stale@ … put in.
settings() { inside_config "$1/settings.json"; }
inside_config() {
	as_ana sh -c 'mkdir -p "$(dirname "$1")"; cat >"$1"' - "$config/$1" < <(sed "$words")
}
words="s:@stale@:$stale:g; s:@lasting@:$lasting:g; s:@site@:$site:g"
user_packages() { as_ana mkdir -p $site/mine; as_ana touch $site/mine/__init__.py; }
# holds EDITOR: its settings are what stands on stdin, byte by byte.
holds() {
	inside cat "$config/$1/settings.json" >"$BATS_TEST_TMPDIR/found"
	sed "$words" >"$BATS_TEST_TMPDIR/expected"
	cmp "$BATS_TEST_TMPDIR/expected" "$BATS_TEST_TMPDIR/found" ||
		{ diff -u "$BATS_TEST_TMPDIR/expected" "$BATS_TEST_TMPDIR/found" | cat -A >&2; return 1; }
}
mended() {
	document as_ana devupd repair -y --json editor-paths
	exits 0
	outcome editor-paths repaired
}

@test "no editor: absent" {
	document as_ana devupd check --json
	exits 0
	outcome editor-paths absent
}

mine='// mine: do not touch
{
    "editor.fontSize": 13, // one
    /* import paths */
    "python.analysis.extraPaths": [
        "./src",          // relative: mine
        "@stale@", // numpy and friends
        "/usr/lib/python3/dist-packages", /* alive */
    ],
    "z": {"deep": [1, 2, {"x": null}]},
}
'

@test "found, shown, mended, proved; a second run finds nothing; undone, found again" {
	settings Code/User <<<"$mine"
	document as_ana devupd check --json editor-paths
	exits 0
	outcome editor-paths broken
	is "path" $config/Code/User/settings.json "$(field 'of("editor-paths").items[0].path')"
	is "state" cellar "$(field 'of("editor-paths").items[0].state')"
	run as_ana devupd repair -n editor-paths
	exits 0
	says "$stale -> $lasting"
	holds Code/User <<<"$mine"
	mended
	holds Code/User <<<"${mine/@stale@/@lasting@}"
	document as_ana devupd repair -y --json editor-paths
	exits 0
	outcome editor-paths current
	is "changes of a second run" "[]" "$(field 'of("editor-paths").changes | tojson')"
	document as_ana devupd repair --undo -y --json
	exits 0
	outcome editor-paths rolled-back
	holds Code/User <<<"$mine"
	document as_ana devupd check --json editor-paths
	outcome editor-paths broken
	run as_ana devupd history --verify
	exits 0
}

@test "CRLF, tabs and a BOM stay as they are" {
	printf '\xef\xbb\xbf{\r\n\t"a": 1,\r\n\t"python.analysis.extraPaths": ["@stale@"]\r\n}\r\n' | settings VSCodium/User
	mended
	printf '\xef\xbb\xbf{\r\n\t"a": 1,\r\n\t"python.analysis.extraPaths": ["@lasting@"]\r\n}\r\n' | holds VSCodium/User
}

@test "mode, owner, and the link that leads to the file stay" {
	inside_config dotfiles/settings.json <<<'{"python.analysis.extraPaths": ["@stale@"]}'
	as_ana sh -c "chmod 640 $config/dotfiles/settings.json; mkdir -p $config/Code/User; ln -s ../../dotfiles/settings.json $config/Code/User/"
	mended
	is "the link" ../../dotfiles/settings.json "$(inside readlink $config/Code/User/settings.json)"
	is "mode and owner" "640 ana" "$(inside stat -c '%a %U' $config/dotfiles/settings.json)"
	holds Code/User <<<'{"python.analysis.extraPaths": ["@lasting@"]}'
}

@test "without configuration the user's packages are added, each editor by its own key" {
	user_packages
	settings Code/User <<<'{}'
	settings Positron/User </dev/null
	settings Cursor/User <<<'{"x": 1}'
	mended
	is "Code" "$site" "$(inside jq -r '."python.analysis.extraPaths"[]' $config/Code/User/settings.json)"
	is "Positron" "$site" "$(inside jq -r '."python.pyrefly.extraSearchPaths"[]' $config/Positron/User/settings.json)"
	is "Cursor" "1 $site" "$(inside jq -r '.x, ."python.analysis.extraPaths"[]' $config/Cursor/User/settings.json | xargs)"
	is "who" 3 "$(field 'of("editor-paths").items | length')"
	run as_ana devupd repair --undo -y
	exits 0
	holds Code/User <<<'{}'
	holds Positron/User </dev/null
	holds Cursor/User <<<'{"x": 1}'
}

@test "a live entry is left alone, beside what is added" {
	user_packages
	settings Code/User <<-'END'
		{
		  "python.analysis.extraPaths": [
		    "/usr/lib/python3/dist-packages" // alive
		  ] // the end
		}
	END
	mended
	holds Code/User <<-'END'
		{
		  "python.analysis.extraPaths": [
		    "/usr/lib/python3/dist-packages", // alive
		    "@site@"
		  ] // the end
		}
	END
}

@test "profiles and flatpak's folder are looked at, too" {
	inside_config Code/User/profiles/abc/settings.json <<<'{"python.analysis.extraPaths": ["@stale@"]}'
	as_ana sh -c "mkdir -p ~/.var/app/com.vscodium.codium/config; mv $config/Code ~/.var/app/com.vscodium.codium/config/VSCodium"
	settings Code/User <<<'{}'
	mended
	as_ana grep -qF "$lasting" .var/app/com.vscodium.codium/config/VSCodium/User/profiles/abc/settings.json
	holds Code/User <<<'{}'
}

@test "a default interpreter that leads nowhere gets the lasting path" {
	settings Positron/User <<<"{\"python.defaultInterpreterPath\": \"$BREW/Cellar/python@3.11/3.11.1/bin/python3.11\"}"
	mended
	holds Positron/User <<<"{\"python.defaultInterpreterPath\": \"$BREW/opt/python@3.11/bin/python3.11\"}"
}

@test "what does not parse is left alone, with file:line:column; the others are mended" {
	settings Code/User <<-'END'
		{
		  "a": 1
		  "python.analysis.extraPaths": ["@stale@"]
		}
	END
	settings Cursor/User <<<'{"python.analysis.extraPaths": ["@stale@"]}'
	inside sha256sum $config/Code/User/settings.json >"$BATS_TEST_TMPDIR/sum"
	document as_ana devupd check --json editor-paths
	exits 0
	outcome editor-paths broken
	says "settings.json:3:3"
	document as_ana devupd repair -y --json editor-paths
	says "settings.json:3:3"
	is "Code's settings" "$(cat "$BATS_TEST_TMPDIR/sum")" "$(inside sha256sum $config/Code/User/settings.json)"
	holds Cursor/User <<<'{"python.analysis.extraPaths": ["@lasting@"]}'
}

@test "changed by somebody since: the undo leaves it alone and says so" {
	settings Code/User <<<'{"python.analysis.extraPaths": ["@stale@"]}'
	mended
	settings Code/User <<<'{"python.analysis.extraPaths": ["@lasting@"], "mine": 1}'
	document as_ana devupd repair --undo -y --json
	exits 3
	outcome editor-paths failed
	holds Code/User <<<'{"python.analysis.extraPaths": ["@lasting@"], "mine": 1}'
}

@test "the person's own settings say which paths are theirs" {
	as_ana mkdir -p work/lib/thing
	as_ana touch work/lib/thing/__init__.py
	own_settings ana 'updaters: {editor-paths: {paths: ["${home}/work/lib"]}}'
	settings Code/User <<<'{}'
	mended
	is "Code" /home/ana/work/lib "$(inside jq -r '."python.analysis.extraPaths"[]' $config/Code/User/settings.json)"
}

@test "settings of somebody else are no business of ana's" {
	settings Code/User <<<'{"python.analysis.extraPaths": ["@stale@"]}'
	inside chown root $config/Code/User/settings.json
	document as_ana devupd repair -y --json editor-paths
	holds Code/User <<<'{"python.analysis.extraPaths": ["@stale@"]}'
	is "owner" root "$(inside stat -c %U $config/Code/User/settings.json)"
	says root
}

@test "doctor python: terminal, editors and venvs on one screen, and why they differ" {
	settings Code/User <<<"{\"python.defaultInterpreterPath\": \"/usr/bin/python3\"}"
	as_ana $BREW/bin/python3 -m venv --without-pip /home/ana/venv
	run as_ana devupd doctor python
	exits 0
	says "WHO"
	[[ $output =~ terminal\ +3\.11\.2\ +$BREW/Cellar/python@3.11/3.11.2/bin/python3.11 ]]
	[[ $output =~ code\ +3\.11 ]]
	[[ $output =~ venv ]]
	as_ana ln -sfn $BREW/Cellar/python@3.11/3.11.1/bin/python3.11 /home/ana/venv/bin/python3
	run as_ana devupd doctor python
	says "broken"
	says "devupd repair"
	document as_ana devupd doctor python --json
	is "who" true "$(jq '[.interpreters[].who] | index("terminal") != null' <<<"$output")"
}
