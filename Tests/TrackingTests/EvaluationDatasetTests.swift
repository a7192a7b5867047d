// SPDX-License-Identifier: Apache-2.0

import Domain
import Governance
import TestSupport
import Testing
import Tracking

@Suite struct EvaluationDatasetTests {
    private func experiment(_ world: TrackingWorld, _ name: String = "asked") async throws -> Int64 {
        try await world.experiments.create(name, by: world.caller).id
    }

    @Test("gives back what was made, with tags and experiments, and lets several share a name", arguments: TestDatabase.allCases)
    func creation(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let experiment = try await experiment(world)
            let made = try await world.evaluationDatasets.create(
                "support", tags: [Tag("team", "risk")], experiments: [experiment], by: world.caller)
            #expect(try await world.evaluationDatasets.get(made.id, by: world.caller) == made)
            #expect((made.name, made.tags, made.experiments) == ("support", [Tag("team", "risk")], [experiment]))
            #expect((made.schema, made.recordCount) == (nil, 0))
            #expect(made.author == world.caller.principal.qualifiedName)
            let second = try await world.evaluationDatasets.create("support", by: world.caller)
            #expect(second.id != made.id)
        }
    }

    @Test("is unknown from another workspace, by every use", arguments: TestDatabase.allCases)
    func isolation(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let sets = world.evaluationDatasets
            let id = try await sets.create("ours", by: world.caller).id
            _ = try await sets.merge([EvaluationRecordDraft(inputs: ["q": 1])], into: id, by: world.caller)
            let other = Caller.controller("tests", in: "other")
            await expectUnknown { _ = try await sets.get(id, by: other) }
            await expectUnknown { try await sets.setTags([Tag("a", "b")], on: id, by: other) }
            await expectUnknown { _ = try await sets.merge([], into: id, by: other) }
            await expectUnknown { _ = try await sets.records(of: id, limit: 10, by: other) }
            await expectUnknown { _ = try await sets.deleteRecords(["dr-1"], of: id, by: other) }
            await expectUnknown { _ = try await sets.add([], to: id, by: other) }
            await expectUnknown { _ = try await sets.remove([], from: id, by: other) }
            try await sets.delete(id, by: other)
            try await sets.deleteTag("a", of: id, by: other)
            #expect(try await sets.search("", limit: 10, by: other).items.isEmpty)
            #expect(try await sets.get(id, by: world.caller).recordCount == 1)
        }
    }

    private func expectUnknown(_ body: () async throws -> Void) async {
        await #expect { try await body() } throws: { ($0 as? Problem)?.kind == .notFound }
    }

    @Test("finds by name, tag, time, author and experiment", arguments: TestDatabase.allCases)
    func search(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let sets = world.evaluationDatasets
            let experiment = try await experiment(world)
            let first = try await sets.create("Alpha", tags: [Tag("team", "risk")], experiments: [experiment], by: world.caller)
            world.clock.advance(.seconds(1))
            let second = try await sets.create("beta", tags: [Tag("team", "fraud")], by: world.caller)
            func names(_ filter: String, in experiments: [Int64] = [], order: [String] = []) async throws -> [String] {
                try await sets.search(filter, in: experiments, order: order, limit: 10, by: world.caller).items.map(\.name)
            }
            #expect(try await names("") == ["beta", "Alpha"])
            #expect(try await names("", order: ["created_time ASC"]) == ["Alpha", "beta"])
            #expect(try await names("", order: ["name DESC"]) == ["beta", "Alpha"])
            #expect(try await names("name = 'Alpha'") == ["Alpha"])
            #expect(try await names("name LIKE 'alp%'").isEmpty)
            #expect(try await names("name ILIKE 'alp%'") == ["Alpha"])
            #expect(try await names("name IN ('beta', 'gamma')") == ["beta"])
            #expect(try await names("tags.team = 'risk'") == ["Alpha"])
            #expect(try await names("tags.team LIKE 'f%' AND name != 'Alpha'") == ["beta"])
            #expect(try await names("created_time > \(first.created.milliseconds)") == ["beta"])
            #expect(try await names("last_update_time <= \(first.updated.milliseconds)") == ["Alpha"])
            #expect(try await names("created_by = '\(second.author)'").count == 2)
            #expect(try await names("", in: [experiment]) == ["Alpha"])
            await #expect(throws: Problem.self) { try await names("metrics.auc > 1") }
            await #expect(throws: Problem.self) { try await names("created_time = 'soon'") }
        }
    }

    @Test("pages neither skip nor repeat while datasets are made", arguments: TestDatabase.allCases)
    func pages(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let sets = world.evaluationDatasets
            for index in 0..<5 { _ = try await sets.create("set \(index)", by: world.caller) }
            var names: [String] = []
            var token: PageToken?
            repeat {
                let page = try await sets.search("", order: ["name"], after: token, limit: 2, by: world.caller)
                names += page.items.map(\.name)
                token = page.next
                _ = try await sets.create("a set before", by: world.caller)
            } while token != nil
            #expect(names == (0..<5).map { "set \($0)" })
        }
    }

    @Test("belongs to the experiments it was added to, and says who changed that", arguments: TestDatabase.allCases)
    func experiments(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let sets = world.evaluationDatasets
            let (one, two) = (try await experiment(world, "one"), try await experiment(world, "two"))
            let made = try await sets.create("shared", experiments: [one], by: world.caller)
            world.clock.advance(.seconds(1))
            let added = try await sets.add([one, two], to: made.id, by: world.caller)
            #expect((added.experiments, added.digest) == ([one, two], made.digest))
            #expect(added.updated > made.updated)
            #expect(try await sets.remove([one, 999], from: made.id, by: world.caller).experiments == [two])
            await expectUnknown { _ = try await sets.add([two, 999], to: made.id, by: world.caller) }
            #expect(
                try await world.verbs().filter { $0.hasPrefix("evaluation") } == [
                    "evaluation-dataset.created", "evaluation-dataset.linked", "evaluation-dataset.unlinked",
                ])
        }
    }

    @Test("tags are merged, deleting one that is not there changes nothing, and the ledger tells", arguments: TestDatabase.allCases)
    func tags(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let sets = world.evaluationDatasets
            let id = try await sets.create("tagged", tags: [Tag("a", "1"), Tag("b", "2")], by: world.caller).id
            try await sets.setTags([Tag("b", "3"), Tag("c", "4")], on: id, by: world.caller)
            try await sets.deleteTag("a", of: id, by: world.caller)
            try await sets.deleteTag("a", of: id, by: world.caller)
            #expect(try await sets.get(id, by: world.caller).tags == [Tag("b", "3"), Tag("c", "4")])
            let verbs = try await world.verbs()
            #expect(verbs == ["evaluation-dataset.created", "evaluation-dataset.tagged", "evaluation-dataset.untagged"])
        }
    }

    @Test("refuses more tags than it may have and changes nothing", arguments: TestDatabase.allCases)
    func tooManyTags(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let id = try await world.evaluationDatasets.create("tagged", by: world.caller).id
            let tags = (0...EvaluationLimit.tags).map { Tag("key-\($0)", "") }
            await #expect(throws: Problem.self) { try await world.evaluationDatasets.setTags(tags, on: id, by: world.caller) }
            #expect(try await world.evaluationDatasets.get(id, by: world.caller).tags.isEmpty)
        }
    }

    @Test("is gone with its records after deletion, and deleting it again is nothing", arguments: TestDatabase.allCases)
    func deletion(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let sets = world.evaluationDatasets
            let experiment = try await experiment(world)
            let id = try await sets.create("short", tags: [Tag("a", "b")], experiments: [experiment], by: world.caller).id
            _ = try await sets.merge([EvaluationRecordDraft(inputs: ["q": 1])], into: id, by: world.caller)
            try await sets.delete(id, by: world.caller)
            try await sets.delete(id, by: world.caller)
            await expectUnknown { _ = try await sets.get(id, by: world.caller) }
            #expect(try await sets.search("", in: [experiment], limit: 10, by: world.caller).items.isEmpty)
            #expect(try await world.verbs().filter { $0 == "evaluation-dataset.deleted" }.count == 1)
        }
    }
}
