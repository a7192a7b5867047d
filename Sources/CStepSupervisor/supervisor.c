// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE

#include "CStepSupervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// One attempt: starts the command, waits for it and all it left behind, and writes how it ended. It belongs to no server, has one
// thread, all signals blocked, and nothing but the attempt's record and log open.

#define NEVER INT64_MAX
/// Less than this free counts as a full disk.
#define FULL_DISK_BYTES (1u << 20)

static const struct step_request *request;
static char *folder, *working_folder;
static char **wrapper, **command, **environment, **groups;
static int record, log_file;

static pid_t child;
static int64_t started, limit_at, kill_at, tick_at, measure_at;
static int cancelled, timed_out, disk_exceeded;

static int64_t milliseconds(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static char **next_strings(char **position, uint32_t count) {
    char **list = malloc(((size_t)count + 1) * sizeof *list);
    if (!list) _exit(1);
    for (uint32_t i = 0; i < count; i++) {
        list[i] = *position;
        *position += strlen(*position) + 1;
    }
    list[count] = NULL;
    return list;
}

static const char *file_in_folder(const char *parent, const char *name) {
    static char path[8192];
    snprintf(path, sizeof path, "%s/%s", parent, name);
    return path;
}

static __attribute__((format(printf, 1, 2))) void say(const char *format, ...) {
    va_list values;
    va_start(values, format);
    vdprintf(log_file, format, values);
    va_end(values);
}

/// Appends one line to the record, in one write. A full disk must not turn an ended attempt into a lost one, so it is tried until it works;
/// the record's first block is there already.
static __attribute__((format(printf, 1, 2))) void note(const char *format, ...) {
    char line[256];
    va_list values;
    va_start(values, format);
    int length = vsnprintf(line, sizeof line, format, values);
    va_end(values);
    while (write(record, line, (size_t)length) != length) sleep(1);
}

static unsigned long long start_ticks(pid_t process) {
    char text[512];
    snprintf(text, sizeof text, "/proc/%d/stat", process);
    int file = open(text, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t count = read(file, text, sizeof text - 1);
    close(file);
    if (count <= 0) return 0;
    text[count] = 0;
    char *field = strrchr(text, ')');
    for (int i = 2; field && i < 22; i++) field = strchr(field + 1, ' ');
    return field ? strtoull(field, NULL, 10) : 0;
}

// The command.

enum failure { NONE, FOLDER, GROUP, MISSING, START };
/// Set by the child, which shares this process's memory until it has started the command.
static volatile enum failure failure;
static volatile int failure_number;

static const char *search_path(void) {
    for (char **variable = environment; *variable; variable++) {
        if (strncmp(*variable, "PATH=", 5) == 0) return *variable + 5;
    }
    return NULL;
}

static int is_program(const char *path) {
    struct stat status;
    return access(path, X_OK) == 0 && stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static const char *find_program(const char *name) {
    static char path[8192];
    if (strchr(name, '/')) return is_program(name) ? name : NULL;
    const char *place = search_path();
    while (place) {
        const char *end = strchrnul(place, ':');
        snprintf(path, sizeof path, "%.*s%s%s", (int)(end - place), place, end == place ? "" : "/", name);
        if (is_program(path)) return path;
        place = *end ? end + 1 : NULL;
    }
    return NULL;
}

static void limit(__rlimit_resource_t resource, uint64_t value) {
    if (value == 0) return;
    struct rlimit wanted = {value, value}, current;
    if (getrlimit(resource, &current) == 0 && current.rlim_max < value) wanted.rlim_cur = wanted.rlim_max = current.rlim_max;
    setrlimit(resource, &wanted);
}

static _Noreturn void fail(enum failure what) {
    failure_number = errno;
    failure = what;
    _exit(127);
}

static void write_file(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0 || write(file, text, strlen(text)) < 0) failure_number = errno;
    else failure_number = 0;
    if (file >= 0) close(file);
}

static _Noreturn void become_command(void) {
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    // When memory runs out on the machine, the kernel shall take a step and not the server.
    write_file("/proc/self/oom_score_adj", "500");
    for (char **group = groups; *group; group++) {
        write_file(file_in_folder(*group, "cgroup.procs"), "0");
        if (failure_number != 0) {
            errno = failure_number;
            fail(GROUP);
        }
    }
    dup2(log_file, 1);
    dup2(log_file, 2);
    if (chdir(working_folder) != 0) fail(FOLDER);
    const char *program = find_program(command[0]);
    if (!program) fail(MISSING);
    limit(RLIMIT_AS, request->address_space);
    limit(RLIMIT_NPROC, request->processes);
    limit(RLIMIT_FSIZE, request->disk);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (wrapper[0]) {
        execve(wrapper[0], wrapper, environment);
        fail(START);
    }
    execve(program, command, environment);
    if (errno == ENOEXEC) {
        // A script without a first line is the shell's, as for every shell.
        char *script[request->argument_count + 2];
        script[0] = "/bin/sh";
        script[1] = (char *)program;
        for (uint32_t i = 1; i <= request->argument_count; i++) script[i + 1] = command[i];
        execve(script[0], script, environment);
    }
    fail(START);
}

/// Whether the command is running now.
static int start_command(void) {
    child = vfork();
    if (child == 0) become_command();
    if (child < 0) {
        failure = START;
        failure_number = errno;
    }
    const char *path = search_path();
    switch (failure) {
    case NONE: note("command %d %llu\n", child, start_ticks(child)); return 1;
    case MISSING: say("dhow: the program '%s' was not found in PATH (%s).\n", command[0], path ? path : "not set"); break;
    case FOLDER: say("dhow: the working folder cannot be entered: %s.\n", strerror(failure_number)); break;
    case GROUP: say("dhow: the step cannot be put under its limits: %s.\n", strerror(failure_number)); break;
    case START: say("dhow: the program '%s' cannot be started: %s.\n", command[0], strerror(failure_number)); break;
    }
    return 0;
}

// Its end.

static void terminate_command(int64_t grace) {
    // A sandbox would end at once, and the command in it without its grace; so the two processes of the sandbox are left out.
    if (!wrapper[0] || step_signal_descendants(SIGTERM, 3, NULL, 0) == 0) kill(-child, SIGTERM);
    int64_t now = milliseconds(CLOCK_MONOTONIC);
    int64_t at = grace > NEVER - now ? NEVER : now + grace;
    if (at < kill_at) kill_at = at;
}

static void kill_all(void) {
    // Control groups end all at once, where the kernel can.
    for (char **group = groups; *group; group++) write_file(file_in_folder(*group, "cgroup.kill"), "1");
    if (child > 0) kill(-child, SIGKILL);
    step_signal_descendants(SIGKILL, 1, NULL, 0);
}

/// Milliseconds UTC of the SIGKILL when the attempt was cancelled; -1 when it was not.
static int64_t cancellation(void) {
    char text[64];
    int file = open(file_in_folder(folder, "cancel"), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) return -1;
    ssize_t count = read(file, text, sizeof text - 1);
    close(file);
    text[count > 0 ? count : 0] = 0;
    int64_t deadline = strtoll(text, NULL, 10);
    return deadline < 0 ? 0 : deadline;
}

static void look_for_cancellation(void) {
    int64_t deadline = cancellation();
    if (deadline < 0) return;
    int64_t left = deadline - milliseconds(CLOCK_REALTIME);
    int64_t now = milliseconds(CLOCK_MONOTONIC);
    if (!cancelled) terminate_command(left > 0 ? left : 0);
    else if (left < kill_at - now) kill_at = now + (left > 0 ? left : 0);
    cancelled = 1;
}

static void cut_log(void) {
    struct stat status;
    // To one byte over the limit, which marks it as cut for good.
    if (fstat(log_file, &status) == 0 && status.st_size > request->log_limit + 1) (void)!ftruncate(log_file, request->log_limit + 1);
}

static uint64_t measured;

static int measure(const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)path, (void)kind, (void)place;
    measured += (uint64_t)status->st_blocks * 512;
    return measured >= request->disk;
}

static void measure_disk(void) {
    if (request->disk == 0 || disk_exceeded) return;
    int64_t begin = milliseconds(CLOCK_MONOTONIC);
    if (begin < measure_at) return;
    measured = 0;
    nftw(working_folder, measure, 16, FTW_PHYS | FTW_MOUNT);
    int64_t end = milliseconds(CLOCK_MONOTONIC);
    // A large folder is looked at less often, so that looking takes a twentieth of one processor at most.
    measure_at = end + (end - begin) * 20;
    disk_exceeded = measured >= request->disk;
}

static int64_t next_moment(void) {
    int64_t next = tick_at;
    if (kill_at < next) next = kill_at;
    if (!timed_out && limit_at < next) next = limit_at;
    return next;
}

static void act_on_time(void) {
    int64_t now = milliseconds(CLOCK_MONOTONIC);
    if (now >= limit_at && !timed_out) {
        timed_out = 1;
        terminate_command(request->grace_ms);
    }
    if (now >= kill_at) {
        kill_all();
        // Again when something was started meanwhile.
        kill_at = now + 100;
    }
    if (now >= tick_at) {
        cut_log();
        measure_disk();
        if (disk_exceeded && kill_at == NEVER) terminate_command(request->grace_ms);
        tick_at = milliseconds(CLOCK_MONOTONIC) + 1000;
    }
}

/// The command's status, as soon as it has ended.
static int wait_for_command(void) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    for (;;) {
        int64_t left = next_moment() - milliseconds(CLOCK_MONOTONIC);
        if (left < 0) left = 0;
        struct timespec pause = {left / 1000, left % 1000 * 1000000};
        int signal = sigtimedwait(&signals, NULL, &pause);
        if (signal == SIGCHLD) {
            int status;
            pid_t ended;
            while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
                if (ended != child) continue;
                // Its number may be given to another process now.
                child = 0;
                return status;
            }
        }
        // Sent by the server once it has recorded a cancellation.
        if (signal == SIGTERM) look_for_cancellation();
        // Sent by the kernel when the launcher has ended, to a command that is to end with the server.
        if (signal == SIGHUP && !cancelled) {
            cancelled = 1;
            terminate_command(request->grace_ms);
        }
        act_on_time();
    }
}

/// Ends whatever the command left behind. Everything it started, and that they started, is or becomes a child of ours when its own
/// parent ends (PR_SET_CHILD_SUBREAPER), whatever session it moved to; so when there is no child, nothing is left.
static void end_the_rest(void) {
    for (;;) {
        pid_t ended = waitpid(-1, NULL, WNOHANG);
        if (ended > 0) continue;
        if (ended < 0) return;
        kill_all();
        while (waitpid(-1, NULL, 0) < 0 && errno == EINTR) {}
    }
}

static uint64_t number_behind(const char *path, const char *word) {
    char text[1024];
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t count = read(file, text, sizeof text - 1);
    close(file);
    if (count <= 0) return 0;
    text[count] = 0;
    size_t length = strlen(word);
    for (char *line = text; line; line = strchr(line, '\n')) {
        if (*line == '\n') line++;
        if (strncmp(line, word, length) == 0 && line[length] == ' ') return strtoull(line + length, NULL, 10);
    }
    return 0;
}

/// The limit that ended the command or that it ran into; "-" when that is not known.
static const char *reason(int status) {
    // A program that goes on when it may not write (EFBIG) fails in its own words.
    measure_at = 0;
    if (status != 0) measure_disk();
    if (disk_exceeded || (request->disk > 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ)) {
        say("\ndhow: the step used more than its %" PRIu64 " bytes of disk.\n", request->disk);
        return "disk";
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return "-";
    for (char **group = groups; *group; group++) {
        // The second version of control groups, then the first.
        if (number_behind(file_in_folder(*group, "memory.events"), "oom_kill") > 0 ||
            number_behind(file_in_folder(*group, "memory.oom_control"), "oom_kill") > 0) {
            say("\ndhow: the step used more than its %" PRIu64 " bytes of memory.\n", request->memory);
            return "memory";
        }
    }
    for (char **group = groups; *group; group++) {
        if (number_behind(file_in_folder(*group, "pids.events"), "max") > 0) {
            say("\ndhow: the step was refused more processes than its limit.\n");
            return "processes";
        }
    }
    struct statvfs disk;
    if (statvfs(working_folder, &disk) == 0 && disk.f_bavail * disk.f_frsize < FULL_DISK_BYTES) {
        say("\ndhow: the disk with the step's working folder is full.\n");
        return "diskFull";
    }
    return "-";
}

static void remove_groups(void) {
    for (char **group = groups; *group; group++) {
        for (int i = 0; i < 20 && rmdir(*group) != 0 && errno == EBUSY; i++) usleep(5000);
    }
}

static _Noreturn void finish(int status) {
    end_the_rest();
    // Shells and sandboxes tell of a child's signal by an exit status; behind a sandbox this is all there is.
    if (WIFEXITED(status) && WEXITSTATUS(status) > 128 && WEXITSTATUS(status) <= 192) {
        if (wrapper[0] || (request->disk > 0 && WEXITSTATUS(status) == 128 + SIGXFSZ)) status = WEXITSTATUS(status) - 128;
    }
    const char *why = reason(status);
    remove_groups();
    cut_log();
    struct rusage used;
    getrusage(RUSAGE_CHILDREN, &used);
    int64_t processor = (int64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000 + used.ru_utime.tv_usec + used.ru_stime.tv_usec;
    const char *how = WIFSIGNALED(status) ? "killed" : "exited";
    int code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    if (timed_out) how = "timedOut";
    if (cancelled || cancellation() >= 0) how = "cancelled";
    note("ended %s %d %s %" PRId64 " %ld %" PRId64 "\n", how, code, why, processor, used.ru_maxrss,
         milliseconds(CLOCK_MONOTONIC) - started);
    _exit(0);
}

_Noreturn void step_supervise(const struct step_request *attempt, char *strings, int lock) {
    request = attempt;
    record = lock;
    folder = strings;
    working_folder = folder + strlen(folder) + 1;
    char *position = working_folder + strlen(working_folder) + 1;
    wrapper = next_strings(&position, request->wrapper_count);
    // The command stands right behind the wrapper, so the wrapper's list goes on with it.
    command = next_strings(&position, request->argument_count);
    if (wrapper[0]) {
        position = wrapper[0];
        wrapper = next_strings(&position, request->wrapper_count + request->argument_count);
    }
    environment = next_strings(&position, request->environment_count);
    groups = next_strings(&position, request->group_count);

    prctl(PR_SET_NAME, "dhow-step");
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    setsid();
    log_file = open(file_in_folder(folder, "log"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (log_file < 0) _exit(1);
    note("supervisor %d\n", getpid());
    started = milliseconds(CLOCK_MONOTONIC);
    limit_at = request->time_limit_ms > 0 ? started + request->time_limit_ms : NEVER;
    kill_at = NEVER;
    tick_at = started + 1000;
    // The server records first and looks for our number then; we write our number first and look for its record then.
    if (cancellation() >= 0) {
        cancelled = 1;
        finish(SIGTERM);
    }
    finish(start_command() ? wait_for_command() : (failure == MISSING ? 127 : 126) << 8);
}
