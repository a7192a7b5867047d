// SPDX-License-Identifier: Apache-2.0

import Backends

/// A runner whose logs show no secrets.
struct MaskedRunner: StepRunner {
    let runner: any StepRunner
    let mask: SecretMask

    func log(of attemptID: String, from offset: Int64, limit: Int) async throws -> [UInt8] {
        try await mask.piece(from: offset, count: limit) { try await runner.log(of: attemptID, from: $0, limit: $1) }
    }

    func submit(_ attempt: AttemptSpecification) async throws { try await runner.submit(attempt) }
    func state(of attemptID: String) async throws -> AttemptState { try await runner.state(of: attemptID) }
    func wait(for attemptID: String) async throws -> AttemptState { try await runner.wait(for: attemptID) }
    func end(of attemptID: String) async throws -> AttemptEnd? { try await runner.end(of: attemptID) }
    func waitForLog(of attemptID: String, beyond offset: Int64) async throws { try await runner.waitForLog(of: attemptID, beyond: offset) }
    func cancel(_ attemptID: String, grace: Duration) async throws { try await runner.cancel(attemptID, grace: grace) }
    func forget(_ attemptID: String) async throws { try await runner.forget(attemptID) }
}

extension AttemptLimit {
    /// For people: why the attempt ended.
    var sentence: String {
        switch self {
        case .memory: "it used more memory than it asked for"
        case .disk: "it wrote more than it asked for"
        case .processes: "it started more processes than it may"
        case .diskFull: "the worker's disk is full"
        }
    }
}
