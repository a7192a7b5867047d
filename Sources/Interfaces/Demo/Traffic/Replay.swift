// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import NIOCore

/// Sends months of flights to an endpoint as its users would: an HTTP request for each scheduled hour, and the day's labels after it.
package struct Replay: Sendable {
    /// Labels of one request.
    static let largestLabelBatch = 5000

    package let endpoint: String
    /// Requests under way at once.
    package let concurrency: Int
    private let channel: ReplayChannel

    package init(_ server: ReplayServer, endpoint: String, concurrency: Int = 4) {
        self.endpoint = endpoint
        self.concurrency = max(1, concurrency)
        channel = ReplayChannel(server: server)
    }

    /// Failed requests are counted and the replay goes on, since a broken candidate is part of the story.
    ///
    /// - Parameters:
    ///   - labelDelay: Days that a day's labels come after it; those still missing at the end come then.
    ///   - progress: After each answer.
    ///   - afterDay: After each day's labels; `.stop` ends the replay there.
    /// - Throws: `Problem` `.unavailable` when a whole day gets no answer; what `afterDay` throws.
    package func send(
        _ month: FlightMonth, labelDelay: Int = 0, progress: @Sendable (ReplayProgress) -> Void = { _ in },
        afterDay: @Sendable (ReplayDay) async throws -> ReplayDecision = { _ in .goOn }
    ) async throws -> ReplaySummary {
        let start = ContinuousClock.now
        let total = month.flights.count
        var summary = ReplaySummary()
        var unlabelled: [[Answer]] = []
        for hours in month.days {
            let answers = try await answers(to: hours) { answer in
                summary.count(answer)
                let done = summary.answered + summary.failed
                progress(ReplayProgress(done: done, total: total, perSecond: Double(done) / max((.now - start) / .seconds(1), 1e-6)))
            }
            if let silence = Self.silence(answers) { throw silence }
            unlabelled.append(answers)
            if unlabelled.count > labelDelay { try await sendLabels(of: unlabelled.removeFirst(), into: &summary) }
            summary.duration = .now - start
            guard let first = hours.first?.first, let last = hours.last?.first else { continue }
            let day = ReplayDay(
                month: month.month, day: first.day,
                interval: Timestamp(milliseconds: first.scheduledHour)..<Timestamp(milliseconds: last.scheduledHour + 3_600_000),
                rows: hours.reduce(0) { $0 + $1.count }, soFar: summary)
            if try await afterDay(day) == .stop { break }
        }
        for answers in unlabelled { try await sendLabels(of: answers, into: &summary) }
        summary.unsent = total - summary.answered - summary.failed
        return summary
    }

    /// One hour's request and what became of it.
    struct Answer: Sendable {
        var flights: ArraySlice<Flight>
        var reply: InferenceReply?
        var failure: ReplayFailure?
        var retries: Int
    }

    /// Requests start in order of time, at most `concurrency` of them under way.
    private func answers(to hours: [ArraySlice<Flight>], each: (Answer) -> Void) async throws -> [Answer] {
        try await withThrowingTaskGroup(of: Answer.self) { group in
            var answers: [Answer] = []
            var waiting = hours.makeIterator()
            for _ in 0..<concurrency {
                guard let hour = waiting.next() else { break }
                group.addTask { try await answer(to: hour) }
            }
            while let answer = try await group.next() {
                each(answer)
                answers.append(answer)
                if let hour = waiting.next() { group.addTask { try await self.answer(to: hour) } }
            }
            return answers
        }
    }

    private func answer(to hour: ArraySlice<Flight>) async throws -> Answer {
        let body = InferenceBody(hour, eventTime: hour.first?.scheduledHour ?? 0)
        switch try await channel.post(body.buffer, to: "/v2/models/\(endpoint)/infer") {
        case .answered(let data, let retries):
            do {
                return Answer(flights: hour, reply: try InferenceReply(data, rows: hour.count), retries: retries)
            } catch {
                let failure = ReplayFailure(status: 200, isOfLabels: false, requests: 1, rows: hour.count, message: error.description)
                return Answer(flights: hour, failure: failure, retries: retries)
            }
        case .failed(let status, let message, let retries):
            let failure = ReplayFailure(status: status, isOfLabels: false, requests: 1, rows: hour.count, message: message)
            return Answer(flights: hour, failure: failure, retries: retries)
        }
    }

    private func sendLabels(of answers: [Answer], into summary: inout ReplaySummary) async throws {
        var labels: [LabelsBody.Label] = []
        for answer in answers {
            guard let reply = answer.reply else { continue }
            for (row, flight) in answer.flights.enumerated() {
                guard let isLate = flight.isLate else { continue }
                labels.append(LabelsBody.Label(prediction: "\(reply.predictionID).\(row)", value: isLate ? 1 : 0))
                summary.add(score: reply.scores[row], isLate: isLate)
            }
        }
        for start in stride(from: 0, to: labels.count, by: Self.largestLabelBatch) {
            let batch = Array(labels[start..<min(start + Self.largestLabelBatch, labels.count)])
            let body = ByteBuffer(bytes: try JSONEncoder().encode(LabelsBody(labels: batch)))
            switch try await channel.post(body, to: "/api/v1/endpoints/\(endpoint)/labels") {
            case .answered(_, let retries):
                summary.retries += retries
                summary.labelled += batch.count
            case .failed(let status, let message, let retries):
                summary.retries += retries
                summary.add(ReplayFailure(status: status, isOfLabels: true, requests: 1, rows: batch.count, message: message))
            }
        }
    }

    private static func silence(_ answers: [Answer]) -> Problem? {
        guard !answers.isEmpty, answers.allSatisfy({ $0.failure?.status == 0 }) else { return nil }
        return Problem(
            .unavailable, "demo.server.silent", "The server answered none of the \(answers.count) requests of a day.",
            why: answers.first?.failure?.message, fix: "See the server's log.")
    }
}

/// The body of `POST /api/v1/endpoints/{endpoint}/labels`.
struct LabelsBody: Codable, Equatable {
    struct Label: Codable, Equatable {
        var prediction: String
        var value: Int
    }

    var labels: [Label]
}

extension ReplaySummary {
    fileprivate mutating func count(_ answer: Replay.Answer) {
        retries += answer.retries
        if let failure = answer.failure {
            failed += answer.flights.count
            add(failure)
        } else {
            answered += answer.flights.count
        }
    }
}
