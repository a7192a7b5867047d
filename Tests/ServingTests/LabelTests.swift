// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import Serving
import TestSupport
import Testing

@Suite("Labels")
struct LabelTests {
    @Test("recording again changes nothing; a correction keeps what was said before", arguments: TestDatabase.allCases)
    func corrections(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let labels = Labels(governor: world.governor)
            func record(_ given: [(String, Double)]) async throws -> LabelReceipt {
                try await labels.record(given.map { Label(predictionID: $0.0, value: $0.1) }, for: "tumours", by: world.caller)
            }
            let start = world.clock.now()
            #expect(try await record([("a.0", 1), ("a.1", 0), ("a.1", 0)]) == LabelReceipt(recorded: 2, corrected: 0, unchanged: 0))
            world.clock.advance(.seconds(1))
            #expect(try await record([("a.0", 1), ("a.1", 1), ("a.2", 0.5)]) == LabelReceipt(recorded: 1, corrected: 1, unchanged: 1))
            try await world.database.read { transaction in
                let table = LabelTable(transaction: transaction, workspace: "default", endpoint: "tumours")
                #expect(try table.find("a.0")?.received == start)
                #expect(try table.find("a.1")?.value == 1)
                #expect(try table.find("a.1")?.received == start + .seconds(1))
                let history = try table.history(of: "a.1")
                #expect(history.map(\.value) == [0])
                #expect(history.first?.received == start)
                #expect(history.first?.replaced == start + .seconds(1))
                #expect(try table.history(of: "a.0").isEmpty)
                let elsewhere = LabelTable(transaction: transaction, workspace: "other", endpoint: "tumours")
                #expect(try elsewhere.find("a.0") == nil)
            }
        }
    }

    @Test("a label that came before its prediction joins it", arguments: TestDatabase.allCases)
    func joining(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let labels = Labels(governor: world.governor)
            _ = try await labels.record([Label(predictionID: "p.0", value: 1)], for: "tumours", by: world.caller)
            let prediction = Prediction(
                id: "p.0", endpoint: "tumours", time: world.clock.now(), revision: 2, candidate: 2, candidatePercent: 10,
                inputs: ["x": .number(0.5)], score: 0.75, logged: world.clock.now())
            try await world.database.write { transaction in
                try PredictionTable(transaction: transaction).insert([("default", prediction)])
            }
            try await world.database.read { [world] transaction in
                let table = PredictionTable(transaction: transaction)
                var labelled: [LabelledPrediction] = []
                try table.forEachLabelled(of: "tumours", in: "default", candidate: 2) { labelled.append($0) }
                #expect(labelled.map(\.label) == [1])
                #expect(labelled.first?.prediction == prediction)
                var seen: [Double?] = []
                let now = world.clock.now()
                try table.forEach(of: "tumours", in: "default", from: now, to: now + .milliseconds(1)) { seen.append($1) }
                #expect(seen == [1])
            }
            let endpoints = Endpoints(governor: world.governor)
            let shown = try await endpoints.prediction("p.0", by: world.caller)
            #expect(shown.label == 1)
            let unknown = await #expect(throws: Problem.self) { _ = try await endpoints.prediction("p.1", by: world.caller) }
            #expect(unknown?.kind == .notFound)
        }
    }

    @Test("takes ten thousand at once and refuses what is no label", arguments: TestDatabase.allCases)
    func bounds(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let labels = Labels(governor: world.governor)
            let many = (0..<10_000).map { Label(predictionID: "m.\($0)", value: Double($0 % 2)) }
            let first = try await labels.record(many, for: "tumours", by: world.caller)
            #expect(first == LabelReceipt(recorded: 10_000))
            let second = try await labels.record(many, for: "tumours", by: world.caller)
            #expect(second == LabelReceipt(unchanged: 10_000))
            let cases: [([Label], String)] = [
                (many + [Label(predictionID: "m", value: 0)], "serving.labels.too-many"),
                ([Label(predictionID: "", value: 0)], "serving.label.prediction-malformed"),
                ([Label(predictionID: "a b", value: 0)], "serving.label.prediction-malformed"),
                ([Label(predictionID: "a", value: .nan)], "serving.label.not-finite"),
                ([Label(predictionID: "a", value: 0), Label(predictionID: "a", value: 1)], "serving.label.contradictory"),
            ]
            for (given, code) in cases {
                let problem = await #expect(throws: Problem.self) { _ = try await labels.record(given, for: "tumours", by: world.caller) }
                #expect(problem?.code == code)
            }
        }
    }
}
