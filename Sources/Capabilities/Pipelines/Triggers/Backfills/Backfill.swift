// SPDX-License-Identifier: Apache-2.0

package import Domain
package import Governance

/// One execution of a pipeline for each of many values of a parameter, so many at a time.
package struct Backfill: Codable, Sendable, Equatable {
    package enum State: String, Codable, CaseIterable, Sendable { case running, paused, cancelled, done }

    package static let mostPartitions = 10_000
    package static let mostAtOnce = 100

    package var id: String
    package var pipeline: String
    /// The parameter that differs.
    package var parameter: String
    /// The values of the others.
    package var parameters: [String: JSONValue]
    package var concurrency: Int
    package var state: State
    package var author: Principal
    package var created: Timestamp
    /// When no partition was open any more.
    package var ended: Timestamp?
    /// How many partitions are in each state.
    package var counts: [BackfillPartition.State: Int]

    package var resource: String { "backfill/\(id)" }
}

/// One value of a backfill and what became of it.
package struct BackfillPartition: Codable, Sendable, Equatable {
    package enum State: String, Codable, CaseIterable, Sendable {
        case waiting, running, succeeded, failed, cancelled
        /// An earlier backfill has done it, or is to.
        case skipped
    }

    package var position: Int
    package var value: JSONValue
    package var state: State
    package var execution: String?
    package var detail: String?
}

/// What a backfill is asked for.
package struct BackfillRequest: Codable, Sendable, Equatable {
    package enum Partitions: Codable, Sendable, Equatable {
        /// Days, weeks or months from one date to another, both included.
        case dates(from: String, to: String, step: Step)
        case values([String])
    }

    package enum Step: String, Codable, CaseIterable, Sendable { case day, week, month }

    package var pipeline: String
    package var parameter: String
    package var partitions: Partitions
    package var parameters: [String: JSONValue]
    package var concurrency: Int
    /// Whether partitions that succeeded before are done again.
    package var again: Bool

    package init(
        pipeline: String, parameter: String, partitions: Partitions, parameters: [String: JSONValue] = [:], concurrency: Int = 1,
        again: Bool = false
    ) {
        self.pipeline = pipeline
        self.parameter = parameter
        self.partitions = partitions
        self.parameters = parameters
        self.concurrency = concurrency
        self.again = again
    }
}

extension BackfillRequest.Partitions {
    /// The partitions' names in order: `2026-01-31` for a day or the day a week begins, `2026-01` for a month.
    ///
    /// - Throws: `Problem` `.invalid` for no dates, none, too many or one that comes twice.
    package func names() throws(Problem) -> [String] {
        let names: [String]
        switch self {
        case .values(let values): names = values
        case .dates(let from, let to, let step):
            guard let first = CivilDate(from), let last = CivilDate(to), first <= last else {
                throw Problem(
                    .invalid, "pipelines.backfill.dates", "'\(from.printable)' to '\(to.printable)' is not a range of dates.",
                    fix: "Write dates as 2026-01-31, the earlier one first.")
            }
            names = Self.dates(from: first, to: last, step)
        }
        guard (1...Backfill.mostPartitions).contains(names.count) else {
            throw Problem(
                .invalid, "pipelines.backfill.size", "The backfill has \(names.isEmpty ? "no" : "too many") partitions.",
                why: "It has 1 to \(Backfill.mostPartitions).", fix: "Choose another range.")
        }
        guard names.allSatisfy({ (1...500).contains($0.utf8.count) && !$0.utf8.contains(0) }), Set(names).count == names.count else {
            throw Problem(
                .invalid, "pipelines.backfill.values", "A value is empty, longer than 500 bytes, or comes twice.", fix: "Name each once.")
        }
        return names
    }

    private static func dates(from first: CivilDate, to last: CivilDate, _ step: BackfillRequest.Step) -> [String] {
        var names: [String] = []
        switch step {
        case .day, .week:
            var days = first.daysSince1970
            while days <= last.daysSince1970, names.count <= Backfill.mostPartitions {
                names.append(CivilDate(daysSince1970: days).text)
                days += step == .day ? 1 : 7
            }
        case .month:
            var (year, month) = (first.year, first.month)
            while (year, month) <= (last.year, last.month), names.count <= Backfill.mostPartitions {
                if let date = CivilDate(year: year, month: month, day: 1) { names.append(date.monthText) }
                (year, month) = month == 12 ? (year + 1, 1) : (year, month + 1)
            }
        }
        return names
    }
}
