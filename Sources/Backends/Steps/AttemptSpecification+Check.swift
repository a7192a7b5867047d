// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation

extension AttemptSpecification {
    /// Refuses what no process can be started with.
    func check() throws(Problem) {
        try ResourceName.check(attemptID, of: "attempt")
        guard let program = command.first, !program.isEmpty, command.allSatisfy({ !$0.utf8.contains(0) }) else {
            throw Problem(
                .invalid, "steps.command.malformed", "The step has no program to run.",
                why: "A command is a program and its arguments, without NUL characters.",
                fix: "Write it as a list, such as [\"python3\", \"train.py\"].")
        }
        for (name, value) in environment {
            let isName = name.utf8.allSatisfy { byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 95
            }
            guard let first = name.utf8.first, isName, !(48...57).contains(first), !name.hasPrefix("__dhow"), !value.utf8.contains(0) else {
                throw Problem(
                    .invalid, "steps.environment.malformed", "The step's variable '\(name.printable)' cannot be set.",
                    why: "Names are letters, digits and '_', do not begin with a digit or '__dhow'; values have no NUL characters.",
                    fix: "Rename the variable.")
            }
        }
        var status = stat()
        guard workingFolder.hasPrefix("/"), !workingFolder.utf8.contains(0), stat(workingFolder, &status) == 0,
            status.st_mode & S_IFMT == S_IFDIR
        else {
            throw Problem(
                .invalid, "steps.folder.missing", "The step's working folder does not exist.",
                fix: "Make the folder and give its absolute path.")
        }
        guard timeoutSeconds ?? 1 > 0, timeoutSeconds ?? 1 <= 31_536_000, grace >= .zero, resources.isKeepable else {
            throw Problem(
                .invalid, "steps.limit.outOfRange", "The step's limits cannot be kept.",
                why: "A time limit is 1 to 31536000 seconds, cpu at least 10 thousandths of a core, every other limit at least 1.",
                fix: "Leave a limit out for none.")
        }
        try checkLength()
    }

    /// The kernel's own limits on one string and on all of them together (`execve`, E2BIG).
    private func checkLength() throws(Problem) {
        let longest = 32 * sysconf(Int32(_SC_PAGESIZE))
        var stack = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_STACK.rawValue), &stack)
        // Half of what there is: the sandbox and the graphics cards add to it.
        let most = Int(clamping: min(max(stack.rlim_cur / 8, 128 << 10), 3 << 20))
        var sum = 0
        for string in command + environment.map({ $0.key + "=" + $0.value }) {
            let length = string.utf8.count + 1
            sum += length + 8
            guard length <= longest, sum <= most else {
                throw Problem(
                    .invalid, "steps.command.tooLong", "The step's command and environment are too long for this machine.",
                    why: "One argument is up to \(longest) bytes, all of them and the environment up to \(most).",
                    fix: "Pass large values in files.")
            }
        }
    }
}

extension AttemptResources {
    fileprivate var isKeepable: Bool {
        cpuMilli ?? 10 >= 10 && memoryBytes ?? 1 > 0 && diskBytes ?? 1 > 0 && processes ?? 1 > 0
            && gpus?.allSatisfy { $0 >= 0 } ?? true
    }
}
