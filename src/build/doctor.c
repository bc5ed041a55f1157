/* SPDX-License-Identifier: Apache-2.0 */
/* What a build would find here, by trying it. */
#include "doctor_snapshots.h"

#include "base/alloc.h"
#include "build/manage.h"
#include "network/private_network.h"
#include "sandbox/isolation.h"

#include <sys/utsname.h>

void doctor_report_release(struct doctor_report *report)
{
	for (size_t i = 0; i < report->n_modes; i++)
		strv_release(&report->modes[i].missing);
	free(report->kernel);
	free(report->store);
	free(report->snapshots);
	free(report->no_snapshots);
	free(report->no_network);
	*report = (struct doctor_report){ 0 };
}

static int check_modes(struct doctor_report *report, struct error *err)
{
	static const enum sandbox_isolation modes[DOCTOR_MODES] = {
		ISOLATION_NS_ROOT, ISOLATION_NS_ROOTLESS, ISOLATION_NS_SINGLE, ISOLATION_CHROOT,
		ISOLATION_NONE
	};

	for (size_t i = 0; i < DOCTOR_MODES; i++) {
		struct doctor_mode *mode = &report->modes[report->n_modes++];
		mode->name = sandbox_isolation_name(modes[i]);
		int works = isolation_check(modes[i], &mode->missing, err);
		if (works < 0)
			return error_wrap(err, "isolation '%s'", mode->name);
		mode->is_possible = works > 0;
		if (works && modes[i] != ISOLATION_NONE)
			report->can_run = true;
	}
	return 0;
}

/* In the isolation that a build would take. */
static int check_network(const struct isolation *isolation, struct doctor_report *report,
			 struct error *err)
{
	cleanup(private_network_free) struct private_network *network = NULL;
	const struct network_wishes wishes = { .reaches_host = false };
	struct private_network_found found = { .namespace_fd = -1 };

	if (isolation_refuses_run(isolation)) {
		report->no_network = xstrdup("no RUN is possible");
		return 0;
	}
	if (private_network_new(isolation, &wishes, &network, err) < 0)
		return -1;
	int is_there = private_network_wait(network, &found, err);
	close_fd_at(&found.namespace_fd);
	if (is_there < 0)
		return -1;
	report->network = found.helper;
	if (!is_there)
		report->no_network = xstrdup(found.reason);
	return 0;
}

int manage_doctor(const char *root, struct doctor_report *ret_report, struct error *err)
{
	cleanup(doctor_report_release) struct doctor_report report = { 0 };
	cleanup(isolation_free) struct isolation *isolation = isolation_new(ISOLATION_AUTO);
	struct utsname name;

	if (check_modes(&report, err) < 0 || isolation_ensure(isolation, err) < 0)
		return -1;
	report.chosen = sandbox_isolation_name(isolation_mode(isolation));
	report.landlock = isolation_landlock_version();
	report.kernel = uname(&name) == 0 ? xasprintf("%s %s", name.release, name.machine)
					  : xstrdup("unknown");
	report.store = xstrdup(root);
	if (check_network(isolation, &report, err) < 0)
		return -1;
	struct error reason = ERROR_INIT;
	if (doctor_snapshots(root, isolation, &report.snapshots, &reason) < 0)
		report.no_snapshots = xstrdup(reason.text);
	*ret_report = report;
	report = (struct doctor_report){ 0 };
	return 0;
}
