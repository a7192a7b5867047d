// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Pipelines
import TestSupport
import Testing

@Suite("Executions that are paused, run again and explained", .timeLimit(.minutes(2)))
struct AgainTests {
    private static let document = pipeline(
        """
        - {name: make, command: [sh, -c, 'echo x >> "$WORLD/makes"; echo made > "$DHOW_OUTPUT_FILE"'], cache: false, outputs: {file: {path: file}}}
        - {name: check, command: [sh, -c, 'test -e "$WORLD/good" && cat "$DHOW_INPUT_FILE"'], cache: false, inputs: {file: {step: make, output: file}}}
        - {name: ask, kind: approval, needs: [check], with: {model: flights, version: 3, endpoint: flights, report: none}}
        """)

    @Test("go on from what ended well, whatever its kind, and do the rest", arguments: TestDatabase.allCases)
    func fromFailed(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let handler = ScriptedHandler(.refused(Problem(.rejected, "test.no", "No.")))
            try await world.working(world.engine(handlers: [.approval: handler])) {
                let first = try await world.ended(try await world.start(Self.document).id)
                #expect(first.execution.status == .failed)
                try Data().write(to: URL(filePath: world.folder + "/good"))
                let second = try await world.ended(try await world.executions.resume(from: first.execution.id, by: world.caller).id)
                #expect(second.state("make") == .reused)
                #expect(second.result("make")?.reusedFrom == first.execution.id)
                #expect(second.state("check") == .succeeded)
                #expect(second.state("ask") == .failed)
                handler.answer(.done(["approval": .value("yes")]))
                let third = try await world.ended(try await world.executions.resume(from: second.execution.id, by: world.caller).id)
                #expect(third.execution.status == .succeeded)
                #expect(third.state("check") == .reused)
                #expect(world.lines("makes") == 1)
                #expect(third.execution.resumes == second.execution.id)
                await #expect(throws: Problem.self) {
                    _ = try await world.executions.resume(from: third.execution.id, by: world.caller)
                }
            }
        }
    }

    @Test("start nothing while paused, and go on when resumed", arguments: TestDatabase.allCases)
    func paused(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let (running, goOn) = (Fifo(world.folder + "/running"), Fifo(world.folder + "/goOn"))
            let document = pipeline(
                """
                - {name: first, command: [sh, -c, 'echo > "$WORLD/running"; read line < "$WORLD/goOn"']}
                - {name: second, command: [sh, -c, 'echo x >> "$WORLD/seconds"'], needs: [first]}
                """)
            try await world.working(world.engine()) {
                let started = try await world.start(document)
                await running.line()
                _ = try await world.executions.pause(started.id, by: world.caller)
                _ = try await world.execution(started.id) { $0.execution.status == .paused }
                await goOn.release()
                let waiting = try await world.execution(started.id) { $0.state("first") == .succeeded }
                #expect(waiting.execution.status == .paused)
                #expect(waiting.state("second") == .ready)
                _ = try await world.executions.unpause(started.id, by: world.caller)
                let ended = try await world.ended(started.id)
                #expect(ended.execution.status == .succeeded)
                #expect(world.lines("seconds") == 1)
                #expect(
                    try await world.verbs().filter { $0.hasPrefix("execution.") } == [
                        "execution.started", "execution.paused", "execution.resumed", "execution.succeeded",
                    ])
            }
        }
    }

    @Test("say of each step why it ran or was used again", arguments: TestDatabase.allCases)
    func explained(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let document = pipeline(
                """
                - {name: make, command: [sh, make.sh], source: [make.sh], environment: {TIMES: {parameter: times}}, outputs: {file: {path: file}}}
                - {name: use, command: [cat, inputs/file], inputs: {file: {step: make, output: file}}}
                - {name: always, command: ["true"], cache: false}
                """, parameters: "[{name: times, default: one}]")
            func explain(_ script: String, _ parameters: [String: JSONValue] = [:]) async throws -> [StepExplanation] {
                let started = try await world.start(document, files: ["make.sh": script], parameters)
                _ = try await world.ended(started.id)
                world.clock.advance(.seconds(1))
                return try await world.executions.explain(started.id, by: world.caller)
            }
            try await world.working(world.engine()) {
                let script = #"echo made > "$DHOW_OUTPUT_FILE""#
                let first = try await explain(script)
                #expect(first.map(\.because) == ["It has not run before.", "It has not run before.", "It says 'cache: false'."])
                let second = try await explain(script)
                #expect(second.map(\.state) == ["reused", "reused", "succeeded"])
                #expect(second[0].because.contains("has made the same"))
                let third = try await explain(script + " # new", ["times": "two"])
                #expect(
                    third[0].changes == ["variable 'DHOW_PARAMETER_TIMES' changed", "variable 'TIMES' changed", "source 'make.sh' changed"])
                // What it made is the same as before, so what uses it need not run.
                #expect(third[1].state == "reused")
            }
        }
    }
}
