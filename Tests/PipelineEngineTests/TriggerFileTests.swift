// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Governance
import Pipelines
import TestSupport
import Testing

@Suite("Files as events", .timeLimit(.minutes(2)))
struct TriggerFileTests {
    private static let document = pipeline(
        #"- {name: step, command: ["true"]}"#, named: "load", parameters: #"[{name: file, default: ""}, {name: digest, default: ""}]"#)

    private func with(
        _ engine: TestDatabase, pattern: String = "**/*.csv", folder: String? = nil,
        _ body: (World, String, TriggerListener) async throws -> Void
    ) async throws {
        try await World.with(engine) { world in
            let root = world.folder + "/drop"
            try FileManager.default.createDirectory(atPath: root + "/in", withIntermediateDirectories: true)
            let folders = WatchedFolders(["drop": root])
            _ = try await world.catalogue.apply(Self.document, sources: [:], codeCommit: nil, by: world.caller)
            _ = try await Triggers(governor: world.governor, folders: folders).apply(
                TriggerSpecification(
                    name: "t", pipeline: "load", source: .files(FileSource(root: "drop", folder: folder, pattern: pattern)),
                    parameters: ["file": .expression("event.data.path"), "digest": .expression("event.data.digest")]),
                by: world.caller)
            try await body(world, root, TriggerListener(governor: world.governor, folders: folders) { _, _ in nil })
        }
    }

    private func write(_ text: String, _ path: String) throws { try Data(text.utf8).write(to: URL(filePath: path)) }

    /// Paths of the files that started something, oldest first.
    private func started(_ world: World) async throws -> [String] {
        try await world.executions.list(pipeline: nil, before: nil, limit: 100, by: world.caller).reversed().compactMap {
            $0.parameters["file"]?.text
        }
    }

    @Test("start one execution for each path and content, once two looks find them the same", arguments: TestDatabase.allCases)
    func once(_ engine: TestDatabase) async throws {
        try await with(engine) { world, root, listener in
            try write("a", root + "/in/one.csv")
            try write("b", root + "/note.txt")
            try await listener.look()
            #expect(try await started(world).isEmpty)
            // Too soon to tell, and then it has grown.
            try await listener.look()
            try write("aa", root + "/in/one.csv")
            world.clock.advance(.seconds(2))
            try await listener.look()
            #expect(try await started(world).isEmpty)
            world.clock.advance(.seconds(2))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 1...3 { group.addTask { try await listener.look() } }
                try await group.waitForAll()
            }
            #expect(try await started(world) == ["in/one.csv"])
            // Changed, and changed back: the second content is new, the first is known.
            for text in ["b", "aa"] {
                try write(text, root + "/in/one.csv")
                for _ in 1...2 {
                    try await listener.look()
                    world.clock.advance(.seconds(2))
                }
            }
            #expect(try await started(world).count == 2)
            // Taken away and put there again.
            try FileManager.default.removeItem(atPath: root + "/in/one.csv")
            try await listener.look()
            try write("b", root + "/in/one.csv")
            for _ in 1...2 {
                try await listener.look()
                world.clock.advance(.seconds(2))
            }
            #expect(try await started(world).count == 2)
        }
    }

    @Test("are not looked for outside the folder, whatever leads there", arguments: TestDatabase.allCases)
    func contained(_ engine: TestDatabase) async throws {
        try await with(engine, folder: "in") { world, root, listener in
            let outside = world.folder + "/outside"
            try FileManager.default.createDirectory(atPath: outside, withIntermediateDirectories: true)
            try write("secret", outside + "/secret.csv")
            try FileManager.default.createSymbolicLink(atPath: root + "/in/link.csv", withDestinationPath: outside + "/secret.csv")
            try FileManager.default.createSymbolicLink(atPath: root + "/in/folder", withDestinationPath: outside)
            try write("x", root + "/beside.csv")
            #expect(mkfifo(root + "/in/pipe.csv", 0o600) == 0)
            try write("fine", root + "/in/fine.csv")
            for _ in 1...2 {
                try await listener.look()
                world.clock.advance(.seconds(2))
            }
            #expect(try await started(world) == ["in/fine.csv"])
        }
    }

    @Test("that lay there before the trigger are not new", arguments: TestDatabase.allCases)
    func earlier(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let root = world.folder + "/drop"
            try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
            try write("old", root + "/old.csv")
            // The file system tells the real time; the trigger is made later.
            world.clock.advance(Timestamp(milliseconds: Int64(Date.now.timeIntervalSince1970 * 1000) + 60_000) - world.clock.now())
            let folders = WatchedFolders(["drop": root])
            _ = try await world.catalogue.apply(Self.document, sources: [:], codeCommit: nil, by: world.caller)
            _ = try await Triggers(governor: world.governor, folders: folders).apply(
                TriggerSpecification(
                    name: "t", pipeline: "load", source: .files(FileSource(root: "drop", pattern: "*.csv")),
                    parameters: ["file": .expression("event.data.path")]),
                by: world.caller)
            let listener = TriggerListener(governor: world.governor, folders: folders) { _, _ in nil }
            for _ in 1...3 {
                try await listener.look()
                world.clock.advance(.seconds(2))
            }
            #expect(try await started(world).isEmpty)
            try write("newer", root + "/old.csv")
            for _ in 1...2 {
                try await listener.look()
                world.clock.advance(.seconds(2))
            }
            #expect(try await started(world) == ["old.csv"])
        }
    }

    @Test("come from folders that the server watches only")
    func roots() async throws {
        try await with(.sqlite) { world, _, _ in
            let problem = await #expect(throws: Problem.self) {
                try await Triggers(governor: world.governor, folders: WatchedFolders(["drop": "/x"])).apply(
                    TriggerSpecification(name: "u", pipeline: "load", source: .files(FileSource(root: "etc", pattern: "*"))),
                    by: world.caller)
            }
            #expect(problem?.code == "pipelines.trigger.folder")
        }
    }
}
