/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * replay FOLDER...: gives each file of a corpus to a fuzz target, with any compiler.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "updaters/lib/fs.h"

enum { CORPUS_FILE_MAX = 8 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void replay_file(const char *folder, const char *name)
{
	SCOPED_FREE char *bytes = NULL;
	char path[4096];
	size_t len = 0;
	struct err e = {0};

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	printf("%s\n", name);
	fflush(stdout);
	if (!fs_read(path, CORPUS_FILE_MAX, &bytes, &len, &e)) {
		fprintf(stderr, "%s\n", e.text);
		exit(1);
	}
	LLVMFuzzerTestOneInput((const uint8_t *)bytes, len);
}

static size_t replay_folder(const char *folder)
{
	DIR *files = opendir(folder);
	size_t n = 0;

	if (files == NULL) {
		perror(folder);
		exit(1);
	}
	for (struct dirent *file = readdir(files); file != NULL; file = readdir(files)) {
		/* a folder of real material may hold others */
		if (file->d_name[0] == '.' || file->d_type == DT_DIR)
			continue;
		replay_file(folder, file->d_name);
		n++;
	}
	closedir(files);
	return n;
}

int main(int argc, char **argv)
{
	size_t n = 0;

	for (int i = 1; i < argc; i++)
		n += replay_folder(argv[i]);
	printf("%zu files\n", n);
	return n > 0 ? 0 : 1;
}
