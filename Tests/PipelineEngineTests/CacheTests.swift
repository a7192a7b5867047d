// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Pipelines
import TestSupport
import Testing

@Suite("Results used again", .timeLimit(.minutes(2)))
struct CacheTests {
    private static let document = pipeline(
        """
        - name: make
          command: [sh, make.sh]
          source: [make.sh]
          environment: {TIMES: {parameter: times}}
          outputs: {file: {path: file}}
        - name: always
          command: [sh, -c, 'echo x >> "$WORLD/always"']
          cache: false
        """, parameters: "[{name: times, default: one}, {name: other, default: x}]")
    private static let script = #"echo x >> "$WORLD/runs"; echo "$TIMES" > "$DHOW_OUTPUT_FILE""#

    @Test("an execution with the same command, source and parameters runs nothing twice", arguments: TestDatabase.allCases)
    func hit(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            try await world.working(world.engine()) {
                let first = try await world.start(Self.document, files: ["make.sh": Self.script])
                _ = try await world.ended(first.id)
                // A parameter that the step does not refer to, and a file that no step reads, change nothing.
                let second = try await world.start(Self.document, files: ["make.sh": Self.script, "README": "new"], ["other": "y"])
                let ended = try await world.ended(second.id)
                #expect(second.pipelineVersion == 1)
                #expect(ended.state("make") == .reused)
                #expect(ended.result("make")?.reusedFrom == first.id)
                #expect(try await world.text(of: ended.result("make")?.outputs["file"]) == "one\n")
                #expect(ended.attempts("make").isEmpty)
                #expect(world.lines("runs") == 1)
                #expect(world.lines("always") == 2)
            }
        }
    }

    @Test("a changed source or parameter runs the step again", arguments: TestDatabase.allCases)
    func miss(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            try await world.working(world.engine()) {
                _ = try await world.ended(try await world.start(Self.document, files: ["make.sh": Self.script]).id)
                let other = try await world.ended(
                    try await world.start(Self.document, files: ["make.sh": Self.script], ["times": "two"]).id)
                #expect(other.state("make") == .succeeded)
                let changed = try await world.ended(try await world.start(Self.document, files: ["make.sh": Self.script + " # new"]).id)
                #expect(changed.state("make") == .succeeded)
                #expect(changed.execution.pipelineVersion == 2)
                #expect(world.lines("runs") == 3)
            }
        }
    }

    @Test("a failure is never used again", arguments: TestDatabase.allCases)
    func failure(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let document = pipeline(#"- {name: bad, command: [sh, -c, 'echo x >> "$WORLD/runs"; exit 1']}"#)
            try await world.working(world.engine()) {
                for _ in 1...2 { _ = try await world.ended(try await world.start(document).id) }
            }
            #expect(world.lines("runs") == 2)
        }
    }

    @Test(
        "a result is kept under the model that the step was given, wherever its alias has moved meanwhile", arguments: TestDatabase.allCases
    )
    func movedAlias(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let (first, second) = (try await world.put("first").digest, try await world.put("second").digest)
            let models = MovingModel(1, first)
            let (running, goOn) = (Fifo(world.folder + "/running"), Fifo(world.folder + "/goOn"))
            let document = pipeline(
                """
                - name: copy
                  command: [sh, -c, 'echo > "$WORLD/running"; read line < "$WORLD/goOn"; cat "$DHOW_INPUT_MODEL" > "$DHOW_OUTPUT_FILE"']
                  inputs: {model: {model: flights, alias: champion}}
                  outputs: {file: {path: file}}
                """)
            try await world.working(world.engine(models: models)) {
                let before = try await world.start(document)
                await running.line()
                models.move(to: 2, second)
                await goOn.release()
                #expect(try await world.text(of: try await world.ended(before.id).result("copy")?.outputs["file"]) == "first")
                let after = try await world.start(document)
                await running.line()
                await goOn.release()
                #expect(try await world.text(of: try await world.ended(after.id).result("copy")?.outputs["file"]) == "second")
            }
        }
    }

    @Test("a source that names no file is refused when the pipeline is applied", arguments: TestDatabase.allCases)
    func absentSource(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let problem = await #expect(throws: Problem.self) {
                _ = try await world.catalogue.apply(Self.document, sources: [:], codeCommit: nil, by: world.caller)
            }
            #expect(problem?.code == "pipelines.source.absent")
        }
    }
}
