/* SPDX-License-Identifier: Apache-2.0 */
#include "mount_list.h"

#include "base/vec.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

enum { DEFAULT_SHM_SIZE = 64 * 1024 * 1024 };

static const unsigned long hardened = MS_NOSUID | MS_NODEV | MS_NOEXEC;

struct device {
	const char *root_path;
	uint32_t mode;
	unsigned major, minor;
};

static const struct device devices[] = {
	{ "dev/null", S_IFCHR | 0666, 1, 3 },	 { "dev/zero", S_IFCHR | 0666, 1, 5 },
	{ "dev/full", S_IFCHR | 0666, 1, 7 },	 { "dev/random", S_IFCHR | 0666, 1, 8 },
	{ "dev/urandom", S_IFCHR | 0666, 1, 9 }, { "dev/tty", S_IFCHR | 0666, 5, 0 },
};

/* What BuildKit adds for --security=insecure, so that loop mounts, FUSE and KVM work. */
static const struct device insecure_devices[] = {
	{ "dev/kmsg", S_IFCHR | 0666, 1, 11 },	    { "dev/cuse", S_IFCHR | 0666, 10, 203 },
	{ "dev/fuse", S_IFCHR | 0666, 10, 229 },    { "dev/kvm", S_IFCHR | 0666, 10, 232 },
	{ "dev/net/tun", S_IFCHR | 0666, 10, 200 }, { "dev/loop-control", S_IFCHR | 0666, 10, 237 },
	{ "dev/loop0", S_IFBLK | 0666, 7, 0 },	    { "dev/loop1", S_IFBLK | 0666, 7, 1 },
	{ "dev/loop2", S_IFBLK | 0666, 7, 2 },	    { "dev/loop3", S_IFBLK | 0666, 7, 3 },
	{ "dev/loop4", S_IFBLK | 0666, 7, 4 },	    { "dev/loop5", S_IFBLK | 0666, 7, 5 },
	{ "dev/loop6", S_IFBLK | 0666, 7, 6 },	    { "dev/loop7", S_IFBLK | 0666, 7, 7 },
};

static const struct {
	const char *root_path, *text;
} links[] = {
	{ "dev/fd", "/proc/self/fd" },	     { "dev/stdin", "/proc/self/fd/0" },
	{ "dev/stdout", "/proc/self/fd/1" }, { "dev/stderr", "/proc/self/fd/2" },
	{ "dev/ptmx", "pts/ptmx" },
};

/* The union of what Docker and Podman hide. */
const char *const mount_list_hidden[] = {
	"proc/acpi",
	"proc/asound",
	"proc/interrupts",
	"proc/kcore",
	"proc/keys",
	"proc/latency_stats",
	"proc/sched_debug",
	"proc/scsi",
	"proc/timer_list",
	"proc/timer_stats",
	"sys/firmware",
	"sys/fs/selinux",
	"sys/devices/virtual/powercap",
	NULL,
};

/*
 * Process 1 has its memory in common with the builder's job, whose command line may hold build
 * arguments of other stages. What the kernel guards there is what is read; some of it can be
 * written (oom_score_adj, clear_refs).
 */
static const struct {
	enum mount_op op;
	const char *root_path;
} own_hidden[] = {
	{ MOUNT_READONLY, "proc/1" },
	{ MOUNT_HIDE_FILE, "proc/1/cmdline" },
	{ MOUNT_HIDE_DIR, "proc/1/task" },
};

static const char *const readonly[] = {
	"proc/bus", "proc/fs", "proc/irq", "proc/sys", "proc/sysrq-trigger",
};

void mount_list_release(struct mount_list *list)
{
	arena_release(&list->arena);
	vec_release(list);
}

static struct mount_entry *add(struct mount_list *list, enum mount_op op, const char *root_path)
{
	vec_push(list, (struct mount_entry){ .op = op, .root_path = root_path, .fd = -1 });
	return &list->items[list->len - 1];
}

static struct mount_entry *add_new(struct mount_list *list, const char *root_path, const char *type,
				   unsigned long flags, const char *options)
{
	struct mount_entry *entry = add(list, MOUNT_NEW, root_path);

	entry->source = type;
	entry->flags = flags;
	entry->options = options;
	entry->is_ours = strchr(root_path, '/') != NULL;
	entry->must_be_dir = !entry->is_ours;
	return entry;
}

static void add_devices(struct mount_list *list, const struct device *table, size_t n,
			bool is_optional)
{
	for (size_t i = 0; i < n; i++) {
		struct mount_entry *entry = add(list, MOUNT_DEVICE, table[i].root_path);
		entry->mode = table[i].mode;
		entry->major = table[i].major;
		entry->minor = table[i].minor;
		entry->is_ours = true;
		entry->is_optional = is_optional;
	}
}

static struct mount_entry *add_tmpfs(struct mount_list *list, const struct sandbox_mount *mount)
{
	char size[32] = "";

	if (mount->size)
		(void)snprintf(size, sizeof(size), ",size=%llu", (unsigned long long)mount->size);
	struct mount_entry *entry = add(list, MOUNT_NEW, mount->root_path);
	entry->source = "tmpfs";
	entry->flags = MS_NOSUID | MS_NODEV | (mount->is_readonly ? MS_RDONLY : 0);
	entry->takes_target_mode = !mount->mode;
	entry->uid = mount->uid;
	entry->gid = mount->gid;
	uint32_t uid = list->has_one_id ? 0 : mount->uid, gid = list->has_one_id ? 0 : mount->gid;
	entry->options = mount->mode
				 ? arena_printf(&list->arena, "mode=%o,uid=%u,gid=%u%s",
						mount->mode, uid, gid, size)
				 : arena_printf(&list->arena, "uid=%u,gid=%u%s", uid, gid, size);
	return entry;
}

/* The step's own file system for all of /dev: what is to stand there is made in it. */
static bool is_dev(const struct sandbox_mount *mount)
{
	return mount->kind == SANDBOX_MOUNT_TMPFS && strcmp(mount->root_path, "dev") == 0;
}

static struct mount_entry *add_dev_itself(struct mount_list *list, const struct sandbox_spec *spec)
{
	bool is_insecure = spec->security == SANDBOX_INSECURE;
	struct mount_entry *dev;

	for (size_t i = 0; i < spec->n_mounts; i++) {
		if (!is_dev(&spec->mounts[i]))
			continue;
		dev = add_tmpfs(list, &spec->mounts[i]);
		if (is_insecure)
			dev->flags &= ~(unsigned long)MS_NODEV;
		return dev;
	}
	dev = add(list, MOUNT_SCRATCH, "dev");
	dev->source = "dev";
	dev->attributes = MOUNT_ATTR_STRICTATIME | (is_insecure ? 0 : MOUNT_ATTR_NODEV);
	return dev;
}

/*
 * /dev itself is nodev for a confined step: it may write there and holds CAP_MKNOD, and there is no
 * device cgroup; the nodes that it may open are mounts of their own.
 */
static void add_dev(struct mount_list *list, const struct sandbox_spec *spec)
{
	bool is_insecure = spec->security == SANDBOX_INSECURE;
	uint64_t shm_size = spec->shm_size ? spec->shm_size : DEFAULT_SHM_SIZE;

	add_dev_itself(list, spec)->must_be_dir = true;
	add_devices(list, devices, countof(devices), false);
	if (is_insecure)
		add_devices(list, insecure_devices, countof(insecure_devices), true);
	for (size_t i = 0; i < countof(links); i++)
		add(list, MOUNT_LINK, links[i].root_path)->source = links[i].text;
	(void)add_new(list, "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
		      list->has_one_id ? "newinstance,ptmxmode=0666,mode=0620"
				       : "newinstance,ptmxmode=0666,mode=0620,gid=5");
	(void)add_new(
		list, "dev/shm", "tmpfs", hardened,
		arena_printf(&list->arena, "mode=1777,size=%llu", (unsigned long long)shm_size));
	(void)add_new(list, "dev/mqueue", "mqueue", hardened, NULL);
}

static void add_sys(struct mount_list *list, const struct sandbox_spec *spec,
		    const struct mount_facts *facts)
{
	unsigned long flags = hardened | (spec->security == SANDBOX_INSECURE ? 0 : MS_RDONLY);

	struct mount_entry *sys = add_new(list, "sys", "sysfs", flags, NULL);
	sys->may_be_outer = true;
	sys->attributes =
		MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	if (facts->has_cgroup2)
		(void)add_new(list, "sys/fs/cgroup", "cgroup2", flags, NULL);
}

static void add_restrictions(struct mount_list *list, const struct mount_facts *facts)
{
	for (size_t i = 0; i < countof(own_hidden); i++)
		add(list, own_hidden[i].op, own_hidden[i].root_path)->is_ours = true;
	if (facts->shows_system_paths)
		return;
	for (size_t i = 0; i < countof(readonly); i++)
		add(list, MOUNT_READONLY, readonly[i])->is_ours = true;
	for (size_t i = 0; i < facts->hidden_files.len; i++)
		add(list, MOUNT_HIDE_FILE, facts->hidden_files.items[i])->is_ours = true;
	for (size_t i = 0; i < facts->hidden_dirs.len; i++)
		add(list, MOUNT_HIDE_DIR, facts->hidden_dirs.items[i])->is_ours = true;
}

static struct mount_entry *add_file(struct mount_list *list, const char *root_path,
				    const void *data, size_t len, uint32_t mode)
{
	struct mount_entry *entry = add(list, MOUNT_FILE, root_path);

	entry->data = data;
	entry->len = len;
	entry->mode = mode;
	entry->target_is_file = true;
	entry->attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
	if (!(mode & 0111))
		entry->attributes |= MOUNT_ATTR_NOEXEC;
	return entry;
}

static void add_mount(struct mount_list *list, const struct sandbox_spec *spec,
		      const struct sandbox_mount *mount)
{
	struct mount_entry *entry;

	switch (mount->kind) {
	case SANDBOX_MOUNT_TMPFS:
		if (!is_dev(mount))
			(void)add_tmpfs(list, mount);
		return;
	case SANDBOX_MOUNT_FILE:
		entry = add_file(list, mount->root_path, mount->data, mount->len, mount->mode);
		entry->uid = mount->uid;
		entry->gid = mount->gid;
		break;
	case SANDBOX_MOUNT_PLACED: /* in a chroot, where this list is not used */
		return;
	case SANDBOX_MOUNT_FD:
	default:
		assert(mount->kind == SANDBOX_MOUNT_FD);
		entry = add(list, MOUNT_ATTACH, mount->root_path);
		entry->fd = mount->fd;
		entry->source = mount->sub_path;
		entry->target_is_file = mount->target_is_file;
		if (spec->security != SANDBOX_INSECURE && !mount->is_device)
			entry->attributes |= MOUNT_ATTR_NODEV;
		break;
	}
	if (mount->is_readonly)
		entry->attributes |= MOUNT_ATTR_RDONLY;
}

/* Behind the step's own mounts, so that one at /etc does not hide it; one at the very place wins.
 */
static void add_etc_file(struct mount_list *list, const struct sandbox_spec *spec,
			 const char *root_path, const char *content)
{
	if (!content)
		return;
	for (size_t i = 0; i < spec->n_mounts; i++)
		if (strcmp(spec->mounts[i].root_path, root_path) == 0)
			return;
	struct mount_entry *entry = add_file(list, root_path, content, strlen(content), 0644);
	entry->attributes |= MOUNT_ATTR_RDONLY;
	entry->is_optional = true;
}

void mount_list_make(const struct sandbox_spec *spec, const struct mount_facts *facts,
		     struct mount_list *ret_list)
{
	struct mount_list list = MOUNT_LIST_INIT;

	list.has_one_id = spec->isolation == ISOLATION_NS_SINGLE;
	(void)add_new(&list, "proc", "proc", hardened, NULL);
	add_dev(&list, spec);
	add_sys(&list, spec, facts);
	if (spec->security != SANDBOX_INSECURE)
		add_restrictions(&list, facts);
	for (size_t i = 0; i < spec->n_mounts; i++)
		add_mount(&list, spec, &spec->mounts[i]);
	add_etc_file(&list, spec, "etc/hosts", spec->hosts);
	add_etc_file(&list, spec, "etc/resolv.conf", spec->resolv_conf);
	*ret_list = list;
}

static const char *op_name(enum mount_op op)
{
	static const char *const names[] = {
		[MOUNT_NEW] = "new",
		[MOUNT_LINK] = "link",
		[MOUNT_DEVICE] = "device",
		[MOUNT_READONLY] = "readonly",
		[MOUNT_HIDE_FILE] = "hide-file",
		[MOUNT_HIDE_DIR] = "hide-dir",
		[MOUNT_SCRATCH] = "scratch",
		[MOUNT_FILE] = "file",
		[MOUNT_ATTACH] = "attach",
	};
	return names[op];
}

static void set_nonzero(json_t *object, const char *key, uint64_t number)
{
	int result =
		number ? json_object_set_new(object, key, json_integer((json_int_t)number)) : 0;

	assert(result == 0);
}

json_t *mount_list_dump(const struct mount_list *list)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->len; i++) {
		const struct mount_entry *entry = &list->items[i];
		json_t *object = json_object();
		value_set_text(object, "op", op_name(entry->op));
		value_set_text(object, "path", entry->root_path);
		value_set_text(object, "source", entry->source);
		value_set_text(object, "options", entry->options);
		set_nonzero(object, "flags", entry->flags);
		set_nonzero(object, "attributes", entry->attributes);
		set_nonzero(object, "mode", entry->mode);
		set_nonzero(object, "major", entry->major);
		set_nonzero(object, "minor", entry->minor);
		int result = json_array_append_new(array, object);
		assert(result == 0);
	}
	return array;
}
