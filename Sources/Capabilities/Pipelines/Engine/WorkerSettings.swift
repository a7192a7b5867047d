// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain
import Foundation
package import Governance

/// What a worker gives to the steps it runs.
package struct WorkerSettings: Sendable {
    /// Names this worker across restarts, so that it takes its own executions up at once.
    package var owner: String
    /// Variables of every step, such as PATH.
    package var environment: [String: String]
    /// Variables that let a step's own tracking client reach this server in the name of who started the execution; asked per attempt.
    package var credentials: @Sendable (_ execution: Execution, _ caller: Caller) async throws -> [String: String]
    /// Ends what `credentials` gave; asked before an execution is closed, perhaps more than once.
    package var endCredentials: @Sendable (_ execution: Execution, _ caller: Caller) async throws -> Void
    /// The value of a secret; asked when an attempt that names it is submitted.
    package var secret: @Sendable (_ name: String, _ workspace: String) async throws -> String
    package var cancelGrace: Duration
    package static var defaultSlots: Int { max(4, ProcessInfo.processInfo.activeProcessorCount) }
    /// Command attempts that run at a time.
    package var slots: Int
    /// The graphics cards that attempts are given.
    package var gpus: GPUSlots
    /// Where the worker is; a step that asks for another region is refused here.
    package var region: String?
    /// Of command steps that do not say; those in images have walls of their own.
    package var sandbox: SandboxRule
    /// Where Python environments are kept, one a lock file.
    package var environmentsFolder: String

    package init(
        owner: String, environment: [String: String], cancelGrace: Duration = .seconds(10),
        slots: Int = WorkerSettings.defaultSlots,
        gpus: GPUSlots = GPUSlots(devices: []), region: String? = nil, sandbox: SandboxRule = SandboxRule(.never),
        environmentsFolder: String = NSTemporaryDirectory(),
        secret: @escaping @Sendable (_ name: String, _ workspace: String) async throws -> String,
        endCredentials: @escaping @Sendable (_ execution: Execution, _ caller: Caller) async throws -> Void = { _, _ in },
        credentials: @escaping @Sendable (_ execution: Execution, _ caller: Caller) async throws -> [String: String]
    ) {
        self.owner = owner
        self.environment = environment
        self.cancelGrace = cancelGrace
        self.slots = slots
        self.gpus = gpus
        self.region = region
        self.sandbox = sandbox
        self.environmentsFolder = environmentsFolder
        self.secret = secret
        self.credentials = credentials
        self.endCredentials = endCredentials
    }
}

/// Finds the version an alias names and its files; nil when there is none.
package protocol ModelDirectory: Sendable {
    func version(of model: String, alias: String, in workspace: String) async throws -> (version: Int, files: [String: BlobDigest])?
}
