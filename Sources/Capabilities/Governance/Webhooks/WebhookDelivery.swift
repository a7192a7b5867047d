// SPDX-License-Identifier: Apache-2.0

import Backends
package import Domain

/// One message for one webhook, until it has arrived or is given up.
package struct WebhookDelivery: Codable, Sendable, Equatable {
    package enum State: String, Codable, CaseIterable, Sendable, DatabaseConvertible {
        case pending, delivered
        /// Given up; kept to be looked at, and sent again when someone says so.
        case dead
    }

    package var id: String
    package var webhook: String
    /// Id of the ledger entry it tells of.
    package var entry: String
    package var event: String
    package var body: String
    package var state: State
    package var attempts: Int
    /// When it is tried next; while an attempt runs, when that one counts as lost.
    package var due: Timestamp
    /// Of the last answer.
    package var status: Int?
    package var error: String?
    package var created: Timestamp
    package var ended: Timestamp?
}

/// What came of one attempt.
package enum WebhookOutcome: Sendable, Equatable {
    case delivered(status: Int)
    /// It may go better later.
    case failed(status: Int?, error: String)
    /// Saying it again would not help.
    case refused(status: Int?, error: String)

    /// What a status says: 2xx has it, 5xx and "later" may have it later, all others never.
    package init(status: Int) {
        switch status {
        case 200..<300: self = .delivered(status: status)
        case 408, 425, 429, 500...: self = .failed(status: status, error: "The receiver answered \(status).")
        case 300..<400: self = .refused(status: status, error: "The receiver answered \(status); redirects are not followed.")
        default: self = .refused(status: status, error: "The receiver answered \(status).")
        }
    }
}

/// When to try again, and when to give up.
package enum WebhookRetry {
    /// About four hours with the waits between them.
    package static let maximumAttempts = 16
    package static let longestWait = Duration.seconds(3600)

    /// Doubles from a second to an hour; nil when it is to be given up.
    ///
    /// - Parameters:
    ///   - attempts: Made so far, at least one.
    ///   - jitter: 0.5 to 1, so that many do not come back together.
    package static func wait(after attempts: Int, jitter: Double) -> Duration? {
        guard attempts < maximumAttempts else { return nil }
        let seconds = min(1 << min(max(attempts - 1, 0), 12), 3600)
        return .milliseconds(Int64(Double(seconds) * 1000 * min(max(jitter, 0.5), 1)))
    }
}
