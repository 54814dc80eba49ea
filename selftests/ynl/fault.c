// SPDX-License-Identifier: GPL-2.0-only
/* Faults that end with a signal, as events. */
#include "kselftest_harness.h"
#include "client.h"
#include "mmui_test.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

/* Nobody's, and not a multiple of anything */
#define SOMEWHERE	0x7654321ULL

static pid_t fault_in_a_child(void)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		signal(SIGSEGV, SIG_DFL);
		*(volatile char *)SOMEWHERE;
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status) ||
	    WTERMSIG(status) != SIGSEGV)
		die("the child didn't fault");
	return pid;
}

static struct ynl_ntf_base_type *next_event(struct ynl_sock *ys)
{
	struct pollfd p = { .fd = ynl_socket_get_fd(ys), .events = POLLIN };

	if (!ynl_has_ntf(ys) && poll(&p, 1, 5000) == 1 && ynl_ntf_check(ys))
		die("ynl: %s", ys->err.msg);
	return ynl_has_ntf(ys) ? ynl_ntf_dequeue(ys) : NULL;
}

TEST(fault_ntf)
{
	struct mmuinspect_counters_set_req *req =
		mmuinspect_counters_set_req_alloc();
	const struct mmuinspect_fault_ntf_rsp *f;
	struct ynl_sock *ys = client();
	struct ynl_ntf_base_type *ntf;
	bool seen = false;
	pid_t pid;

	ASSERT_NE(NULL, req);
	mmuinspect_counters_set_req_set_sources(req, MMUINSPECT_SOURCE_EVENTS);
	ASSERT_EQ(0, call_error(ys, mmuinspect_counters_set(ys, req)));
	pid = fault_in_a_child();
	while (!seen && (ntf = next_event(ys))) {
		ASSERT_EQ(MMUINSPECT_CMD_FAULT_NTF, ntf->cmd);
		f = &((struct mmuinspect_fault_ntf *)ntf)->obj;
		seen = HAS(f, pid) && f->pid == pid;
		if (seen) {
			EXPECT_EQ(MMUINSPECT_FAULT_END_SIGNAL, f->end);
			EXPECT_EQ(14, f->vector);
			EXPECT_EQ(4, f->error_code & 7);
			EXPECT_EQ(SOMEWHERE, f->address);
			EXPECT_EQ(SIGSEGV, f->signal);
			EXPECT_EQ(SEGV_MAPERR, f->code);
			EXPECT_EQ(SOMEWHERE, f->signal_address);
			EXPECT_TRUE(HAS(f, user));
			EXPECT_STREQ("fault", f->comm);
			EXPECT_LT(0, f->_len.bytes);
		}
		ynl_ntf_free(ntf);
	}
	EXPECT_TRUE(seen);
	mmuinspect_counters_set_req_free(req);
	ynl_sock_destroy(ys);
}

/* Once events have been asked for and then aren't, their end comes. */
TEST(events_end_ntf)
{
	struct mmuinspect_counters_set_req *req =
		mmuinspect_counters_set_req_alloc();
	struct ynl_sock *ys = client();
	const struct mmuinspect_events_end_ntf_rsp *end = NULL;
	struct ynl_ntf_base_type *ntf;

	ASSERT_NE(NULL, req);
	mmuinspect_counters_set_req_set_sources(req, MMUINSPECT_SOURCE_EVENTS);
	ASSERT_EQ(0, call_error(ys, mmuinspect_counters_set(ys, req)));
	mmuinspect_counters_set_req_set_sources(req, 0);
	ASSERT_EQ(0, call_error(ys, mmuinspect_counters_set(ys, req)));
	while (!end && (ntf = next_event(ys))) {
		if (ntf->cmd == MMUINSPECT_CMD_EVENTS_END_NTF)
			end = &((struct mmuinspect_events_end_ntf *)ntf)->obj;
		else
			ynl_ntf_free(ntf);
	}
	ASSERT_NE(NULL, end);
	EXPECT_TRUE(HAS(end, seq));
	EXPECT_TRUE(HAS(end, lost));
	EXPECT_TRUE(HAS(end, error));
	EXPECT_EQ(0, end->error);
	ynl_ntf_free(ntf);
	mmuinspect_counters_set_req_free(req);
	ynl_sock_destroy(ys);
}

TEST_HARNESS_MAIN
