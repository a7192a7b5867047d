// SPDX-License-Identifier: Apache-2.0

import Crypto
package import Domain
import Foundation

/// One behavioural case: the candidate's score, and what it is compared with.
package struct BehaviourCase: Equatable, Sendable {
    package var score: Double
    /// The candidate's score of the same row before its input was changed.
    package var original: Double?
    /// The plainly right answer.
    package var label: Bool?

    package init(score: Double, original: Double? = nil, label: Bool? = nil) {
        self.score = score
        self.original = original
        self.label = label
    }
}

/// Behavioural cases by name, from CSV with the columns `case`, `score` and `original`, `label` or both. An empty score is NaN.
package struct BehaviourCases: Equatable, Sendable {
    package let cases: [String: [BehaviourCase]]

    package init(_ cases: [String: [BehaviourCase]]) {
        self.cases = cases
    }

    /// - Throws: `Problem` `.invalid` when it is not such a file, `.tooLarge` beyond a million rows.
    package init(csv bytes: some Sequence<UInt8>) throws(Problem) {
        var cases: [String: [BehaviourCase]] = [:]
        var names: [String] = []
        var table = TextTable("behaviour")
        let messages = table
        func number(_ text: String) throws(Problem) -> Double {
            if text.isEmpty { return .nan }
            guard let number = Double(text) else { throw messages.malformed("A score is not a number.") }
            return number
        }
        func header(_ fields: [String]) throws(Problem) {
            guard fields.contains("case"), fields.contains("score"), fields.contains("original") || fields.contains("label") else {
                throw messages.malformed("Its first line must name the columns 'case', 'score' and 'original' or 'label'.")
            }
            names = fields
        }
        func row(_ fields: [String]) throws(Problem) {
            var name = ""
            var found = BehaviourCase(score: .nan)
            for (column, text) in zip(names, fields) {
                switch column {
                case "case": name = text
                case "score": found.score = try number(text)
                case "original": found.original = try number(text)
                case "label" where !text.isEmpty:
                    guard let label = Bool(label: text) else { throw messages.malformed("A label is neither 0 nor 1.") }
                    found.label = label
                default: break
                }
            }
            cases[name, default: []].append(found)
        }
        try table.feed(bytes, header: header, row: row)
        try table.finish(header: header, row: row)
        self.init(cases)
    }
}

/// Times of single requests, from CSV with the column `milliseconds`.
package enum LatencyFile {
    /// - Throws: `Problem` `.invalid` when it is not such a file, `.tooLarge` beyond a million rows.
    package static func milliseconds(csv bytes: some Sequence<UInt8>) throws(Problem) -> [Double] {
        var times: [Double] = []
        var place = 0
        var table = TextTable("latencies")
        let messages = table
        func header(_ fields: [String]) throws(Problem) {
            guard let found = fields.firstIndex(of: "milliseconds") else {
                throw messages.malformed("Its first line must name the column 'milliseconds'.")
            }
            place = found
        }
        func row(_ fields: [String]) throws(Problem) {
            guard let time = Double(fields[place]) else { throw messages.malformed("A time is not a number.") }
            times.append(time)
        }
        try table.feed(bytes, header: header, row: row)
        try table.finish(header: header, row: row)
        return times
    }
}

/// Names and numbers that a program reported, as JSON. What is null, or written as Python writes it (`NaN`, `Infinity`), is NaN: the
/// metric was reported, and is no number.
package enum ReportedMetrics {
    package static func read(json bytes: [UInt8]) throws -> [String: Double] {
        let text = String(decoding: bytes, as: UTF8.self).replacing(#/(:\s*)(NaN|-?Infinity)\b/#) { "\($0.output.1)null" }
        return try JSONDecoder().decode([String: Double?].self, from: Data(text.utf8)).mapValues { $0 ?? .nan }
    }
}
