/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as JSON: refused with a place, or a tree that our writer can write, which is read back
 * the same; what a pointer finds is what a walk finds.
 */
#include "target.h"

#include "updaters/lib/json.h"

enum { POINTER_MAX = 4096, NODES_MAX = 2000 };

struct walk {
	const struct json *root;
	struct json_writer *w;
	char pointer[POINTER_MAX];
	size_t n, n_lost;
};

static void put_value(struct walk *walk, const struct json *value, const char *key);

/* Appends "/key", escaped; false where there is no room (our pointers' tokens have a bound). */
static bool go_down(char *pointer, const char *key)
{
	size_t len = strlen(pointer);

	if (strlen(key) > 250 || len + 2 * strlen(key) + 2 >= POINTER_MAX)
		return false;
	pointer[len++] = '/';
	for (; *key != '\0'; key++) {
		if (*key == '~' || *key == '/')
			pointer[len++] = '~';
		pointer[len++] = *key == '~' ? '0' : *key == '/' ? '1' : *key;
	}
	pointer[len] = '\0';
	return true;
}

static void put_children(struct walk *walk, const struct json *value)
{
	const size_t len = strlen(walk->pointer);

	for (size_t i = 0; i < json_count(value) && walk->n < NODES_MAX; i++) {
		const char *key = NULL;
		char number[24];
		const struct json *child = json_item(value, i, &key);

		snprintf(number, sizeof(number), "%zu", i);
		bool is_lost = !go_down(walk->pointer, key != NULL ? key : number);

		/* below a key that has no room in a pointer, none leads anywhere */
		walk->n_lost += is_lost;
		must(walk->n_lost > 0 || json_at(walk->root, walk->pointer) == child,
			"a pointer leads elsewhere");
		put_value(walk, child, key);
		walk->pointer[len] = '\0';
		walk->n_lost -= is_lost;
	}
}

static void put_value(struct walk *walk, const struct json *value, const char *key)
{
	const char *text = json_text(value);
	uint64_t n = 0;

	walk->n++;
	if (json_is_list(value) || json_is_object(value)) {
		const char *brackets = json_is_list(value) ? "[]" : "{}";

		json_open(walk->w, key, brackets[0]);
		put_children(walk, value);
		json_close(walk->w, brackets[1]);
	} else if (json_u64(value, &n)) {
		json_put_u64(walk->w, key, n);
	} else {
		json_put_str(walk->w, key, text);
	}
}

static void write_out(const struct json *root, struct buf *out, size_t *out_n)
{
	struct json_writer w;
	struct walk walk = {.root = root, .w = &w};

	json_writer_init(&w, out);
	put_value(&walk, root, NULL);
	*out_n = walk.n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED_FREE char *bytes = bytes_of(data, size);
	SCOPED(json_free) struct json *root = NULL, *again = NULL;
	SCOPED_CLEAR(buf_clear) struct buf once = {0}, twice = {0};
	struct err e = {0};
	size_t n = 0, n_again = 0;

	buf_init(&once, 8 << 20);
	buf_init(&twice, 8 << 20);
	if (!json_parse(bytes, size, &root, &e)) {
		must_be_told(&e);
		return 0;
	}
	write_out(root, &once, &n);
	if (n >= NODES_MAX || once.is_full || text_equal(buf_str(&once), "null"))
		return 0;
	must(json_parse(buf_str(&once), once.len, &again, &e), e.text);
	write_out(again, &twice, &n_again);
	must(n == n_again && text_equal(buf_str(&once), buf_str(&twice)),
		"written and read, it is another document");
	return 0;
}
