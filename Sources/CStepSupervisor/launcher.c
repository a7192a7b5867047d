// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE

#include "CStepSupervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define LAUNCHER_NAME "dhow-step-launcher"
#define LAUNCHER_CHANNEL 3
#define LARGEST_REQUEST (64u << 20)

// In the server.

int step_launcher_start(int *channel) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return -errno;

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    // By way of a number that is surely another: a descriptor copied onto itself would keep its close-on-exec.
    posix_spawn_file_actions_adddup2(&actions, pair[1], 1000);
    posix_spawn_file_actions_adddup2(&actions, 1000, LAUNCHER_CHANNEL);
    posix_spawn_file_actions_addclosefrom_np(&actions, LAUNCHER_CHANNEL + 1);
    posix_spawn_file_actions_addchdir_np(&actions, "/");

    posix_spawnattr_t attributes;
    sigset_t signals;
    posix_spawnattr_init(&attributes);
    sigfillset(&signals);
    posix_spawnattr_setsigmask(&attributes, &signals);
    posix_spawnattr_setsigdefault(&attributes, &signals);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

    // Nothing of the environment but where the dynamic loader looks: the rest may hold secrets, and steps bring their own.
    char *kept[16];
    int count = 0;
    for (char **variable = environ; *variable && count < 15; variable++) {
        if (strncmp(*variable, "LD_", 3) == 0) kept[count++] = *variable;
    }
    kept[count] = NULL;
    char *arguments[] = {LAUNCHER_NAME, NULL};
    pid_t process = 0;
    int failure = posix_spawn(&process, "/proc/self/exe", &actions, &attributes, arguments, kept);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(pair[1]);
    if (failure != 0) {
        close(pair[0]);
        return -failure;
    }
    *channel = pair[0];
    return process;
}

static int send_all(int channel, const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t sent = send(channel, bytes, count, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) return -errno;
        bytes += sent;
        count -= (size_t)sent;
    }
    return 0;
}

int step_launcher_send(int channel, const struct step_request *request, const char *strings, int lock) {
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    memset(&control, 0, sizeof control);
    struct iovec pieces[2] = {
        {(void *)request, sizeof *request},
        {(void *)strings, request->size},
    };
    struct msghdr message = {
        .msg_iov = pieces, .msg_iovlen = 2, .msg_control = control.space, .msg_controllen = sizeof control.space};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &lock, sizeof lock);

    ssize_t sent;
    do sent = sendmsg(channel, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0) return -errno;
    // A large request goes in pieces; the descriptor came with the first.
    if ((size_t)sent < sizeof *request) {
        int failure = send_all(channel, (const char *)request + sent, sizeof *request - (size_t)sent);
        if (failure != 0) return failure;
        sent = sizeof *request;
    }
    size_t done = (size_t)sent - sizeof *request;
    return send_all(channel, strings + done, request->size - done);
}

int step_pidfd_open(pid_t process) {
    long opened = syscall(SYS_pidfd_open, process, 0);
    return opened < 0 ? -errno : (int)opened;
}

int step_pidfd_signal(int pidfd, int signal) {
    return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) < 0 ? -errno : 0;
}

// In the launcher.

struct supervisor {
    pid_t process;
    uint64_t serial;
};

static struct supervisor *supervisors;
static int supervisor_count, supervisor_room;

static int read_all(char *bytes, size_t count) {
    while (count > 0) {
        ssize_t taken = read(LAUNCHER_CHANNEL, bytes, count);
        if (taken < 0 && errno == EINTR) continue;
        if (taken <= 0) return -1;
        bytes += taken;
        count -= (size_t)taken;
    }
    return 0;
}

static void report(uint64_t serial) {
    if (send_all(LAUNCHER_CHANNEL, (const char *)&serial, sizeof serial) != 0) _exit(0);
}

static void start_supervisor(int child_signals) {
    struct step_request request;
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec piece = {&request, sizeof request};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space};
    ssize_t taken;
    do taken = recvmsg(LAUNCHER_CHANNEL, &message, MSG_CMSG_CLOEXEC);
    while (taken < 0 && errno == EINTR);
    // The server is gone. What it started goes on under its supervisors.
    if (taken <= 0) _exit(0);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (!header || header->cmsg_type != SCM_RIGHTS) _exit(1);
    int lock;
    memcpy(&lock, CMSG_DATA(header), sizeof lock);
    if (read_all((char *)&request + taken, sizeof request - (size_t)taken) != 0 || request.size > LARGEST_REQUEST) _exit(1);
    char *strings = malloc(request.size);
    if (!strings || read_all(strings, request.size) != 0) _exit(1);

    if (supervisor_count == supervisor_room) {
        supervisor_room = supervisor_room ? supervisor_room * 2 : 64;
        supervisors = realloc(supervisors, (size_t)supervisor_room * sizeof *supervisors);
        if (!supervisors) _exit(1);
    }
    pid_t launcher = getpid();
    pid_t process = fork();
    if (process == 0) {
        if (request.ends_with_server) {
            prctl(PR_SET_PDEATHSIG, SIGHUP);
            // It may have ended before the signal was asked for; then nothing has been started yet.
            if (getppid() != launcher) _exit(0);
        }
        close(LAUNCHER_CHANNEL);
        close(child_signals);
        step_supervise(&request, strings, lock);
    }
    close(lock);
    free(strings);
    // No process to be had: the attempt's lock is free and its record empty, so it is lost.
    if (process < 0) {
        report(request.serial);
        return;
    }
    supervisors[supervisor_count++] = (struct supervisor){process, request.serial};
}

/// Ends what came to us because its supervisor was killed.
static void end_orphans(void) {
    pid_t spared[supervisor_count + 1];
    for (int i = 0; i < supervisor_count; i++) spared[i] = supervisors[i].process;
    step_signal_descendants(SIGKILL, 1, spared, supervisor_count);
}

static void reap(void) {
    int status;
    pid_t process;
    while ((process = waitpid(-1, &status, WNOHANG)) > 0) {
        int i = 0;
        while (i < supervisor_count && supervisors[i].process != process) i++;
        if (i == supervisor_count) {
            end_orphans();
            continue;
        }
        uint64_t serial = supervisors[i].serial;
        supervisors[i] = supervisors[--supervisor_count];
        if (WIFSIGNALED(status)) end_orphans();
        report(serial);
    }
}

static _Noreturn void launch(void) {
    prctl(PR_SET_NAME, "dhow-launcher");
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    int child_signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (child_signals < 0) _exit(1);
    report(0);
    struct pollfd sources[] = {{LAUNCHER_CHANNEL, POLLIN, 0}, {child_signals, POLLIN, 0}};
    for (;;) {
        if (poll(sources, 2, -1) < 0) continue;
        if (sources[1].revents) {
            struct signalfd_siginfo info;
            while (read(child_signals, &info, sizeof info) > 0) {}
            reap();
        }
        if (sources[0].revents) start_supervisor(child_signals);
    }
}

/// Runs before `main`: in a process started as a launcher, `main` never runs. So the platform stays one binary, and whatever links
/// the runner, a test too, has its launcher with it.
__attribute__((constructor)) static void become_launcher(int argument_count, char **arguments) {
    if (argument_count != 1 || strcmp(arguments[0], LAUNCHER_NAME) != 0) return;
    int type;
    socklen_t length = sizeof type;
    if (getsockopt(LAUNCHER_CHANNEL, SOL_SOCKET, SO_TYPE, &type, &length) == 0) launch();
}
