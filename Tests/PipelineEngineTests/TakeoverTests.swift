// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Governance
import Pipelines
import TestSupport
import Testing

@Suite("Executions that are interrupted", .timeLimit(.minutes(2)))
struct TakeoverTests {
    private static let document = pipeline(
        """
        - name: first
          command: [sh, -c, 'echo x >> "$WORLD/runs"; echo > "$WORLD/running"; read line < "$WORLD/goOn"; echo done > "$DHOW_OUTPUT_FILE"']
          outputs: {file: {path: file}}
        - name: second
          command: [sh, -c, 'cat "$DHOW_INPUT_FILE"']
          inputs: {file: {step: first, output: file}}
        """)

    @Test("a worker that begins again adopts what runs, and runs nothing twice", arguments: TestDatabase.allCases)
    func adoption(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let (running, goOn) = (Fifo(world.folder + "/running"), Fifo(world.folder + "/goOn"))
            let started = try await world.start(Self.document)
            try await world.working(world.engine()) {
                await running.line()
                _ = try await world.execution(started.id) { $0.state("first") == .running(attempt: 1) }
            }
            // The first worker is gone; the next has a runner that remembers nothing.
            let next = world.engine(runner: try ProcessStepRunner(folder: world.folder + "/attempts"))
            let ended = try await world.working(next) {
                await goOn.release()
                return try await world.ended(started.id)
            }
            #expect(ended.execution.status == .succeeded)
            #expect(world.lines("runs") == 1)
            #expect(ended.attempts.map(\.outcome) == ["succeeded", "succeeded"])
            #expect(try await world.log(started.id, "second") == "done\n")
        }
    }

    @Test("another worker takes over when the lease has run out, and the first one commits nothing more", arguments: TestDatabase.allCases)
    func fence(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let (running, goOn) = (Fifo(world.folder + "/running"), Fifo(world.folder + "/goOn"))
            let started = try await world.start(Self.document)
            let database = world.governor.database
            try await world.working(world.engine(owner: "slow", clock: StoppedClock())) {
                await running.line()
                _ = try await world.execution(started.id) { $0.state("first") == .running(attempt: 1) }
                #expect(
                    try await database.write { try ExecutionTable(transaction: $0).claim(by: "other", except: [], at: world.clock.now()) }
                        == nil, "A lease that holds is respected.")
                world.clock.advance(.seconds(31))
                let ended = try await world.working(world.engine(owner: "other")) {
                    // Let the step end only when the other worker holds the execution.
                    while try await database.read({ transaction in
                        let owner: String = try transaction.row("SELECT lease_owner FROM execution")?["lease_owner"] ?? ""
                        return owner == "slow"
                    }) { await Task.yield() }
                    await goOn.release()
                    return try await world.ended(started.id)
                }
                #expect(ended.execution.status == .succeeded)
                #expect(world.lines("runs") == 1)
                #expect(try await world.verbs().filter { $0 == "execution.succeeded" }.count == 1)
            }
        }
    }

    @Test("a lease gives no right once a later one was given", arguments: TestDatabase.allCases)
    func lease(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            _ = try await world.start(Self.document)
            let (database, clock) = (world.governor.database, world.clock)
            let first = try #require(
                try await database.write { try ExecutionTable(transaction: $0).claim(by: "one", except: [], at: clock.now()) })
            clock.advance(.seconds(31))
            let second = try #require(
                try await database.write { try ExecutionTable(transaction: $0).claim(by: "two", except: [], at: clock.now()) })
            #expect(second.fence > first.fence)
            await #expect(throws: LeaseLost.self) { _ = try await database.read { try ExecutionTable(transaction: $0).require(first) } }
            _ = try await database.read { try ExecutionTable(transaction: $0).require(second) }
            // Renewing what is lost takes nothing back.
            try await database.write { try ExecutionTable(transaction: $0).renew(first, at: clock.now() + .seconds(1000)) }
            #expect(
                try await database.write {
                    try ExecutionTable(transaction: $0).claim(by: "three", except: [], at: clock.now() + .seconds(31))
                }
                    != nil)
        }
    }

    @Test("a worker that begins again finds what all runs of a step have made", arguments: TestDatabase.allCases)
    func fanOut(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let document = pipeline(
                """
                - name: each
                  forEach: {in: [1, 2, 3]}
                  command: [sh, -c, 'echo "$DHOW_ITEM" > "$DHOW_OUTPUT_VALUE"']
                  outputs: {value: {path: value, type: value}}
                - {name: wait, kind: approval, needs: [each], with: {model: flights, version: 3, endpoint: flights, report: none}}
                - {name: use, needs: [wait], command: [sh, -c, 'cat "$DHOW_INPUT_VALUES"'], inputs: {values: {step: each, output: value}}}
                """)
            let started = try await world.start(document)
            try await world.working(world.engine(handlers: [.approval: ScriptedHandler(.waiting)])) {
                _ = try await world.execution(started.id) { $0.execution.status == .waitingForApproval }
            }
            let handler = ScriptedHandler(.done(["approval": .value("yes")]))
            let ended = try await world.working(world.engine(handlers: [.approval: handler])) { try await world.ended(started.id) }
            #expect(ended.execution.status == .succeeded)
            #expect(try await world.log(started.id, "use") == "[1,2,3]")
        }
    }

    @Test("cancelling stops what runs and starts nothing more", arguments: TestDatabase.allCases)
    func cancel(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let alive = Fifo(world.folder + "/alive")
            let started = try await world.start(
                pipeline(
                    """
                    - {name: long, command: [sh, -c, 'exec 3> "$WORLD/alive"; echo >&3; echo begun; sleep 600']}
                    - {name: behind, command: ["true"], needs: [long]}
                    """))
            let ended = try await world.working(world.engine()) {
                await alive.line()
                _ = try await world.execution(started.id) { $0.state("long") == .running(attempt: 1) }
                _ = try await world.executions.cancel(started.id, by: world.caller)
                return try await world.ended(started.id)
            }
            #expect(ended.execution.status == .cancelled)
            #expect(ended.state("long") == .cancelled)
            #expect(ended.state("behind") == .cancelled)
            #expect(try await world.log(started.id, "long") == "begun\n")
            // Every process that held the pipe has ended: opening it for writing finds no reader and no writer, so this returns at once.
            #expect(open(alive.path, O_WRONLY | O_NONBLOCK) == -1)
            #expect(try await world.executions.cancel(started.id, by: world.caller).status == .cancelled)
            #expect(
                try await world.verbs().filter { $0.hasPrefix("execution.") } == [
                    "execution.started", "execution.cancelling", "execution.cancelled",
                ])
        }
    }

    @Test("what was cancelled before any worker came runs nothing", arguments: TestDatabase.allCases)
    func cancelBefore(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let started = try await world.start(pipeline(#"- {name: step, command: [sh, -c, 'echo x >> "$WORLD/runs"']}"#))
            _ = try await world.executions.cancel(started.id, by: world.caller)
            let ended = try await world.working(world.engine()) { try await world.ended(started.id) }
            #expect(ended.execution.status == .cancelled)
            #expect(world.lines("runs") == 0)
        }
    }
}
