// SPDX-License-Identifier: Apache-2.0
import Expressions
import Foundation
import Testing

/// The public conformance cases of the language. `DHOW_CEL_VECTORS` names another file of the same form, `DHOW_CEL_RESULTS` a file to
/// write each outcome to.
@Suite("CELVectors") struct CELVectors {
    /// Cases that Dhow answers differently, with the reason. None.
    static let excluded: [String: String] = [:]

    private static let committed = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Golden/cel/cel.json")

    private struct File: Decodable {
        let cases: [Entry]
    }

    /// A case, or its id when it is of a form unknown here.
    private struct Entry: Decodable {
        let id: String
        let vector: VectorCase?

        private struct Head: Decodable {
            let id: String?
        }

        init(from decoder: any Decoder) {
            vector = try? VectorCase(from: decoder)
            id = vector?.id ?? (try? Head(from: decoder))?.id ?? "?"
        }
    }

    @Test("gives the values, types and errors of the conformance suite")
    func conformance() throws {
        let surroundings = ProcessInfo.processInfo.environment
        let foreign = surroundings["DHOW_CEL_VECTORS"].map { URL(filePath: $0) }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let file = try decoder.decode(File.self, from: Data(contentsOf: foreign ?? Self.committed))

        var lines: [String] = []
        var tally: [String: (right: Int, total: Int)] = [:]
        var objections: [String] = []
        for entry in file.cases where Self.excluded[entry.id] == nil {
            let profile = entry.vector?.profile ?? "?"
            tally[profile, default: (0, 0)].total += 1
            let outcome = entry.vector?.run() ?? VectorCase.Outcome(error: "The case has a form that is unknown here.")
            lines.append(outcome.line(for: entry.id))
            if let vector = entry.vector, let objection = vector.objection(to: outcome) {
                objections.append("\(entry.id): \(vector.expr) gives \(objection)")
            } else if entry.vector == nil {
                objections.append("\(entry.id): unreadable")
            } else {
                tally[profile, default: (0, 0)].right += 1
            }
        }
        if let results = surroundings["DHOW_CEL_RESULTS"] {
            try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: results))
        }
        for (profile, count) in tally.sorted(by: { $0.key < $1.key }) { print("CEL \(profile): \(count.right) of \(count.total)") }
        #expect(!file.cases.isEmpty)
        #expect(objections.isEmpty, "\(objections.count) cases differ:\n\(objections.joined(separator: "\n"))")
    }
}
