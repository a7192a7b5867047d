// SPDX-License-Identifier: Apache-2.0

package import Domain
import Synchronization

/// How often and how long each version of each endpoint has answered since this process began. In memory only.
package final class InferenceStatistics: Sendable {
    /// In place of the version, for failures of requests that asked for none.
    package static let noVersion = 0

    package struct Subject: Hashable, Sendable {
        package var endpoint: EndpointName
        /// Of the model, or `noVersion`.
        package var version: Int
    }

    /// Counts, and the nanoseconds they took together.
    package struct Counts: Sendable {
        package var answers: UInt64 = 0
        /// Rows of the requests that the version had part in.
        package var rows: UInt64 = 0
        /// Requests that the model or the server failed; what the client did wrong is not counted.
        package var failures: UInt64 = 0
        package var answerNanoseconds: UInt64 = 0
        package var failureNanoseconds: UInt64 = 0
        /// Of the answers' time, reading the requests.
        package var readingNanoseconds: UInt64 = 0
        /// Of the answers' time, choosing revisions and computing.
        package var computingNanoseconds: UInt64 = 0
        package var last: Timestamp?
    }

    private final class Counters: Sendable {
        let answers = Atomic<UInt64>(0)
        let rows = Atomic<UInt64>(0)
        let failures = Atomic<UInt64>(0)
        let answerNanoseconds = Atomic<UInt64>(0)
        let failureNanoseconds = Atomic<UInt64>(0)
        let readingNanoseconds = Atomic<UInt64>(0)
        let computingNanoseconds = Atomic<UInt64>(0)
        let last = Atomic<Int64>(0)

        var counts: Counts {
            let last = last.load(ordering: .relaxed)
            return Counts(
                answers: answers.load(ordering: .relaxed), rows: rows.load(ordering: .relaxed), failures: failures.load(ordering: .relaxed),
                answerNanoseconds: answerNanoseconds.load(ordering: .relaxed),
                failureNanoseconds: failureNanoseconds.load(ordering: .relaxed),
                readingNanoseconds: readingNanoseconds.load(ordering: .relaxed),
                computingNanoseconds: computingNanoseconds.load(ordering: .relaxed),
                last: last == 0 ? nil : Timestamp(milliseconds: last))
        }
    }

    /// Beyond it new versions are not counted, so that memory stays bounded however many are released.
    private static let maximumSubjects = 10_000
    private let counters = Mutex<[Subject: Counters]>([:])

    package init() {}

    /// - Parameters:
    ///   - versions: Those that had part in the answer; each counts it once.
    ///   - reading: Time from the request's arrival until the model was asked.
    package func countAnswer(
        of endpoint: EndpointName, versions: [Int], rows: Int, reading: Duration, computing: Duration, at time: Timestamp
    ) {
        for version in versions {
            guard let counters = counters(of: Subject(endpoint: endpoint, version: version)) else { continue }
            counters.answers.wrappingAdd(1, ordering: .relaxed)
            counters.rows.wrappingAdd(UInt64(rows), ordering: .relaxed)
            counters.readingNanoseconds.wrappingAdd(Self.nanoseconds(reading), ordering: .relaxed)
            counters.computingNanoseconds.wrappingAdd(Self.nanoseconds(computing), ordering: .relaxed)
            counters.answerNanoseconds.wrappingAdd(Self.nanoseconds(reading + computing), ordering: .relaxed)
            counters.last.store(time.milliseconds, ordering: .relaxed)
        }
    }

    /// - Parameter version: Nil when the request asked for none.
    package func countFailure(of endpoint: EndpointName, version: Int?, taking duration: Duration) {
        guard let counters = counters(of: Subject(endpoint: endpoint, version: version ?? Self.noVersion)) else { return }
        counters.failures.wrappingAdd(1, ordering: .relaxed)
        counters.failureNanoseconds.wrappingAdd(Self.nanoseconds(duration), ordering: .relaxed)
    }

    package func counts(of endpoint: EndpointName, version: Int) -> Counts {
        counters.withLock { $0[Subject(endpoint: endpoint, version: version)] }?.counts ?? Counts()
    }

    /// - Parameter versions: Ascending; failures of requests that asked for no version are counted to the newest.
    package func counts(of endpoint: EndpointName, versions: [Int]) -> [(version: Int, counts: Counts)] {
        let unclear = counts(of: endpoint, version: Self.noVersion)
        return versions.map { version in
            var counts = counts(of: endpoint, version: version)
            if version == versions.last {
                counts.failures += unclear.failures
                counts.failureNanoseconds += unclear.failureNanoseconds
            }
            return (version, counts)
        }
    }

    package var all: [(subject: Subject, counts: Counts)] {
        counters.withLock { $0.map { ($0.key, $0.value) } }.map { ($0, $1.counts) }
    }

    private func counters(of subject: Subject) -> Counters? {
        counters.withLock { known in
            if let counters = known[subject] { return counters }
            guard known.count < Self.maximumSubjects else { return nil }
            let counters = Counters()
            known[subject] = counters
            return counters
        }
    }

    private static func nanoseconds(_ duration: Duration) -> UInt64 {
        let parts = duration.components
        return UInt64(clamping: parts.seconds &* 1_000_000_000 &+ parts.attoseconds / 1_000_000_000)
    }
}
