// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import Tracking

/// Runs a pass over every workspace that has policies, at the start and then every hour.
package struct RetentionController: Sendable {
    package static let interval = Duration.seconds(3600)

    private let retention: Retention
    private let clock: any Clock<Duration>
    private let report: @Sendable (_ workspace: String, any Error) -> Void

    /// - Parameter report: Told of errors that end one workspace's pass but not the loop; for the log.
    package init(
        retention: Retention, clock: any Clock<Duration> = ContinuousClock(),
        report: @escaping @Sendable (_ workspace: String, any Error) -> Void = { _, _ in }
    ) {
        self.retention = retention
        self.clock = clock
        self.report = report
    }

    /// Goes on until its task is cancelled.
    package func run() async throws {
        while true {
            try await pass()
            try await clock.sleep(for: Self.interval)
        }
    }

    package func pass() async throws {
        let workspaces = try await retention.governor.database.read { try RetentionPolicyTable.workspaces(in: $0) }
        for workspace in workspaces {
            do {
                _ = try await retention.pass(isDryRun: false, by: .controller("retention", in: workspace))
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                report(workspace, error)
            }
        }
    }
}
