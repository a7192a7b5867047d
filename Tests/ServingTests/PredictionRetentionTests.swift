// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Serving
import TestSupport
import Testing

@Suite("Keeping predictions for a while")
struct PredictionRetentionTests {
    @Test(
        "older predictions go with their labels, newer ones and other endpoints' stay, and the ledger says so",
        arguments: TestDatabase.allCases)
    func retention(_ engine: TestDatabase) async throws {
        let expected = try Fixtures.expected()
        try await World.with(engine) { world in
            world.onlyFirst()
            let day = Duration.seconds(86_400)
            let now = world.clock.now()
            let old = try await world.infer(.init(inputs: [expected.features()], time: now - day * 31))
            let young = try await world.infer(.init(inputs: [expected.features()], time: now - day * 29))
            await world.log.flush()
            let labels = Labels(governor: world.governor)
            for answer in [old, young] {
                _ = try await labels.record([.init(predictionID: "\(answer.id).0", value: 1)], for: World.endpoint.name, by: world.caller)
            }
            let retention = PredictionRetention(governor: world.governor, archive: world.archive)
            try await retention.enforce()
            #expect(try await world.logged(old, rows: 90).count == 90)
            _ = try await EndpointConfiguration(governor: world.governor).set(
                EndpointSettings(log: .init(days: 30)), of: World.endpoint.name, by: world.caller)
            try await retention.enforce()
            #expect(try await world.logged(old, rows: 90).isEmpty)
            #expect(try await world.logged(young, rows: 90).count == 90)
            let left = try await world.database.read { transaction in
                let table = LabelTable(transaction: transaction, workspace: "default", endpoint: World.endpoint.name)
                return (try table.find("\(old.id).0") == nil, try table.find("\(young.id).0")?.value)
            }
            #expect(left == (true, 1))
            let actions = try await world.database.read { transaction in
                try transaction.rows("SELECT verb FROM ledger_entry").map { try $0["verb"] as String }
            }
            #expect(actions.contains { $0.contains("predictions-deleted") })
        }
    }
}
