// SPDX-License-Identifier: Apache-2.0

import Governance

/// The variables that let steps reach the server, asked for once per execution: with its first attempt.
actor StepCredentialsOnce {
    private let settings: WorkerSettings
    private var task: Task<[String: String], any Error>?

    init(_ settings: WorkerSettings) {
        self.settings = settings
    }

    var wereGiven: Bool { task != nil }

    func variables(_ execution: Execution, _ caller: Caller) async throws -> [String: String] {
        let settings = settings
        let asked = task ?? Task { try await settings.credentials(execution, caller) }
        task = asked
        do {
            return try await asked.value
        } catch {
            if task == asked { task = nil }
            throw error
        }
    }
}
