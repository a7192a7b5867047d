// SPDX-License-Identifier: Apache-2.0

import Domain
import Governance
import Pipelines
import TestSupport
import Testing

@Suite("Steps of the engine's own kinds", .timeLimit(.minutes(2)))
struct HandlerTests {
    private static let document = pipeline(
        """
        - {name: make, command: [sh, -c, 'echo 0.5 > "$DHOW_OUTPUT_SCORE"'], outputs: {score: {path: score}}}
        - {name: approval, kind: approval, with: {model: flights, version: 3, endpoint: flights, report: {step: make, output: score}}}
        - {name: after, command: [sh, -c, 'cat "$DHOW_INPUT_APPROVAL"'], inputs: {approval: {step: approval, output: approval}}}
        """)

    @Test("give their outputs to later steps", arguments: TestDatabase.allCases)
    func done(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let handler = ScriptedHandler(.done(["approval": .value("yes")]))
            let started = try await world.start(Self.document)
            let ended = try await world.working(world.engine(handlers: [.approval: handler])) { try await world.ended(started.id) }
            #expect(ended.execution.status == .succeeded)
            #expect(try await world.log(started.id, "after") == "yes")
            let work = try #require(handler.works.first)
            #expect(work.with["version"]?.value == 3)
            #expect(work.with["report"] == ended.result("make")?.outputs["score"].map { .output($0) })
            #expect(work.caller.principal == world.caller.principal)
            #expect(work.caller.idempotency?.key == work.attemptID)
        }
    }

    @Test("end the execution when they refuse, without another attempt", arguments: TestDatabase.allCases)
    func refused(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let handler = ScriptedHandler(.refused(Problem(.rejected, "test.no", "Omar said no.")))
            let started = try await world.start(Self.document)
            let ended = try await world.working(world.engine(handlers: [.approval: handler])) { try await world.ended(started.id) }
            #expect(ended.execution.status == .failed)
            #expect(ended.attempts("approval").map(\.outcome) == ["refused"])
            #expect(ended.attempts("approval").first?.detail?.contains("Omar said no.") == true)
            #expect(ended.state("after") == .skipped)
        }
    }

    @Test("wait for a person and go on after a commit", arguments: TestDatabase.allCases)
    func waiting(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let handler = ScriptedHandler(.waiting)
            let started = try await world.start(Self.document)
            let ended = try await world.working(world.engine(handlers: [.approval: handler])) {
                _ = try await world.execution(started.id) { $0.execution.status == .waitingForApproval }
                for await _ in handler.asked { break }
                handler.answer(.done(["approval": .value("later")]))
                _ = try await world.governor.change(.executionStart, by: world.caller) { change in
                    try change.record("approval.recorded", on: "approval/1")
                }
                return try await world.ended(started.id)
            }
            #expect(ended.execution.status == .succeeded)
            #expect(Set(handler.works.map(\.attemptID)).count == 1)
        }
    }

    @Test("are cancelled while they wait", arguments: TestDatabase.allCases)
    func cancelled(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let handler = ScriptedHandler(.waiting)
            let started = try await world.start(Self.document)
            let ended = try await world.working(world.engine(handlers: [.approval: handler])) {
                _ = try await world.execution(started.id) { $0.execution.status == .waitingForApproval }
                _ = try await world.executions.cancel(started.id, by: world.caller)
                return try await world.ended(started.id)
            }
            #expect(ended.execution.status == .cancelled)
            #expect(ended.state("approval") == .cancelled)
        }
    }

    @Test("do not end the execution when a service is away", arguments: TestDatabase.allCases)
    func away(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let handler = AwayHandler(times: 2)
            let started = try await world.start(Self.document)
            let ended = try await world.working(world.engine(handlers: [.approval: handler])) { try await world.ended(started.id) }
            #expect(ended.execution.status == .succeeded)
            #expect(ended.attempts("approval").count == 1)
            #expect(world.complaints.codes == ["test.away", "test.away"])
        }
    }
}
