// SPDX-License-Identifier: Apache-2.0

package import Delivery
import Domain
import Governance
package import Serving

/// Sends the requests of plans to previews that wait for them, and tells Delivery how they ended, before the switch follows.
package struct SmokeTester: Sendable {
    private let rollouts: Rollouts
    private let inference: InferenceService

    package init(rollouts: Rollouts, inference: InferenceService) {
        self.rollouts = rollouts
        self.inference = inference
    }

    /// Tests every preview that waits for it, once.
    ///
    /// - Returns: The errors of single rollouts, which do not hold up the others.
    @discardableResult
    package func testWaiting() async throws -> [any Error] {
        var errors: [any Error] = []
        for (workspace, rollout) in try await rollouts.active() where rollout.state.awaitsSmokeTests {
            do {
                guard let outcome = try await outcome(of: rollout, in: workspace) else { continue }
                _ = try await rollouts.reportSmoke(
                    rollout.id, passed: outcome.passed, note: outcome.note, by: .controller("rollouts", in: workspace))
            } catch let error as CancellationError {
                throw error
            } catch let problem as Problem where problem.kind == .conflict {
                // Another server, or a person, was first.
            } catch {
                errors.append(error)
            }
        }
        return errors
    }

    /// Nil when a test could not be asked now: that says nothing about the candidate, and is tried again until a person is asked.
    private func outcome(of rollout: Rollout, in workspace: String) async throws -> (passed: Bool, note: String)? {
        let caller = Caller.controller("rollouts", in: workspace)
        guard let version = try await rollouts.candidateVersion(of: rollout, by: caller) else { return nil }
        var faults: [String] = []
        let tests = rollout.state.plan.smokeTests
        for test in tests {
            do {
                let answer = try await inference.probe(
                    rollout.endpoint, revision: rollout.candidate, version: version, test.inputs, by: caller)
                if let fault = test.fault(scores: answer.scores, milliseconds: answer.duration / .milliseconds(1)) {
                    faults.append("'\(test.name)': \(fault)")
                }
            } catch let problem as Problem where [.unavailable, .exhausted, .notFound].contains(problem.kind) {
                return nil
            } catch let problem as Problem {
                faults.append("'\(test.name)': " + [problem.what, problem.why].compactMap(\.self).joined(separator: " "))
            }
        }
        guard faults.isEmpty else {
            let text = "\(faults.count) of \(tests.count) that the server ran. \(faults.joined(separator: "; "))"
            return (false, String(text.printable.prefix(1000)))
        }
        return (true, "\(tests.count) of \(tests.count) passed, run by the server.")
    }
}
