// SPDX-License-Identifier: Apache-2.0

/// What a `ProcessStepRunner` makes use of, as far as the machine has it.
package struct StepRunnerSettings: Sendable {
    /// Most bytes of output kept of an attempt; the step goes on when it writes more.
    package var logLimit: Int64
    package var usesControlGroups: Bool
    package var usesSandbox: Bool
    /// Folders that a sandboxed command finds empty, such as the one with the platform's database and keys.
    package var hiddenFolders: [String]

    package init(logLimit: Int64 = 64 << 20, usesControlGroups: Bool = true, usesSandbox: Bool = true, hiddenFolders: [String] = []) {
        self.logLimit = max(0, logLimit)
        self.usesControlGroups = usesControlGroups
        self.usesSandbox = usesSandbox
        self.hiddenFolders = hiddenFolders
    }
}
