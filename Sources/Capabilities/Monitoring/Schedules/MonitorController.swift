// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
package import Governance
package import Serving

/// Judges the windows of scheduled monitors when they are complete, and wakes incidents whose snooze is over.
///
/// Several may run. A window's judgement and the step to the next window are one transaction, so each window is judged once, however many
/// servers there are and however often they begin again; what two compute at once, one of them keeps.
package struct MonitorController: Sendable {
    private static let interval = 5
    /// Windows of one monitor in one pass, so that one that has much to catch up with does not hold up the others.
    private static let windowsInPass = 20

    private let governor: Governor
    private let monitors: Monitors
    private let report: @Sendable (String, any Error) -> Void

    /// - Parameters:
    ///   - archive: Where windows that reach about older predictions find them.
    ///   - report: Receives the name of a monitor and what its window failed with; the next pass tries again.
    package init(
        governor: Governor, archive: PredictionArchive? = nil, report: @escaping @Sendable (String, any Error) -> Void = { _, _ in }
    ) {
        self.governor = governor
        monitors = Monitors(governor: governor, archive: archive)
        self.report = report
    }

    /// Until cancelled.
    package func run() async throws {
        while true {
            try await pass()
            try await Task.sleep(for: .seconds(Self.interval))
        }
    }

    /// Judges what is due now.
    package func pass() async throws {
        try await Incidents(governor: governor).wake()
        let now = governor.clock.now()
        let scheduled = try await governor.database.read { transaction in
            try MonitorProgressTable.monitors(in: transaction).compactMap { workspace, monitor -> Scheduled? in
                guard let schedule = monitor.specification.schedule else { return nil }
                let next = try MonitorProgressTable(transaction: transaction, workspace: workspace).next(of: monitor.name)
                return Scheduled(workspace: workspace, name: monitor.name, schedule: schedule, next: next)
            }
        }
        for monitor in scheduled {
            do { try await catchUp(monitor, at: now) } catch is CancellationError { throw CancellationError() } catch {
                report(monitor.name, error)
            }
        }
    }

    private func catchUp(_ monitor: Scheduled, at now: Timestamp) async throws {
        let caller = Caller.controller("monitors", in: monitor.workspace)
        guard let next = monitor.next else {
            // It begins with the window that it is made in.
            return try await governor.database.write { transaction in
                let table = MonitorProgressTable(transaction: transaction, workspace: monitor.workspace)
                if try table.next(of: monitor.name) == nil { try table.move(monitor.name, to: monitor.schedule.start(containing: now)) }
            }
        }
        // Another length since: from the next whole window on.
        var start = monitor.schedule.firstStart(from: next)
        for _ in 0..<Self.windowsInPass where monitor.schedule.due(start) <= now {
            let window = monitor.schedule.window(from: start)
            guard try await monitors.evaluateNext(monitor.name, window, by: caller) else { return }
            start = window.end
        }
    }

    private struct Scheduled: Sendable {
        var workspace: String
        var name: String
        var schedule: MonitorSchedule
        var next: Timestamp?
    }
}
