// SPDX-License-Identifier: Apache-2.0

import API
import Client
import Domain

/// A month in which an upstream system breaks: the platform must see it, say what it is, and not retrain on it.
struct DataFaultDrill: Sendable {
    enum Fault: Sendable {
        /// The column `humid` is empty from one month to the next.
        case nulls
        /// A carrier goes by a code that the model has never seen.
        case unseenCarrier
        /// Nothing comes any more after two thirds of the month.
        case stoppedFeed
        /// Temperatures come in Celsius.
        case celsius
    }

    /// Between two drills: far enough not to meet each other, near enough that each follows the one before.
    static let days = 31
    private static let renamed = (carrier: "UA", to: "ZZ")
    private static let daysBeforeStop = 20

    let steps: Steps
    let month: FlightMonth
    let fault: Fault
    /// How far the month is shifted.
    let shift: Int

    private var name: String {
        switch fault {
        case .nulls: "Drill: a column of nulls"
        case .unseenCarrier: "Drill: an unseen carrier"
        case .stoppedFeed: "Drill: a feed that stops"
        case .celsius: "Drill: temperatures in Celsius"
        }
    }

    func run() async throws -> DemoReport.DataFault {
        let whole = try month.shifted(byDays: shift)
        let firings = try await steps.firings()
        _ = try await steps.replay(try broken(whole), as: name)
        let evaluations: [EvaluationAnswer]
        if fault == .stoppedFeed {
            // A stop is told from a pause by looking twice: at the two halves of what is missing.
            let (stop, end) = (whole.first(days: Self.daysBeforeStop).interval.upperBound, whole.interval.upperBound)
            let middle = Timestamp(milliseconds: (stop.milliseconds + end.milliseconds) / 2)
            evaluations = [try await steps.evaluate(stop..<middle), try await steps.evaluate(middle..<end)]
        } else {
            evaluations = [try await steps.evaluate(whole.interval)]
        }
        let incidents = try await steps.openIncidents()
        let found = incidents.filter { isOurs($0) }
        let started = try await steps.firings().contains { firing in
            firing.execution != nil && !firings.contains { $0.entry == firing.entry }
        }
        try await steps.close(incidents, because: "The source is as it was again.")
        let reason: String
        if fault == .stoppedFeed {
            reason = found.first?.summary ?? "Nothing was told."
        } else {
            reason = evaluations[0].reasons.first ?? "Nothing was said."
        }
        let isDetected = !found.isEmpty && (fault == .stoppedFeed || evaluations[0].verdict == "faulty")
        steps.progress.finish("\(name): \(isDetected ? "recognised" : "NOT recognised"). \(reason)")
        // Blocked means: nothing was started.
        return DemoReport.DataFault(detected: isDetected, retrainBlocked: !started, reason: reason)
    }

    private func broken(_ month: FlightMonth) throws -> FlightMonth {
        switch fault {
        case .nulls: try month.withoutHumidity()
        case .unseenCarrier: try month.renaming(carrier: Self.renamed.carrier, to: Self.renamed.to)
        case .stoppedFeed: month.first(days: Self.daysBeforeStop)
        case .celsius: try month.inCelsius()
        }
    }

    private func isOurs(_ incident: IncidentAnswer) -> Bool {
        fault == .stoppedFeed ? incident.rule == Steps.feedCheck : incident.kind == "data-fault"
    }
}
