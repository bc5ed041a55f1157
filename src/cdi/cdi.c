/* SPDX-License-Identifier: Apache-2.0 */
#include "cdi/cdi.h"

#include "edits.h"
#include "yaml.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/text.h"
#include "base/vec.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *const CDI_DIRS[2] = { "/etc/cdi", "/var/run/cdi" };

#define CLASS_ANNOTATION "org.mobyproject.buildkit.device.class"

/* One usable document. */
struct cdi_spec {
	char *host_path;
	json_t *document; /* owned */
	const char *kind; /* borrowed from it */
	json_t *devices;  /* borrowed: an array */
};

struct cdi_specs {
	VEC(struct cdi_spec) items; /* later ones count before earlier ones */
	struct buf problems;	    /* of files that were left out */
};

void cdi_specs_free(struct cdi_specs *specs)
{
	if (!specs)
		return;
	for (size_t i = 0; i < specs->items.len; i++) {
		json_decref(specs->items.items[i].document);
		free(specs->items.items[i].host_path);
	}
	vec_release(&specs->items);
	buf_release(&specs->problems);
	free(specs);
}

/* --- reading ---------------------------------------------------------------------------------- */

static bool has_suffix(const char *name, const char *suffix)
{
	size_t len = strlen(name), suffix_len = strlen(suffix);

	return len > suffix_len && strcmp(name + len - suffix_len, suffix) == 0;
}

static int read_document(const char *host_path, json_t **ret_document, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	int found = fs_read_whole(AT_FDCWD, host_path, CDI_FILE_SIZE_MAX, host_path, &text, err);
	if (found <= 0)
		return found < 0 ? -1 : error_set(err, ERROR_NOT_FOUND, "it went away");
	if (has_suffix(host_path, ".json"))
		return value_read(text.data, text.len, host_path, ret_document, err);
	return yaml_read(text.data, text.len, ret_document, err);
}

/* A key that nobody knows is one that somebody relies on. */
static int check_keys(const json_t *document, struct error *err)
{
	static const char *const known[] = { "cdiVersion", "kind",	     "annotations",
					     "devices",	   "containerEdits", NULL };
	static const char *const of_device[] = { "name", "annotations", "containerEdits", NULL };
	const json_t *devices = json_object_get(document, "devices");
	const char *version = json_string_value(json_object_get(document, "cdiVersion"));

	if (version && !text_has_prefix(version, "0.") && !text_has_prefix(version, "1."))
		return error_set(err, ERROR_UNSUPPORTED,
				 "version %.40s of CDI is not supported yet", version);
	if (cdi_check_keys(document, known, "the file", err) < 0)
		return -1;
	for (size_t i = 0; i < json_array_size(devices); i++)
		if (cdi_check_keys(json_array_get(devices, i), of_device, "a device", err) < 0)
			return -1;
	return 0;
}

static int read_spec(const char *host_path, struct cdi_spec *ret_spec, struct error *err)
{
	cleanup(value_free) json_t *document = NULL;
	const char *kind = NULL;
	json_t *devices = NULL;

	if (read_document(host_path, &document, err) < 0 ||
	    value_get_text(document, "kind", &kind, err) < 0 ||
	    value_get_array(document, "devices", &devices, err) < 0)
		return -1;
	if (!kind || !strchr(kind, '/') || strchr(kind, '='))
		return error_set(err, ERROR_CORRUPT, "'kind' is no VENDOR/CLASS");
	if (!devices)
		return error_set(err, ERROR_CORRUPT, "it has no 'devices'");
	if (check_keys(document, err) < 0)
		return -1;
	*ret_spec = (struct cdi_spec){ .host_path = xstrdup(host_path),
				       .kind = kind,
				       .devices = devices,
				       .document = take_ptr(&document) };
	return 0;
}

static void add_file(struct cdi_specs *specs, const char *host_path)
{
	struct error problem = ERROR_INIT;
	struct cdi_spec spec;

	if (read_spec(host_path, &spec, &problem) == 0)
		vec_push(&specs->items, spec);
	else
		buf_printf(&specs->problems, "; %s cannot be used: %s", host_path, problem.text);
}

static int is_spec_file(const struct dirent *entry)
{
	return has_suffix(entry->d_name, ".json") || has_suffix(entry->d_name, ".yaml") ||
	       has_suffix(entry->d_name, ".yml");
}

static int add_dir(struct cdi_specs *specs, const char *dir, struct error *err)
{
	struct dirent **entries = NULL;
	int n = scandir(dir, &entries, is_spec_file, alphasort);

	if (n < 0)
		return errno == ENOENT ? 0 : error_sys(err, "read directory '%s'", dir);
	bool is_too_much = specs->items.len + (size_t)n > CDI_FILES_MAX;
	for (int i = 0; i < n; i++) {
		autofree char *host_path = xasprintf("%s/%s", dir, entries[i]->d_name);
		if (!is_too_much)
			add_file(specs, host_path);
		free(entries[i]);
	}
	free(entries);
	if (is_too_much)
		return error_set(err, ERROR_UNSUPPORTED, "'%s': more than %d CDI files", dir,
				 CDI_FILES_MAX);
	return 0;
}

int cdi_specs_read(const char *const *dirs, size_t n_dirs, struct cdi_specs **ret_specs,
		   struct error *err)
{
	cleanup(cdi_specs_free) struct cdi_specs *specs = xcalloc(1, sizeof(*specs));

	specs->problems = (struct buf)BUF_INIT;
	for (size_t i = 0; i < n_dirs; i++)
		if (add_dir(specs, dirs[i], err) < 0)
			return -1;
	*ret_specs = take_ptr(&specs);
	return 0;
}

/* --- finding ---------------------------------------------------------------------------------- */

struct chosen {
	const struct cdi_spec *spec;
	const json_t *device;
};

typedef VEC(struct chosen) chosen_devices;

static const char *device_name(const json_t *device)
{
	const char *name = json_string_value(json_object_get(device, "name"));

	return name ? name : "";
}

/* Of two with one name the later directory's counts: it was found first. */
static bool is_chosen(const chosen_devices *devices, const struct cdi_spec *spec,
		      const json_t *device)
{
	for (size_t i = 0; i < devices->len; i++)
		if (strcmp(devices->items[i].spec->kind, spec->kind) == 0 &&
		    strcmp(device_name(devices->items[i].device), device_name(device)) == 0)
			return true;
	return false;
}

enum search { SEARCH_NAME, SEARCH_CLASS };

static bool fits(const struct cdi_spec *spec, const json_t *device, const char *wanted,
		 enum search search)
{
	size_t len = strcspn(wanted, "=");
	const char *name = wanted[len] ? wanted + len + 1 : "";

	if (search == SEARCH_CLASS) {
		const char *class = json_string_value(
			json_object_get(json_object_get(device, "annotations"), CLASS_ANNOTATION));
		return class && strcmp(class, wanted) == 0;
	}
	if (strlen(spec->kind) != len || strncmp(spec->kind, wanted, len) != 0)
		return false;
	return !wanted[len] || strcmp(name, "*") == 0 || strcmp(name, device_name(device)) == 0;
}

static void choose(const struct cdi_specs *specs, const char *wanted, enum search search,
		   chosen_devices *devices)
{
	bool is_one = search == SEARCH_NAME && !strchr(wanted, '=');

	for (size_t i = specs->items.len; i-- > 0;) {
		const struct cdi_spec *spec = &specs->items.items[i];
		for (size_t k = 0; k < json_array_size(spec->devices); k++) {
			const json_t *device = json_array_get(spec->devices, k);
			if (!fits(spec, device, wanted, search) ||
			    is_chosen(devices, spec, device) || (is_one && devices->len))
				continue;
			struct chosen found = { .spec = spec, .device = device };
			vec_push(devices, found);
		}
	}
}

/* What the whole file asks for is done once, however many of its devices are used. */
static int apply(const chosen_devices *devices, struct cdi_edits *edits, struct error *err)
{
	for (size_t i = 0; i < devices->len; i++) {
		const struct chosen *chosen = &devices->items[i];
		bool is_first = true;
		for (size_t k = 0; k < i; k++)
			is_first &= devices->items[k].spec != chosen->spec;
		if ((is_first && cdi_edits_add(edits, chosen->spec->document, err) < 0) ||
		    cdi_edits_add(edits, chosen->device, err) < 0)
			return error_wrap(err, "%s: device '%s'", chosen->spec->host_path,
					  device_name(chosen->device));
	}
	return 0;
}

int cdi_find(const struct cdi_specs *specs, const char *name, struct cdi_edits *edits,
	     struct error *err)
{
	chosen_devices devices = VEC_INIT;

	choose(specs, name, SEARCH_NAME, &devices);
	if (!devices.len)
		choose(specs, name, SEARCH_CLASS, &devices);
	size_t n = devices.len;
	int result = apply(&devices, edits, err);
	vec_release(&devices);
	if (result < 0)
		return -1;
	if (n)
		return 1;
	(void)error_set(err, ERROR_NOT_FOUND,
			"device \"%.200s\" is not registered: no CDI file in /etc/cdi or "
			"/var/run/cdi names it%.400s",
			name, specs->problems.len ? specs->problems.data : "");
	return 0;
}
