// SPDX-License-Identifier: Apache-2.0

package struct AttemptSpecification: Sendable, Codable, Equatable {
    package var attemptID: String
    /// The program and its arguments; the program is looked up in the PATH of `environment`.
    package var command: [String]
    /// The whole environment of the child, nothing is inherited.
    package var environment: [String: String]
    /// An existing folder, absolute.
    package var workingFolder: String
    /// Wall-clock limit; nil for none.
    package var timeoutSeconds: Int?
    package var resources: AttemptResources
    package var isolation: AttemptIsolation
    /// Folders that can be read in a sandbox although they lie in one that is hidden.
    package var shownFolders: [String]
    /// Time from SIGTERM to SIGKILL when a limit ends the attempt.
    package var grace: Duration
    /// The attempt ends with the server, however that ends, instead of going on for the next one.
    package var endsWithServer: Bool

    package init(
        attemptID: String, command: [String], environment: [String: String], workingFolder: String, timeoutSeconds: Int? = nil,
        resources: AttemptResources = AttemptResources(), isolation: AttemptIsolation = .none, shownFolders: [String] = [],
        grace: Duration = .seconds(10), endsWithServer: Bool = false
    ) {
        self.attemptID = attemptID
        self.command = command
        self.environment = environment
        self.workingFolder = workingFolder
        self.timeoutSeconds = timeoutSeconds
        self.resources = resources
        self.isolation = isolation
        self.shownFolders = shownFolders
        self.grace = grace
        self.endsWithServer = endsWithServer
    }
}

/// What one attempt may use of its machine; nil is no limit.
package struct AttemptResources: Sendable, Codable, Equatable {
    /// Thousandths of a core, as time per time.
    package var cpuMilli: Int?
    /// Of all processes of the attempt together where the runner has control groups, of each one's address space elsewhere.
    package var memoryBytes: Int64?
    /// The graphics cards it sees, by the indices of `GPUFinder`; nil leaves its environment as it is.
    package var gpus: [Int]?
    /// Of all files in the working folder together, and of any one file anywhere.
    package var diskBytes: Int64?
    /// Most processes and threads at one time.
    package var processes: Int?

    package init(
        cpuMilli: Int? = nil, memoryBytes: Int64? = nil, gpus: [Int]? = nil, diskBytes: Int64? = nil, processes: Int? = nil
    ) {
        self.cpuMilli = cpuMilli
        self.memoryBytes = memoryBytes
        self.gpus = gpus
        self.diskBytes = diskBytes
        self.processes = processes
    }
}

package enum AttemptIsolation: Sendable, Codable, Equatable {
    case none
    /// Only the working folder and a `/tmp` of its own can be written, other processes are not seen.
    ///
    /// - Parameter isRequired: The attempt is refused where there is no sandbox; otherwise it runs without.
    case sandbox(isRequired: Bool, hasNetwork: Bool)
}
