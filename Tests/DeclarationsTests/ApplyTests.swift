// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import Monitoring
import Pipelines
import Registry
import TestSupport
import Testing
import Tracking

@Suite("Applying documents", .timeLimit(.minutes(5)))
struct ApplyTests {
    private static let everything = [
        Written.trigger("retrain", pipeline: "flights"), Written.webhook("chat"), Written.monitor("flights"), Written.retention("main"),
        Written.pipeline("flights"),
    ]

    private func all(_ world: World) -> SentDocuments {
        SentDocuments(
            source: "git", files: [.init(name: "all.yaml", text: Self.everything.joined(separator: "\n---\n"))], commit: "c1")
    }

    @Test("makes all kinds in an order in which they can refer to each other, and then has nothing to do", arguments: TestDatabase.allCases)
    func everyKind(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let expected = [
                "create Pipeline flights", "create Monitor flights", "create RetentionPolicy main", "create Webhook chat",
                "create Trigger retrain",
            ]
            let plan = try await world.plan(all(world))
            #expect(plan.faults == [])
            #expect(plan.lines == expected)
            #expect(plan.hasChanges)
            // A plan leaves no trace.
            #expect(try await world.declared() == [])
            #expect(try await world.monitors.monitors(by: world.amina) == [])
            #expect(try await world.verbs() == [])

            let applied = try await world.apply(all(world))
            #expect(applied == plan)
            let ledger = try await world.verbs()
            #expect(ledger.filter { $0 == "document.applied" }.count == 5)
            #expect(
                Set(ledger).isSuperset(of: ["pipeline.applied", "monitor.applied", "retention.set", "webhook.created", "trigger.applied"]))
            #expect(try await world.triggers.list(by: world.amina).map(\.specification.parameters) == [["months": "2"]])

            let again = try await world.plan(all(world))
            #expect(again.lines.allSatisfy { $0.hasPrefix("no-change") })
            #expect(!again.hasChanges)
            try await world.apply(all(world))
            #expect(try await world.verbs() == ledger)
            #expect(try await world.declarations.drift(of: nil, by: world.amina).allSatisfy { $0.state == .same })
        }
    }

    @Test("keeps generation, digest, who and from which commit", arguments: TestDatabase.allCases)
    func kept(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            try await world.apply(world.sent(Written.monitor("flights"), commit: "c1"))
            let first = try #require(try await world.declared().first)
            #expect(first.generation == 1)
            #expect(first.source == "git")
            #expect(first.author == "user:amina")
            #expect(first.commit == "c1")
            #expect(first.file == "all.yaml")
            // Another commit and another way to write the same is no other generation.
            world.clock.advance()
            let sameInOtherWords = Written.monitor("flights", rows: 200) + "\n# a comment"
            #expect(try await world.apply(world.sent(sameInOtherWords, commit: "c2")).lines == ["no-change Monitor flights"])
            #expect(try await world.declared() == [first])

            let changed = try await world.apply(world.sent(Written.monitor("flights", rows: 300), commit: "c3"))
            #expect(changed.object("flights")?.changes == [FieldChange(path: "thresholds.minimumRows", from: 200, to: 300)])
            let second = try #require(try await world.declared().first)
            #expect(second.generation == 2)
            #expect(second.commit == "c3")
            #expect(second.digest != first.digest)
            #expect(second.created == first.created)
            #expect(second.applied > first.applied)
        }
    }

    @Test("applies all or nothing, and tells everything that stands in the way with its place", arguments: TestDatabase.allCases)
    func allOrNothing(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let sent = world.sent(
                Written.monitor("good"), Written.trigger("retrain", pipeline: "absent"),
                Written.monitor("bad", rows: 3).replacing("wind", with: "x, knd: y"),
                Written.webhook("w", url: "https://forbidden.example.org/"),
                "apiVersion: dhow/v1\nkind: Monitr\nmetadata: {name: m}\nspec: {}", "a: [")
            let plan = try await world.plan(sent)
            #expect(plan.lines == ["create Monitor good"])
            #expect(
                plan.faults.map { "\($0.line):\($0.column) \($0.code)" }.sorted()
                    == [
                        "13:7 pipelines.pipeline.unknown", "21:17 documents.field.unknown", "22:29 documents.field.mismatch",
                        "27:7 egress.address.refused", "30:7 documents.kind.unknown", "35:1 documents.document.malformed",
                    ].sorted())
            #expect(plan.faults.allSatisfy { $0.file == "all.yaml" && !$0.what.hasPrefix("Line") && $0.fix != nil })
            #expect(plan.faults.contains { $0.fix == "Did you mean 'Monitor'?" })
            let problem = try await #require(throws: Problem.self) { try await world.apply(sent) }
            #expect(problem.kind == .invalid)
            #expect(problem.faults?.count == 6)
            #expect(try await world.monitors.monitors(by: world.amina) == [])
            #expect(try await world.declared() == [])
        }
    }

    @Test("refuses two documents of one object, also under two names", arguments: TestDatabase.allCases)
    func duplicates(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let twice = try await world.plan(world.sent(Written.monitor("m"), Written.monitor("m")))
            #expect(twice.faults.map(\.code) == ["documents.document.duplicate"])
            let aliased = try await world.plan(world.sent(Written.retention("a"), Written.retention("b")))
            #expect(aliased.faults.map(\.code) == ["documents.object.twice"])
            try await world.apply(world.sent(Written.binding("a", "vera", .editor), Written.binding("b", "vera", .operator)))
            let moved = try await world.plan(world.sent(Written.binding("a", "vera", .operator), Written.binding("b", "vera", .operator)))
            #expect(moved.faults.map(\.code) == ["documents.object.twice"])
        }
    }

    @Test("makes a new version of a pipeline for other steps or files, not for another commit", arguments: TestDatabase.allCases)
    func pipelines(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let (one, two) = (
                try #require(BlobDigest(String(repeating: "1", count: 64))), try #require(BlobDigest(String(repeating: "2", count: 64)))
            )
            func sent(_ train: BlobDigest, command: String = "true", commit: String) -> SentDocuments {
                world.sent(
                    Written.pipeline("flights", command: command, source: "train.py"), commit: commit,
                    folder: ["train.py": train, "notes.txt": one])
            }
            let first = try await world.apply(sent(one, commit: "c1"))
            #expect(first.files == [one])
            #expect(try await world.apply(sent(one, commit: "c2")).lines == ["no-change Pipeline flights"])
            #expect(try await world.apply(sent(two, commit: "c3")).object("flights")?.changes.map(\.path) == ["files"])
            let third = try await world.apply(sent(two, command: "false", commit: "c4"))
            #expect(third.object("flights")?.changes.map(\.path) == ["steps[train].command[0]"])
            let version = try await world.catalogue.get("flights", by: world.amina)
            #expect(version.version == 3)
            #expect(version.codeCommit == "c4")
            let absent = try await world.plan(world.sent(Written.pipeline("flights", source: "train.py")))
            #expect(absent.faults.map(\.code) == ["pipelines.source.absent"])
        }
    }

    @Test("holds what is applied to the plan that was seen", arguments: TestDatabase.allCases)
    func stale(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let sent = world.sent(Written.monitor("flights", rows: 300))
            let seen = try await world.plan(sent).digest()
            try await world.apply(world.sent(Written.monitor("flights", rows: 400)))
            let problem = try await #require(throws: Problem.self) {
                try await world.declarations.apply(sent, expecting: seen, by: world.amina)
            }
            #expect(problem.code == "documents.plan.stale")
            _ = try await world.declarations.apply(sent, expecting: try await world.plan(sent).digest(), by: world.amina)
        }
    }

    @Test("needs the permission of each kind, a plan only those to see", arguments: TestDatabase.allCases)
    func permissions(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let sent = world.sent(Written.monitor("m"), Written.retention("r"))
            await #expect(throws: Problem.self) { try await world.declarations.plan(sent, by: world.viewer) }
            #expect(try await world.declarations.plan(sent, by: world.editor).faults == [])
            let problem = try await #require(throws: Problem.self) { try await world.declarations.apply(sent, by: world.editor) }
            #expect(problem.kind == .forbidden)
            #expect(problem.what.contains("retention.manage"))
            #expect(try await world.monitors.monitors(by: world.amina) == [])
            // Webhooks may not even be seen by an editor: their addresses can be secrets.
            let hook = try await world.declarations.plan(world.sent(Written.webhook("w")), by: world.editor)
            #expect(hook.faults.map(\.kind) == [.forbidden])
            _ = try await world.declarations.apply(world.sent(Written.monitor("m")), by: world.editor)
            await #expect(throws: Problem.self) {
                try await world.declarations.object(DocumentKey(kind: "Webhook", name: "w"), by: world.viewer)
            }
        }
    }

    @Test("never touches a webhook's secret", arguments: TestDatabase.allCases)
    func secrets(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            try await world.apply(world.sent(Written.webhook("chat")))
            let hook = try #require(try await world.webhooks.list(limit: 10, by: world.amina).first)
            _ = try await world.webhooks.update(hook.id, WebhookChanges(secret: "whsec_c2VjcmV0"), by: world.amina)
            #expect(try await world.plan(world.sent(Written.webhook("chat"))).lines == ["no-change Webhook chat"])
            try await world.apply(world.sent(Written.webhook("chat", events: "[rollout.*, rollout.*]")))
            let after = try await world.webhooks.webhook(hook.id, by: world.amina)
            #expect(after.isSigned)
            #expect(after.events == ["rollout.*"])
        }
    }

    @Test("gives, changes and takes roles", arguments: TestDatabase.allCases)
    func bindings(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            func roles() async throws -> Set<Role> {
                try await world.governor.database.read { try BindingTable(transaction: $0).roles(of: "vera")["main"] ?? [] }
            }
            #expect(
                try await world.plan(world.sent(Written.binding("b", "nobody", .editor))).faults.map(\.code) == [
                    "identity.principal.unknown"
                ])
            try await world.apply(world.sent(Written.binding("vera", "vera", .operator)))
            #expect(try await roles() == [.viewer, .operator])
            #expect(try await world.apply(world.sent(Written.binding("vera", "vera", .editor))).lines == ["update RoleBinding vera"])
            #expect(try await roles() == [.viewer, .editor])
            try await world.apply(world.sent(prunes: true))
            #expect(try await roles() == [.viewer])
            let problem = try await #require(throws: Problem.self) {
                try await world.declarations.apply(world.sent(Written.binding("e", "edda", .admin)), by: world.editor)
            }
            #expect(problem.kind == .forbidden)
        }
    }

    @Test("finds the experiment of a retention policy by its name", arguments: TestDatabase.allCases)
    func retention(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let sent = world.sent(Written.retention("main"), Written.retention("trials", experiment: "trials", days: 7))
            #expect(try await world.plan(sent).faults.map(\.code) == ["retention.experiment.unknown"])
            let experiment = try await world.experiments.create("trials", by: world.amina)
            try await world.apply(sent)
            let policies = try await world.retention.policies(by: world.amina)
            #expect(policies.map(\.experiment) == [nil, experiment.id])
            #expect(policies.map(\.deletedDays) == [30, 7])
        }
    }
}
