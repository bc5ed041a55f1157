/* SPDX-License-Identifier: Apache-2.0 */
#include "tar_read.h"

#include "tar_mend.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "layer/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	BLOCK_SIZE = 256 * 1024,
	/* all headers of one entry: a PAX header may have 1 MiB, a sparse map the rest */
	HEADER_SIZE_MAX = 4 * 1024 * 1024,
	SPARSE_PIECES_MAX = 10000,
	/* deflate cannot go beyond 1032 to 1, zstd can by far; small bombs hurt nobody */
	RATIO_MAX = 5000,
	RATIO_FROM = 64 * 1024 * 1024
};

struct tar_reader {
	struct archive *archive;
	struct archive_entry *entry;
	struct tar_mend mend;
	struct decoder decoder;
	int in_fd; /* the decoder's output, or the blob itself */
	struct tar_options options;
	const struct progress *progress;
	unsigned char *block;
	struct hasher hasher;
	uint64_t blob_size; /* 0 = not known */
	uint64_t size, declared, n_entries;
	uint64_t header_size; /* of the headers being read */
	bool is_in_header, is_at_end, has_failed;
	bool ends_badly;  /* with err, behind the last bytes that could be decoded */
	struct error err; /* why the bytes stopped; libarchive only knows that they did */
};

static int check_size(const struct tar_reader *reader, struct error *err)
{
	unsigned long long max = reader->options.max_size;

	if (reader->size > reader->options.max_size)
		return error_set(err, ERROR_CORRUPT,
				 "uncompressed layer is larger than %llu bytes (largest size)",
				 max);
	if (reader->blob_size && reader->size > RATIO_FROM &&
	    reader->size / RATIO_MAX > reader->blob_size)
		return error_set(err, ERROR_CORRUPT,
				 "layer is more than %d times as large as its blob (largest ratio)",
				 RATIO_MAX);
	if (reader->is_in_header && reader->header_size > HEADER_SIZE_MAX)
		return error_set(err, ERROR_CORRUPT,
				 "headers of one tar entry have more than %d bytes",
				 HEADER_SIZE_MAX);
	return 0;
}

static int read_block(struct tar_reader *reader, size_t *ret_len, struct error *err)
{
	size_t len = 0;

	if (reader->is_at_end) {
		if (reader->ends_badly)
			*err = reader->err;
		*ret_len = 0;
		return reader->ends_badly ? -1 : 0;
	}
	if (fs_read_full(reader->in_fd, reader->block, BLOCK_SIZE, &len, err) < 0)
		return error_wrap(err, "layer");
	if (len < BLOCK_SIZE) {
		reader->is_at_end = true;
		/* what there is comes first: a tar that is cut off is a tar all the same */
		reader->ends_badly =
			reader->decoder.pid && decoder_finish(&reader->decoder, &reader->err) < 0;
		if (reader->ends_badly && !len) {
			*err = reader->err;
			return -1;
		}
	}
	hasher_add(&reader->hasher, reader->block, len);
	reader->size += len;
	reader->header_size += len;
	if (check_size(reader, err) < 0)
		return -1;
	progress_advance(reader->progress, reader->size, 0);
	*ret_len = len;
	return 0;
}

static la_ssize_t give_block(struct archive *archive, void *context, const void **ret_data)
{
	struct tar_reader *reader = context;
	size_t len = 0;

	if (!reader->has_failed && read_block(reader, &len, &reader->err) < 0)
		reader->has_failed = true;
	if (reader->has_failed) {
		archive_set_error(archive, EIO, "no more input");
		return ARCHIVE_FATAL;
	}
	tar_mend_blocks(&reader->mend, reader->block, len);
	*ret_data = reader->block;
	return (la_ssize_t)len;
}

static int fail(struct tar_reader *reader, struct error *err)
{
	if (reader->has_failed) {
		*err = reader->err;
		return -1;
	}
	const char *reason = archive_error_string(reader->archive);
	return error_set(err, ERROR_CORRUPT, "not a sound tar: %s", reason ? reason : "unknown");
}

static int start_input(struct tar_reader *reader, int blob_fd, struct error *err)
{
	unsigned char magic[DECODE_MAGIC_SIZE];
	struct stat st;

	if (lseek(blob_fd, 0, SEEK_SET) < 0)
		return error_sys(err, "rewind the layer");
	ssize_t len = pread(blob_fd, magic, sizeof(magic), 0);
	if (len < 0 || fstat(blob_fd, &st) < 0)
		return error_sys(err, "read the layer");
	enum decode_format format = decode_format_find(magic, (size_t)len);
	reader->in_fd = blob_fd;
	if (format == DECODE_NONE ||
	    (!reader->options.knows_rare && format != DECODE_GZIP && format != DECODE_ZSTD))
		return 0;
	reader->blob_size = (uint64_t)st.st_size;
	if (decoder_start(blob_fd, format, &reader->decoder, err) < 0)
		return -1;
	reader->in_fd = reader->decoder.fd;
	return 0;
}

int tar_reader_open(int blob_fd, const struct tar_options *options, const struct progress *progress,
		    struct tar_reader **ret_reader, struct error *err)
{
	cleanup(tar_reader_free) struct tar_reader *reader = xcalloc(1, sizeof(*reader));

	reader->decoder = (struct decoder)DECODER_INIT;
	reader->mend = (struct tar_mend)TAR_MEND_INIT;
	reader->options = *options;
	reader->progress = progress;
	if (start_input(reader, blob_fd, err) < 0)
		return -1;
	reader->block = xmalloc(BLOCK_SIZE);
	hasher_start(&reader->hasher);
	*ret_reader = take_ptr(&reader);
	return 0;
}

void tar_reader_free(struct tar_reader *reader)
{
	if (!reader)
		return;
	decoder_release(&reader->decoder);
	if (reader->archive)
		(void)archive_read_free(reader->archive);
	tar_mend_release(&reader->mend);
	hasher_release(&reader->hasher);
	free(reader->block);
	free(reader);
}

/* Only now, since who wants nothing but bytes needs no libarchive. */
static int ensure_archive(struct tar_reader *reader, struct error *err)
{
	if (reader->archive)
		return 0;
	reader->archive = archive_read_new();
	if (!reader->archive)
		return error_set(err, ERROR_SYSTEM, "libarchive gives no reader");
	if (archive_read_support_format_tar(reader->archive) != ARCHIVE_OK ||
	    archive_read_open(reader->archive, reader, NULL, give_block, NULL) != ARCHIVE_OK)
		return fail(reader, err);
	return 0;
}

/*
 * A name that the locale cannot show is no fault of the archive: its bytes are what we get. Any
 * other warning is about damage.
 */
static bool is_harmless(struct archive *archive)
{
	const char *text = archive_error_string(archive);

	return text && strstr(text, "can't be converted") != NULL;
}

static bool type_of(struct archive_entry *entry, enum fs_type *ret_type)
{
	static const struct {
		unsigned mode;
		enum fs_type type;
	} types[] = {
		{ AE_IFREG, FS_FILE },	       { AE_IFDIR, FS_DIR },
		{ AE_IFLNK, FS_SYMLINK },      { AE_IFCHR, FS_CHAR_DEVICE },
		{ AE_IFBLK, FS_BLOCK_DEVICE }, { AE_IFIFO, FS_FIFO },
	};

	if (archive_entry_hardlink(entry)) {
		*ret_type = FS_HARDLINK;
		return true;
	}
	for (size_t i = 0; i < countof(types); i++) {
		if (archive_entry_filetype(entry) == types[i].mode) {
			*ret_type = types[i].type;
			return true;
		}
	}
	return false;
}

static int fill_item(struct archive_entry *entry, struct tar_item *item, struct error *err)
{
	int64_t uid = archive_entry_uid(entry), gid = archive_entry_gid(entry);

	*item = (struct tar_item){ .path = archive_entry_pathname(entry) };
	if (!item->path)
		return error_set(err, ERROR_CORRUPT, "tar entry without a name");
	if (!type_of(entry, &item->type))
		return error_set(err, ERROR_CORRUPT, "'%.300s' is of an unknown kind", item->path);
	if (uid < 0 || uid >= UINT32_MAX || gid < 0 || gid >= UINT32_MAX)
		return error_set(err, ERROR_CORRUPT, "'%.300s' has an owner out of range",
				 item->path);
	item->uid = (uint32_t)uid;
	item->gid = (uint32_t)gid;
	item->mode = (uint32_t)archive_entry_perm(entry) & 07777;
	if (item->type == FS_HARDLINK)
		item->target = archive_entry_hardlink(entry);
	if (item->type == FS_SYMLINK)
		item->target = archive_entry_symlink(entry);
	if (item->type == FS_FILE)
		item->size = (uint64_t)archive_entry_size(entry);
	item->mtime = archive_entry_mtime(entry);
	long nsec = archive_entry_mtime_nsec(entry);
	item->mtime_nsec = nsec >= 0 && nsec < 1000000000 ? (uint32_t)nsec : 0;
	item->dev_major = (uint32_t)archive_entry_rdevmajor(entry);
	item->dev_minor = (uint32_t)archive_entry_rdevminor(entry);
	if (item->type == FS_SYMLINK && !item->target)
		return error_set(err, ERROR_CORRUPT, "'%.300s': symlink without a target",
				 item->path);
	return 0;
}

/* What is declared counts: a sparse file of a terabyte takes two blocks of the archive. */
static int check_budgets(struct tar_reader *reader, const struct tar_item *item, struct error *err)
{
	if (++reader->n_entries > reader->options.max_entries)
		return error_set(err, ERROR_CORRUPT, "layer has more than %llu entries",
				 (unsigned long long)reader->options.max_entries);
	if (item->size > reader->options.max_size - reader->declared)
		return error_set(err, ERROR_CORRUPT,
				 "'%.300s': the files of the layer have more than %llu bytes "
				 "(largest size)",
				 item->path, (unsigned long long)reader->options.max_size);
	reader->declared += item->size;
	if (archive_entry_sparse_count(reader->entry) > SPARSE_PIECES_MAX)
		return error_set(err, ERROR_CORRUPT,
				 "'%.300s': a sparse file of more than %d pieces", item->path,
				 SPARSE_PIECES_MAX);
	return 0;
}

int tar_reader_next(struct tar_reader *reader, struct tar_item *ret_item, struct error *err)
{
	struct tar_item item;

	reader->is_in_header = false;
	if (reader->entry && archive_read_data_skip(reader->archive) < ARCHIVE_OK)
		return fail(reader, err);
	reader->is_in_header = true;
	reader->header_size = 0;
	if (ensure_archive(reader, err) < 0)
		return -1;
	int answer = archive_read_next_header(reader->archive, &reader->entry);
	reader->is_in_header = false;
	if (answer == ARCHIVE_EOF) {
		reader->entry = NULL;
		return 0;
	}
	if (answer != ARCHIVE_OK && (answer != ARCHIVE_WARN || !is_harmless(reader->archive)))
		return fail(reader, err);
	(void)archive_entry_xattr_reset(reader->entry);
	if (fill_item(reader->entry, &item, err) < 0 || check_budgets(reader, &item, err) < 0)
		return -1;
	*ret_item = item;
	return 1;
}

int tar_reader_data(struct tar_reader *reader, const void **ret_data, size_t *ret_len,
		    uint64_t *ret_offset, struct error *err)
{
	la_int64_t offset = 0;

	int answer = archive_read_data_block(reader->archive, ret_data, ret_len, &offset);
	if (answer == ARCHIVE_EOF)
		return 0;
	if (answer != ARCHIVE_OK || offset < 0)
		return fail(reader, err);
	*ret_offset = (uint64_t)offset;
	return 1;
}

int tar_reader_xattr(struct tar_reader *reader, struct tar_xattr *ret_xattr, struct error *err)
{
	struct tar_xattr xattr = { 0 };

	if (archive_entry_xattr_next(reader->entry, &xattr.name, &xattr.value, &xattr.len) !=
		    ARCHIVE_OK ||
	    !xattr.name)
		return 0;
	if (xattr.len > UNPACK_XATTR_MAX)
		return error_set(err, ERROR_CORRUPT,
				 "extended attribute '%.300s' has more than %d bytes", xattr.name,
				 UNPACK_XATTR_MAX);
	*ret_xattr = xattr;
	return 1;
}

int tar_reader_bytes(struct tar_reader *reader, const void **ret_data, size_t *ret_len,
		     struct error *err)
{
	*ret_data = reader->block;
	return read_block(reader, ret_len, err);
}

int tar_reader_finish(struct tar_reader *reader, struct digest *ret_digest, uint64_t *ret_size,
		      struct error *err)
{
	size_t len = 0;

	do {
		if (read_block(reader, &len, err) < 0)
			return -1;
	} while (len);
	*ret_digest = hasher_finish(&reader->hasher);
	*ret_size = reader->size;
	return 0;
}
