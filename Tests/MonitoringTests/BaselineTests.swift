// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Monitoring
import Statistics
import TestSupport
import Testing

@Suite("Baselines")
struct BaselineTests {
    private let features = [MonitoredFeature("temp", .number), MonitoredFeature("origin", .category)]

    private func rows(_ count: Int) -> [MonitoredRow] {
        (0..<count).map { index in
            MonitoredRow(
                key: "row-\(index)", time: nil, inputs: ["temp": .number(Double(index)), "origin": .string("JFK")], score: 0.5,
                isPositive: index % 2 == 0)
        }
    }

    @Test("a file of scored rows gives the profiles and the level of its rows")
    func file() throws {
        let text = "row,temp,origin,p,late\r\n1,20.5,JFK,0.8,1\r\n2,,LGA,0.2,0\n3,10,,0.4,\n4,nan,JFK,,1\n"
        let file = try ScoredFile(csv: text, features: features, score: "p", label: "late", rule: LabelRule())
        let profile = BaselineProfile.build(of: features, from: file.rows)
        try profile.validate()
        #expect(profile.rowCount == 4)
        #expect(profile.numeric["temp"]?.valueCount == 2 && profile.numeric["temp"]?.nulls == 2)
        #expect(profile.categorical["origin"]?.counts == ["JFK": 2, "LGA": 1] && profile.categorical["origin"]?.nulls == 1)
        #expect(profile.samples == ["temp": [10, 20.5]])
        #expect(profile.score?.valueCount == 3 && profile.score?.nulls == 1)
        // Two rows have a score and a label: -ln 0.8 each, and squares of 0.2.
        #expect(abs((profile.level?.logLoss ?? 0) - 0.223_143_551_314_209_7) < 1e-12)
        #expect(abs((profile.level?.brierScore ?? 0) - 0.04) < 1e-12)
        #expect(profile.level?.rowCount == 2 && profile.level?.positiveCount == 1 && profile.level?.rocAUC == 1)
    }

    @Test(
        "a file that cannot be read without guessing is refused",
        arguments: [
            "", "temp,score\n", "a,b\n1,2\n", "temp,temp\n1,2\n", "temp,score\n1\n", "temp,score\n1,2,3\n", "temp,score\nwarm,0.5\n",
            "origin,score\n\"JFK\",0.5\n",
        ])
    func refusedFile(text: String) async throws {
        #expect(try await code { _ = try ScoredFile(csv: text, features: features, rule: nil) } == "monitoring.baseline.file")
    }

    @Test("beyond 20,000 rows the sample is bounded and the same in any order, and counts stay exact")
    func boundedSample() {
        let rows = rows(60_000)
        let profile = BaselineProfile.build(of: features, from: rows)
        #expect(profile.samples["temp"]?.count == 20_000)
        #expect(BaselineProfile.build(of: features, from: rows.reversed()).samples == profile.samples)
        #expect(profile.numeric["temp"]?.valueCount == 60_000 && profile.level?.rowCount == 60_000)
        // A fair third of each tenth: four standard deviations of 2000 are 154.
        let sample = profile.samples["temp"] ?? []
        for tenth in 0..<10 {
            let count = sample.count { $0 >= Double(tenth * 6000) && $0 < Double((tenth + 1) * 6000) }
            #expect(abs(count - 2000) < 154, "tenth \(tenth)")
        }
    }

    @Test("a profile survives its JSON form, and without samples its features are tested on their bins", arguments: TestDatabase.allCases)
    func profileWithoutSamples(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            var profile = BaselineProfile.build(of: features, from: rows(1000))
            #expect(try JSONDecoder().decode(BaselineProfile.self, from: JSONEncoder().encode(profile)) == profile)
            profile.samples = [:]
            _ = try await world.monitors.apply(
                MonitorSpecification(name: "m", endpoint: World.endpoint, features: features, label: nil), by: world.amina)
            _ = try await world.monitors.rebase("m", model: "flights", version: 1, profile, by: world.amina)
            let answers = (0..<1000).map { World.Answer(inputs: ["temp": .number(Double($0 / 2)), "origin": .string("JFK")]) }
            try await world.log(answers, in: World.window(0), prefix: "w0")
            let evaluation = try await world.monitors.evaluate("m", World.window(0), by: world.amina)
            let finding = try #require(evaluation.findings.features.first)
            #expect(finding.test == .chiSquare && finding.level == .critical)
            // One category on both sides leaves nothing to test.
            #expect(evaluation.findings.features.last?.pValue == nil && evaluation.findings.falseAlarms.tests == 1)
        }
    }

    @Test("a malformed profile or version is refused", arguments: TestDatabase.allCases)
    func refusedProfile(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            _ = try await world.monitors.apply(
                MonitorSpecification(name: "m", endpoint: World.endpoint, features: features), by: world.amina)
            let profile = BaselineProfile(rowCount: 1, samples: ["temp": [2, 1]])
            let malformed = try await code {
                _ = try await world.monitors.rebase("m", model: "flights", version: 1, profile, by: world.amina)
            }
            #expect(malformed == "monitoring.baseline.malformed")
            let sound = BaselineProfile(rowCount: 1)
            let version = try await code { _ = try await world.monitors.rebase("m", model: "flights", version: 0, sound, by: world.amina) }
            #expect(version == "monitoring.baseline.version")
            let csv = try await world.monitors.rebase("m", model: "flights", version: 3, fromCSV: "temp,score\n1,0.5\n", by: world.amina)
            #expect(csv.source == "file" && csv.profile.rowCount == 1 && csv.profile.samples.isEmpty)
        }
    }
}
