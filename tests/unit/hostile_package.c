/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hostile_package.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "updaters/lib/child.h"
#include "updaters/lib/debfile.h"
#include "updaters/lib/fs.h"

enum { BLOCK = 512, BYTES_MAX = 64 << 20 };

/* A test that can't be made is no test. */
static void must(bool is_done, const char *what)
{
	if (is_done)
		return;
	fprintf(stderr, "hostile_package: %s\n", what);
	abort();
}

/* --- tar --------------------------------------------------------------------- */

void hostile_tar_seal(struct buf *tar, size_t at)
{
	unsigned char *header = (unsigned char *)tar->data + at;
	unsigned sum = 0;
	char text[8];

	memset(header + 148, ' ', 8);
	for (size_t i = 0; i < BLOCK; i++)
		sum += header[i];
	snprintf(text, sizeof(text), "%06o", sum);
	memcpy(header + 148, text, 7);
}

static void pad(struct buf *tar)
{
	static const char zeros[BLOCK];

	buf_put(tar, zeros, (BLOCK - tar->len % BLOCK) % BLOCK);
}

/* So many digits; the NUL behind them is there already. */
static void put_octal(char *at, size_t n_digits, size_t number)
{
	for (; n_digits > 0; number >>= 3)
		at[--n_digits] = (char)('0' + (number & 7));
}

static void put_one(struct buf *tar, const char *name, char type, const char *target, unsigned mode,
	const char *content)
{
	size_t at = tar->len, len = content != NULL ? strlen(content) : 0;
	char header[BLOCK] = {0};

	memcpy(header, name, strnlen(name, 100));
	put_octal(header + 100, 7, mode);
	put_octal(header + 108, 7, 0);
	put_octal(header + 116, 7, 0);
	put_octal(header + 124, 11, len);
	put_octal(header + 136, 11, 0);
	header[156] = type;
	if (target != NULL)
		memcpy(header + 157, target, strnlen(target, 100));
	memcpy(header + 257, "ustar  ", 8);
	buf_put(tar, header, sizeof(header));
	hostile_tar_seal(tar, at);
	if (len > 0)
		buf_put(tar, content, len);
	pad(tar);
}

void hostile_tar_put(struct buf *tar, const struct hostile_entry *entry)
{
	char type = entry->type != 0 ? entry->type : '0';

	if (entry->long_name != NULL)
		put_one(tar, "././@LongLink", 'L', NULL, 0644, entry->long_name);
	put_one(tar, entry->name, type, entry->target, entry->mode != 0 ? entry->mode : 0644,
		entry->content);
}

void hostile_tar_end(struct buf *tar)
{
	static const char zeros[2 * BLOCK];

	buf_put(tar, zeros, sizeof(zeros));
}

void hostile_pack(struct buf *bytes, const char *filter)
{
	char path[] = "/tmp/devupd-unit-XXXXXX", line[512], *packed = NULL;
	SCOPED_CLOSE int fd = mkstemp(path);
	const char *const argv[] = {"/bin/sh", "-c", line, NULL};
	struct child_spec spec = {.argv = argv};
	SCOPED_FREE char *said = NULL;
	struct err e = {0};
	int status = 0;
	size_t len = 0;

	must(fd >= 0 && fs_write_all(fd, bytes->data, bytes->len, path, &e), e.text);
	snprintf(line, sizeof(line), "{ %s\n} < %s > %s.out", filter, path, path);
	must(child_run(&spec, 60000, 4096, &said, NULL, &status, &e) && status == 0, line);
	snprintf(line, sizeof(line), "%s.out", path);
	must(fs_read(line, BYTES_MAX, &packed, &len, &e), e.text);
	unlink(path);
	unlink(line);
	buf_reset(bytes);
	buf_put(bytes, packed, len);
	free(packed);
}

/* --- ar ---------------------------------------------------------------------- */

void hostile_begin(struct buf *deb)
{
	buf_init(deb, BYTES_MAX);
	buf_puts(deb, "!<arch>\n");
}

void hostile_member(struct buf *deb, const char *name, const void *bytes, size_t len)
{
	buf_printf(deb, "%-16s%-12d%-6d%-6d%-8o%-10zu`\n", name, 0, 0, 0, 0100644U, len);
	buf_put(deb, bytes, len);
	if (len % 2 == 1)
		buf_put(deb, "\n", 1);
}

static void put_tar(
	struct buf *deb, const char *stem, const char *suffix, const char *filter, struct buf *tar)
{
	char name[32];

	hostile_tar_end(tar);
	if (filter != NULL)
		hostile_pack(tar, filter);
	snprintf(name, sizeof(name), "%s%s", stem, suffix != NULL ? suffix : "");
	hostile_member(deb, name, tar->data, tar->len);
}

void hostile_build(const struct hostile_parts *parts, struct buf *out)
{
	static const struct hostile_entry top = {.name = "./", .type = '5', .mode = 0755},
					  file = {.name = "./file", .content = "some data\n"};
	struct hostile_entry control = {.name = "./control",
		.content = parts->control != NULL ? parts->control : HOSTILE_CONTROL};
	SCOPED_CLEAR(buf_clear) struct buf inner = {0}, outer = {0};

	buf_init(&inner, BYTES_MAX);
	buf_init(&outer, BYTES_MAX);
	hostile_tar_put(&inner, &top);
	hostile_tar_put(&outer, &top);
	if (parts->more_control != NULL)
		hostile_tar_put(&inner, parts->more_control);
	hostile_tar_put(&inner, &control);
	hostile_tar_put(&outer, &file);
	if (parts->more_data != NULL)
		hostile_tar_put(&outer, parts->more_data);
	hostile_begin(out);
	hostile_member(out, "debian-binary", "2.0\n", 4);
	put_tar(out, "control.tar", parts->control_suffix, parts->control_filter, &inner);
	put_tar(out, "data.tar", parts->data_suffix, parts->data_filter, &outer);
}

/* --- who reads it ------------------------------------------------------------ */

int hostile_open(const struct buf *deb)
{
	struct err e = {0};
	int fd = memfd_create("deb", 0); /* dpkg-deb opens it by /proc */

	must(fd >= 0 && fs_write_all(fd, deb->data, deb->len, "memory", &e), e.text);
	return fd;
}

bool hostile_check(const struct buf *deb, struct dpkg_control *out, struct err *e)
{
	SCOPED_CLOSE int fd = hostile_open(deb);

	return debfile_check(fd, NULL, out, e);
}

static int run_dpkg_deb(
	const struct buf *deb, const char *verb, const char *field, char *out, size_t out_size)
{
	SCOPED_CLOSE int fd = hostile_open(deb);
	SCOPED_FREE char *said = NULL, *errors = NULL;
	char path[64];
	const char *argv[] = {"/usr/bin/dpkg-deb", verb, path, field, NULL};
	struct child_spec spec = {.argv = argv};
	struct err e = {0};
	int status = 0;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)getpid(), fd);
	must(child_run(&spec, 60000, BYTES_MAX, &said, &errors, &status, &e), e.text);
	if (out != NULL)
		text_copy_cut(out, out_size, text_trim(said));
	return status;
}

bool hostile_dpkg_takes(const struct buf *deb)
{
	return run_dpkg_deb(deb, "-f", NULL, NULL, 0) == 0 &&
	       run_dpkg_deb(deb, "-I", NULL, NULL, 0) == 0 &&
	       run_dpkg_deb(deb, "-c", NULL, NULL, 0) == 0;
}

void hostile_dpkg_field(const struct buf *deb, const char *field, char *out, size_t out_size)
{
	run_dpkg_deb(deb, "-f", field, out, out_size);
}
