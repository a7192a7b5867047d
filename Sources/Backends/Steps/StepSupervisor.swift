// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation

/// The small `sh` process that starts one attempt, waits for it and writes how it ended; it belongs to no server.
///
/// A shell and not our own binary: it starts in under a millisecond, holds one megabyte, and is there in tests too. It runs in a session
/// of its own, holds a lock on the attempt's folder through descriptor 3 for as long as it lives, and starts the command in another
/// session, so that it outlives whatever is sent to the command.
enum StepSupervisor {
    /// Seconds between SIGTERM and SIGKILL for an attempt that ran into its time limit.
    static let graceAfterTimeLimit = 10

    /// Parameters: 1 attempt folder, 2 time limit in seconds or 0, 3 grace in seconds, 4 address space in KiB or 0, 5 `setsid`, 6 `sleep`,
    /// 7 variables the shell made itself, then the command. Every name begins with `__dhow` so that none meets one of the command's.
    ///
    /// The exit record is one line in one `write`, complete when it ends in a newline. It needs no sync: after a crash of the machine
    /// the supervisor is gone as well, and an attempt without a record and without a supervisor is lost.
    static let script = #"""
        # SPDX-License-Identifier: Apache-2.0
        __dhow_session() { __dhow_found=$4; }
        __dhow_identity() {
            read -r __dhow_pid __dhow __dhow __dhow __dhow __dhow __dhow __dhow __dhow __dhow __dhow __dhow __dhow __dhow __dhow \
                __dhow __dhow __dhow __dhow __dhow __dhow __dhow_start __dhow </proc/self/stat
        }
        # KILL to every process of the command's session: its group, and those that moved to another group.
        __dhow_kill() {
            for __dhow_file in /proc/[0-9]*/stat; do
                read -r __dhow_line <"$__dhow_file" || continue
                __dhow_session ${__dhow_line##*) }
                if [ "$__dhow_found" = "$1" ]; then
                    __dhow_file=${__dhow_file%/stat}
                    kill -KILL "${__dhow_file#/proc/}"
                fi
            done
        }
        __dhow_identity
        echo "$__dhow_pid $__dhow_start" >"$1/supervisor"
        if [ "$2" -gt 0 ]; then
            (
                exec 3>&-
                trap 'kill -KILL "$!"; wait; exit' TERM
                "$6" "$2" &
                wait "$!"
                : >"$1/timeout"
                read -r __dhow_pid __dhow_start <"$1/command" || exit
                kill -TERM -- "-$__dhow_pid" || kill -TERM "$__dhow_pid"
                "$6" "$3" &
                wait "$!"
                __dhow_kill "$__dhow_pid"
            ) &
            __dhow_timer=$!
        fi
        # Only now: between its fork and its first command the timer would swallow a signal that is trapped here.
        trap : TERM INT HUP QUIT
        (
            exec 3>&- >>"$1/log" 2>&1
            __dhow_identity
            echo "$__dhow_pid $__dhow_start" >"$1/command"
            if [ -e "$1/cancel" ] || [ -e "$1/timeout" ]; then exit 143; fi
            if [ "$4" -gt 0 ]; then ulimit -v "$4"; fi
            __dhow=$5
            unset -v __dhow_unused $7
            shift 7
            if ! command -v -- "$1" >/dev/null; then
                echo "dhow: the program '$1' was not found in PATH (${PATH-not set})."
                exit 127
            fi
            exec "$__dhow" -- "$@"
        )
        __dhow_status=$?
        if [ -n "$__dhow_timer" ]; then
            kill -TERM "$__dhow_timer"
            wait "$__dhow_timer"
        fi
        if read -r __dhow_pid __dhow_start <"$1/command"; then
            kill -KILL -- "-$__dhow_pid"
            if [ -e "$1/cancel" ] || [ -e "$1/timeout" ]; then __dhow_kill "$__dhow_pid"; fi
        fi
        __dhow_outcome="exited $__dhow_status"
        if [ -e "$1/cancel" ]; then __dhow_outcome=cancelled; fi
        if [ -e "$1/timeout" ]; then __dhow_outcome=timedOut; fi
        # A full disk must not turn an ended attempt into a lost one.
        until echo "$__dhow_outcome" >"$1/exit"; do "$6" 1; done
        """#

    private static let shell = firstExecutable(of: ["/bin/dash", "/usr/bin/dash", "/bin/sh"])
    private static let setsid = firstExecutable(of: ["/usr/bin/setsid", "/bin/setsid"])
    private static let sleep = firstExecutable(of: ["/bin/sleep", "/usr/bin/sleep"])

    /// Starts the supervisor of `attempt`, which keeps `lock` and no other descriptor; returns its process id.
    ///
    /// The environment is handed over by `execve` and so appears in no command line and no file.
    static func start(_ attempt: AttemptSpecification, in folder: AttemptFolder, lock: Int32) throws(Problem) -> pid_t {
        guard let shell, let setsid, let sleep else {
            throw Problem(
                .unavailable, "steps.supervisor.missing", "Steps cannot run on this machine.",
                why: "One of the programs sh, setsid and sleep is missing from /bin and /usr/bin.",
                fix: "Install them; on Debian they are in dash, util-linux and coreutils.")
        }
        let made = ["PWD", "OLDPWD", "SHLVL"].filter { attempt.environment[$0] == nil }.joined(separator: " ")
        let kibibytes = attempt.memoryBytes.map { max(1, $0 / 1024) } ?? 0
        let arguments =
            [
                shell, "-c", script, "dhow-step", folder.path, String(attempt.timeoutSeconds ?? 0), String(graceAfterTimeLimit),
                String(kibibytes), setsid, sleep, made,
            ] + attempt.command
        let environment = attempt.environment.map { "\($0.key)=\($0.value)" }
        return try DetachedProcess.spawn(shell, arguments, environment: environment, workingFolder: attempt.workingFolder, keeping: lock)
    }

    private static func firstExecutable(of paths: [String]) -> String? {
        paths.first { access($0, X_OK) == 0 }
    }
}
