// SPDX-License-Identifier: Apache-2.0

import API
import Client
import Domain
import Foundation

/// The year, month by month, and the drills after it.
struct Story: Sendable {
    let cast: Cast
    let table: FlightTable
    let pipelines: URL
    let folder: URL
    let progress: ProgressLine

    private var steps: Steps { Steps(cast: cast, folder: folder, progress: progress) }

    func tell() async throws -> DemoReport {
        var report = DemoReport()
        let (first, second) = (table.months[0], table.months[1])
        try await steps.applyMonitor()
        try await steps.applyContract(from: pipelines)
        try await steps.record(first)
        try await steps.record(second)
        try await steps.applyPipelines(from: pipelines)
        try await beginning()
        try await steps.applyTrigger()
        for month in table.months.dropFirst(2) {
            let summary = try await steps.replay(month, as: "Month \(month.month)") { [steps] _ in
                // A real day is longer than the platform needs to look at its labels; a replayed one is not.
                if let rollout = try await steps.latestRollout(), rollout.finished == nil { try await Task.sleep(for: .milliseconds(400)) }
                return .goOn
            }
            // The month's traffic has also decided about the candidate of the month before.
            if let index = report.months.indices.last { try await settle(&report.months[index]) }
            report.months.append(try await judge(month, summary))
        }
        if let last = table.months.last {
            report.faults = try await drills(on: last)
            report.lineage = try await steps.lineage(of: last)
        }
        return report
    }

    /// Each with the month moved on, after the one before. Celsius is the last of the data: after it every month looks like another unit.
    private func drills(on month: FlightMonth) async throws -> DemoReport.Faults {
        var turn = 0
        func shift() -> Int {
            turn += 1
            return turn * DataFaultDrill.days
        }
        func dataFault(_ fault: DataFaultDrill.Fault) async throws -> DemoReport.DataFault {
            try await DataFaultDrill(steps: steps, month: month, fault: fault, shift: shift()).run()
        }
        var faults = DemoReport.Faults()
        faults.nulls = try await dataFault(.nulls)
        faults.unseenCarrier = try await dataFault(.unseenCarrier)
        faults.stoppedFeed = try await dataFault(.stoppedFeed)
        faults.lateLabels = try await LateLabelsDrill(steps: steps, month: month, shift: shift()).run()
        faults.celsius = try await dataFault(.celsius)
        faults.brokenCandidate = try await BrokenCandidateDrill(steps: steps, month: month, carrier: nil, days: shift()).run()
        faults.brokenSegment = try await BrokenCandidateDrill(
            steps: steps, month: month, carrier: BrokenCandidateDrill.carrier, days: shift()
        ).run()
        return faults
    }

    /// Trains on the first two months, whose last part judges, and releases after a person's yes.
    private func beginning() async throws {
        let execution = try await steps.start(
            FlightsDemo.pipeline, ["first": "\(FlightsDemo.dataset)@1", "second": "\(FlightsDemo.dataset)@0"])
        let end = try await steps.follow(execution, as: "First model")
        guard end.status == "succeeded" else {
            throw Problem(
                .rejected, "demo.first.failed", "The first model was not released.", why: steps.reason(of: end),
                fix: "See 'dhow execution show \(end.id) --data \(folder.path)/data' while 'dhow serve --data \(folder.path)/data' runs.")
        }
    }

    /// Records the month that was served, has it judged, and follows what the server makes of that.
    private func judge(_ month: FlightMonth, _ summary: ReplaySummary) async throws -> DemoReport.Month {
        let name = "Month \(month.month)"
        try await steps.record(month)
        let firings = try await steps.firings()
        let evaluation = try await steps.evaluate(month.interval)
        var result = DemoReport.Month(
            month: month.month, rows: month.flights.count, lateRate: month.lateRate, championAUC: summary.metrics?.auc,
            championLogLoss: summary.metrics?.logLoss, reason: evaluation.reasons.prefix(2).joined(separator: " "),
            drift: steps.drift(in: evaluation)
        )
        guard evaluation.verdict == "degraded", let firing = try await steps.firing(after: firings) else {
            progress.finish("\(name): \(evaluation.verdict), the champion stays")
            return result
        }
        if let blocked = firing.blocked {
            result.decision = .blocked
            result.reason = blocked
            return result
        }
        guard let execution = firing.execution else { return result }
        let end = try await steps.follow(execution, as: "\(name): retraining")
        if let metrics = try await steps.heldOutMetrics(of: end) {
            // The same held-out rows for both, so that they can be compared.
            result.challengerAUC = metrics["heldout_auc"]
            result.challengerLogLoss = metrics["heldout_log_loss"]
            result.championAUC = metrics["heldout_champion_auc"] ?? result.championAUC
            result.championLogLoss = metrics["heldout_champion_log_loss"] ?? result.championLogLoss
        }
        result.decision = end.status == "succeeded" ? .promoted : .refused
        result.reason = end.status == "succeeded" ? try await steps.promotionReason(of: end) : steps.reason(of: end)
        progress.finish("\(name): \(result.decision.rawValue). \(result.reason)")
        return result
    }

    /// A promotion stands when its canary has taken all traffic in the month that followed.
    private func settle(_ month: inout DemoReport.Month) async throws {
        guard month.decision == .promoted, let rollout = try await steps.latestRollout() else { return }
        switch rollout.phase {
        case "promoted": month.reason += " The canary took over."
        case "rolled-back", "aborted":
            month.decision = .refused
            month.reason += " The canary gave it back: \(rollout.reason ?? "no reason given")."
        default: month.reason += " The canary is at \(rollout.percent) %."
        }
    }
}
