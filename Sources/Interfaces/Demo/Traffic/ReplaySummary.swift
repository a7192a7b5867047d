// SPDX-License-Identifier: Apache-2.0

package import Domain
import Statistics

/// What a replay of a month came to.
package struct ReplaySummary: Equatable, Sendable {
    /// Rows that were answered, and rows whose request failed for good.
    package internal(set) var answered = 0
    package internal(set) var failed = 0
    package internal(set) var labelled = 0
    /// Rows never sent because the replay was stopped.
    package internal(set) var unsent = 0
    /// Requests sent again after status 503 or a lost connection.
    package internal(set) var retries = 0
    package internal(set) var failures: [ReplayFailure] = []
    package internal(set) var duration = Duration.zero
    private var scores: [Double] = []
    private var outcomes: [Bool] = []

    package init() {}

    package var isComplete: Bool { unsent == 0 }
    package var rowsPerSecond: Double { Double(answered + failed) / max(duration / .seconds(1), 1e-9) }

    /// Of all answers with a label, whichever model version gave them; nil when there is none or a score is not within 0…1.
    package var metrics: ClassificationSummary? {
        ClassificationMetrics(scores: scores, labels: outcomes).map { ClassificationSummary(auc: $0.rocAUC, logLoss: $0.logLoss) }
    }

    mutating func add(score: Double, isLate: Bool) {
        scores.append(score)
        outcomes.append(isLate)
    }

    mutating func add(_ failure: ReplayFailure) {
        if let index = failures.firstIndex(where: { $0.status == failure.status && $0.isOfLabels == failure.isOfLabels }) {
            failures[index].requests += failure.requests
            failures[index].rows += failure.rows
        } else {
            failures.append(failure)
        }
    }
}

package struct ClassificationSummary: Equatable, Sendable {
    /// Nil when all flights were late or none was.
    package let auc: Double?
    /// In nats.
    package let logLoss: Double
}

/// Requests that failed for good with one status.
package struct ReplayFailure: Equatable, Sendable {
    /// The HTTP status; 0 when no answer came.
    package var status: Int
    package var isOfLabels: Bool
    package var requests: Int
    package var rows: Int
    /// What the first of them said.
    package var message: String
}

/// Where a replay stands.
package struct ReplayProgress: Equatable, Sendable {
    package let done: Int
    package let total: Int
    package let perSecond: Double
}

/// A day whose answers are in and whose labels are sent.
package struct ReplayDay: Sendable {
    package let month: Int
    /// Local day of the month.
    package let day: Int
    /// Scheduled hours of the day, from the first to just after the last.
    package let interval: Range<Timestamp>
    package let rows: Int
    package let soFar: ReplaySummary
}

package enum ReplayDecision: Sendable {
    case goOn, stop
}
