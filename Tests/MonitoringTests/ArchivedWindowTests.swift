// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Governance
import Monitoring
import Serving
import TestSupport
import Testing

@Suite("Windows of archived predictions")
struct ArchivedWindowTests {
    private let controller = Caller.controller("test", in: World.workspace)
    private let specification = MonitorSpecification(
        name: "watch", endpoint: World.endpoint, features: [MonitoredFeature("x", .number), MonitoredFeature("k", .category)],
        checks: [
            MonitorCheck("numbers", .errors, objective: 0.99), MonitorCheck("slow", .latency, objective: 0.9, milliseconds: 5),
            MonitorCheck("together", .jointDrift),
        ], segments: [MonitorSegment("k")])

    private func answers(_ shift: Double) -> [World.Answer] {
        (0..<1500).map { index in
            let x = Double(index * 7 % 101) + shift
            let score: Double? = index % 100 == 0 ? nil : 0.05 + 0.1 * Double(index % 10)
            return World.Answer(
                inputs: ["x": .number(x), "k": .string(["a", "b"][index % 2])], score: score, label: index % 10 > 5 ? 1 : 0,
                microseconds: Int64(index % 7) * 1000)
        }
    }

    /// Two windows, of which everything is in the archive when the first has been judged from the table.
    private func run(_ engine: TestDatabase, _ body: (World, Monitors, LocalBlobStore, Evaluation) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "archived-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await World.run(on: engine) { world in
            let blobs = try await LocalBlobStore(folder: folder + "/blobs", vault: KeyFileVault(path: folder + "/keys.json"))
            let archive = PredictionArchive(governor: world.governor, blobs: blobs)
            let monitors = Monitors(governor: world.governor, archive: archive)
            _ = try await monitors.apply(specification, by: world.amina)
            try await world.log(answers(0), in: World.window(0), prefix: "w0")
            try await world.log(answers(30), in: World.window(1), prefix: "w1")
            _ = try await monitors.rebase("watch", model: "flights", version: 1, fromWindow: World.window(0), by: world.amina)
            let before = try await monitors.evaluate("watch", World.window(1), by: world.amina)
            _ = try await EndpointConfiguration(governor: world.governor).set(
                EndpointSettings(log: .init(archive: 30)), of: World.endpoint, by: controller)
            try await archive.enforce()
            let left: Int? = try await world.database.read { try $0.row("SELECT COUNT(*) AS rows FROM prediction")?["rows"] }
            #expect(left == 0)
            try await body(world, monitors, blobs, before)
        }
    }

    @Test("are judged as they were before they were archived", arguments: TestDatabase.allCases)
    func same(engine: TestDatabase) async throws {
        try await run(engine) { world, monitors, _, before in
            let after = try await monitors.evaluate("watch", World.window(1), by: world.amina)
            #expect(after.rowCount == 1500 && after.earlierWindow == World.window(0) && after.version == 1)
            #expect(after.verdict == before.verdict && after.findings.features == before.findings.features)
            #expect(after.findings.performance == before.findings.performance && after.findings.segments == before.findings.segments)
            #expect(after.findings.checks == before.findings.checks && before.findings.checks?.count == 3)
            // A baseline can be made of them, too.
            let baseline = try await monitors.rebase("watch", model: "flights", version: 1, fromWindow: World.window(1), by: world.amina)
            #expect(baseline.profile.rowCount == 1500)
        }
    }

    @Test("whose file is gone are undecided with that reason, and the rule about references tells", arguments: TestDatabase.allCases)
    func lost(engine: TestDatabase) async throws {
        try await run(engine) { world, monitors, blobs, _ in
            let digests: [String] = try await world.database.read {
                try $0.rows("SELECT digest FROM prediction_segment").map { try $0["digest"] }
            }
            for digest in digests { try await blobs.delete(try #require(BlobDigest(digest))) }
            let evaluation = try await monitors.evaluate("watch", World.window(1), by: world.amina)
            #expect(evaluation.verdict == .undecided && evaluation.rowCount == 0)
            #expect(evaluation.findings.reasons.first?.contains("is gone") == true, "\(evaluation.findings.reasons)")
            let rule = try await monitors.rules(of: "watch", by: world.viewer).first { $0.rule == "reference" }
            #expect(rule?.breaches == 1)
        }
    }

    @Test("are refused where there is no archive to read", arguments: TestDatabase.allCases)
    func refused(engine: TestDatabase) async throws {
        try await run(engine) { world, _, _, _ in
            let refusal = try await code { _ = try await world.monitors.evaluate("watch", World.window(1), by: world.amina) }
            #expect(refusal == "serving.window.archived")
        }
    }
}
