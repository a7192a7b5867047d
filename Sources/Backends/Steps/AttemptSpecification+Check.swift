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
        guard timeoutSeconds ?? 1 > 0, timeoutSeconds ?? 1 <= 31_536_000, memoryBytes ?? 1 > 0 else {
            throw Problem(
                .invalid, "steps.limit.outOfRange", "The step's limits cannot be kept.",
                why: "A time limit is 1 to 31536000 seconds, a memory limit at least one byte.", fix: "Leave the limit out for none.")
        }
    }
}
