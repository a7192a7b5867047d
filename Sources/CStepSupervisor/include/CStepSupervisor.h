// SPDX-License-Identifier: Apache-2.0

#ifndef C_STEP_SUPERVISOR_H
#define C_STEP_SUPERVISOR_H

#include <stdint.h>
#include <sys/types.h>

// Functions return a negative errno when they fail.

/// One attempt, as the launcher is asked for it. Behind it come `size` bytes of strings, each ended by NUL: the attempt's folder, the
/// working folder, the wrapper, the command, the environment, the control groups. Zero means no limit, wherever a limit is named.
struct step_request {
    uint64_t size;
    /// Comes back when the supervisor has ended; never 0.
    uint64_t serial;
    int64_t time_limit_ms;
    /// From SIGTERM to SIGKILL when a limit ended the command.
    int64_t grace_ms;
    /// Bytes that the log is cut to.
    int64_t log_limit;
    /// RLIMIT_AS in bytes and RLIMIT_NPROC, for where there are no control groups.
    uint64_t address_space;
    uint64_t processes;
    /// Bytes in one file (RLIMIT_FSIZE) and in all of the working folder.
    uint64_t disk;
    /// The memory limit, only to be named in the log.
    uint64_t memory;
    /// Arguments in front of the command that make it run in a sandbox; the first is an absolute path.
    uint32_t wrapper_count;
    uint32_t argument_count;
    uint32_t environment_count;
    uint32_t group_count;
    /// Not 0: the command is ended, with its grace, when the server has ended and with it the launcher.
    uint32_t ends_with_server;
};

/// Starts a launcher of this very binary: a process with one thread that starts supervisors and ends when `*channel` is closed.
/// Its first message on the channel is the serial 0; then comes the serial of each supervisor that ended. Returns its process id.
int step_launcher_start(int *channel);

/// Hands one attempt and its lock over to the launcher; blocks while the channel is full.
int step_launcher_send(int channel, const struct step_request *request, const char *strings, int lock);

int step_pidfd_open(pid_t process);
int step_pidfd_signal(int pidfd, int signal);

// Between the two source files: what a supervisor is, and what both do with processes left behind.

/// Supervises one attempt and exits.
_Noreturn void step_supervise(const struct step_request *request, char *strings, int record);

/// Sends `signal` to every descendant of this process, but not to the `count` given children nor to those below them; when `depth` is
/// above 1, not to those less deep than that (children have depth 1). Returns how many got it.
int step_signal_descendants(int signal, int depth, const pid_t *spared, int count);

#endif
