// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// Logs are kept without the secrets of their steps.
extension StepPerformer {
    /// Nil when it printed nothing, or when what is secret in it is not known any more.
    func keepLog(of step: StepSpecification, _ attemptID: String, _ state: AttemptState) async throws -> LogArchive? {
        guard state != .unknown, try await !parts.runner.log(of: attemptID, from: 0, limit: 1).isEmpty,
            let runner = try await masked(step)
        else { return nil }
        return try await LogArchiver(runner: runner, blobs: parts.transfer.blobs, clock: parts.clock)
            .archive(attemptID, after: logs.latest(of: attemptID)) { _ in }
    }

    /// Keeps the log of an attempt while it goes on.
    func archive(_ unit: StepUnit, _ number: Int, after earlier: LogArchive?, _ keep: @escaping @Sendable (LogArchive) -> Void) async {
        let attemptID = attemptID(unit, number)
        do {
            guard let runner = try await masked(pipeline.steps[unit.step] ?? StepSpecification(name: unit.step)) else { return }
            try await LogArchiver(runner: runner, blobs: parts.transfer.blobs, clock: parts.clock)
                .archive(attemptID, after: earlier ?? LogArchive()) { archive in
                    guard !archive.isComplete else { return }
                    logs.keep(archive, of: attemptID)
                    keep(archive)
                }
        } catch {
            // What is not kept now is kept at the attempt's end.
            logs.end(attemptID)
        }
    }

    private func masked(_ step: StepSpecification) async throws -> (any StepRunner)? {
        guard !step.secrets.isEmpty else { return parts.runner }
        var values: [String] = []
        for name in step.secrets.values.sorted() {
            do {
                values.append(try await parts.settings.secret(name, lease.workspace))
            } catch let problem as Problem where problem.kind == .notFound {
                return nil
            }
        }
        return MaskedRunner(runner: parts.runner, mask: SecretMask(values))
    }
}
