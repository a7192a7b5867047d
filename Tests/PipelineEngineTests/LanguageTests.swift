// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Governance
import Pipelines
import TestSupport
import Testing

@Suite("What a document can say, done", .timeLimit(.minutes(2)))
struct LanguageTests {
    @Test("a step with forEach runs for each element, and its outputs are those of its runs", arguments: TestDatabase.allCases)
    func fanOut(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let document = pipeline(
                """
                - name: each
                  forEach: {in: {parameter: months}, limit: 2}
                  command: [sh, -c, 'echo x >> "$WORLD/runs"; echo "$DHOW_ITEM" > "$DHOW_OUTPUT_VALUE"; echo "file $DHOW_ITEM" > "$DHOW_OUTPUT_FILE"']
                  outputs: {value: {path: value.json, type: value}, file: {path: file, type: file}}
                - name: sum
                  command: [sh, -c, 'cat "$DHOW_INPUT_VALUES"; find "$DHOW_INPUT_FILES" -type f | sort | xargs -r cat']
                  inputs: {values: {step: each, output: value}, files: {step: each, output: file}}
                """, parameters: "[{name: months, type: list, default: [1, 2, 3]}]")
            try await world.working(world.engine()) {
                let ended = try await world.ended(try await world.start(document).id)
                #expect(ended.execution.status == .succeeded)
                #expect(try await world.log(ended.execution.id, "sum") == "[1,2,3]file 1\nfile 2\nfile 3\n")
                #expect(ended.result(StepUnit("each", item: 1))?.outputs["value"] == .value(2))
                #expect(try await world.log(ended.execution.id, "each[1]").isEmpty)
                // Elements that are there again are not run again, wherever they stand.
                let longer = try await world.ended(try await world.start(document, ["months": [3, 4, 1]]).id)
                #expect(longer.state(StepUnit("each", item: 0)) == .reused)
                #expect(longer.state(StepUnit("each", item: 1)) == .succeeded)
                #expect(longer.state(StepUnit("each", item: 2)) == .reused)
                #expect(try await world.log(longer.execution.id, "sum") == "[3,4,1]file 3\nfile 4\nfile 1\n")
                #expect(world.lines("runs") == 4)
                // No element: an empty list and an empty folder.
                let none = try await world.ended(try await world.start(document, ["months": []]).id)
                #expect(none.execution.status == .succeeded)
                #expect(try await world.log(none.execution.id, "sum") == "[]")
            }
        }
    }

    @Test("what comes after a failed step with forEach finds what its other runs made", arguments: TestDatabase.allCases)
    func failedRuns(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let document = pipeline(
                """
                - name: each
                  forEach: {in: [1, 2, 3]}
                  command: [sh, -c, 'test "$DHOW_ITEM" != 2 && echo "$DHOW_ITEM" > "$DHOW_OUTPUT_VALUE"']
                  outputs: {value: {path: value.json, type: value}}
                - {name: tell, runs: always, command: [sh, -c, 'cat "$DHOW_INPUT_VALUES"'], inputs: {values: {step: each, output: value}}}
                """)
            try await world.working(world.engine()) {
                let ended = try await world.ended(try await world.start(document).id)
                #expect(ended.state("each") == .failed)
                #expect(try await world.log(ended.execution.id, "tell") == "[1,null,3]")
            }
        }
    }

    @Test("a condition decides by parameters and by what earlier steps made", arguments: TestDatabase.allCases)
    func conditions(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let document = pipeline(
                """
                - name: score
                  command: [sh, -c, 'echo "{\\"auc\\": $AUC}" > "$DHOW_OUTPUT_METRICS"']
                  environment: {AUC: {parameter: auc}}
                  outputs: {metrics: {path: metrics.json, type: value}}
                - {name: good, when: "steps.score.outputs.metrics.auc > 0.7", command: ["true"]}
                - {name: bad, when: "steps.score.outputs.metrics.auc <= 0.7", command: ["true"]}
                - {name: broken, when: "steps.score.outputs.metrics.nothing > 1", command: ["true"]}
                - {name: tell, needs: [broken], runs: afterFailure, command: ["true"]}
                """, parameters: "[{name: auc, type: number}]")
            try await world.working(world.engine()) {
                let ended = try await world.ended(try await world.start(document, ["auc": .number(0.75)]).id)
                #expect(ended.state("good") == .succeeded)
                #expect(ended.state("bad") == .omitted)
                #expect(ended.state("broken") == .failed)
                #expect(ended.attempts("broken").map(\.outcome) == ["refused"])
                #expect(ended.state("tell") == .succeeded)
                #expect(ended.execution.status == .failed)
            }
        }
    }

    @Test("a called pipeline is an execution of its own, whose outputs its caller uses", arguments: TestDatabase.allCases)
    func calls(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let inner = """
                apiVersion: dhow/v1
                kind: Pipeline
                metadata: {name: inner}
                spec:
                  parameters: [{name: word}]
                  steps:
                  - name: say
                    command: [sh, -c, 'echo "{\\"said\\": \\"$DHOW_PARAMETER_WORD\\"}" > "$DHOW_OUTPUT_VALUE"']
                    environment: {WORD: {parameter: word}}
                    outputs: {value: {path: value, type: value}}
                  outputs: {said: {step: say, output: value}}
                """
            _ = try await world.catalogue.apply(inner, sources: [:], codeCommit: nil, by: world.caller)
            let outer = pipeline(
                """
                - {name: call, kind: pipeline, with: {pipeline: inner, parameters: {word: {parameter: word}}}}
                - {name: use, command: [sh, -c, 'cat "$DHOW_INPUT_SAID"'], inputs: {said: {step: call, output: said}}}
                - {name: tell, kind: notify, needs: [use], with: {to: team, message: {parameter: word}}}
                """, named: "outer", parameters: "[{name: word, default: hello}]")
            try await world.working(world.engine()) {
                let ended = try await world.ended(try await world.start(outer).id)
                #expect(ended.execution.status == .succeeded)
                #expect(try await world.log(ended.execution.id, "use") == #"{"said":"hello"}"#)
                let called = try #require(
                    try await world.executions.list(pipeline: "inner", before: nil, limit: 10, by: world.caller).first)
                #expect(called.cause == "execution/\(ended.execution.id)/call")
                #expect(called.depth == 1)
                #expect(try await world.verbs().contains("notification.sent"))
            }
        }
    }

    @Test("cancelling an execution cancels those it called", arguments: TestDatabase.allCases)
    func cancelledCalls(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let alive = Fifo(world.folder + "/alive")
            let inner = pipeline(#"- {name: long, command: [sh, -c, 'echo > "$WORLD/alive"; sleep 600']}"#, named: "inner")
            _ = try await world.catalogue.apply(inner, sources: [:], codeCommit: nil, by: world.caller)
            let outer = pipeline("- {name: call, kind: pipeline, with: {pipeline: inner}}", named: "outer")
            try await world.working(world.engine()) {
                let started = try await world.start(outer)
                await alive.line()
                _ = try await world.execution(started.id) { $0.state("call") == .running(attempt: 1) }
                _ = try await world.executions.cancel(started.id, by: world.caller)
                #expect(try await world.ended(started.id).execution.status == .cancelled)
                let called = try #require(
                    try await world.executions.list(pipeline: "inner", before: nil, limit: 10, by: world.caller).first)
                #expect(try await world.ended(called.id).execution.status == .cancelled)
            }
        }
    }

    @Test("executions beyond a pipeline's limit wait, are refused, or replace the oldest", arguments: TestDatabase.allCases)
    func concurrency(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            func document(_ policy: String) -> String {
                """
                apiVersion: dhow/v1
                kind: Pipeline
                metadata: {name: \(policy)}
                spec:
                  concurrency: {policy: \(policy), limit: 1}
                  steps:
                  - {name: wait, kind: approval, with: {model: flights, version: 3, endpoint: flights, report: none}}
                """
            }
            let handler = ScriptedHandler(.waiting)
            try await world.working(world.engine(handlers: [.approval: handler])) {
                let first = try await world.start(document("queue"))
                let second = try await world.start(document("queue"))
                #expect(second.status == .queued)
                _ = try await world.executions.cancel(first.id, by: world.caller)
                _ = try await world.execution(second.id) { $0.execution.status == .waitingForApproval }
                let third = try await world.start(document("queue"))
                #expect(try await world.executions.cancel(third.id, by: world.caller).status == .cancelled)

                _ = try await world.start(document("refuse"))
                let refusal = await #expect(throws: Problem.self) { _ = try await world.start(document("refuse")) }
                #expect(refusal?.code == "pipelines.concurrency.full")

                let old = try await world.start(document("replace"))
                let new = try await world.start(document("replace"))
                #expect(try await world.ended(old.id).execution.status == .cancelled)
                #expect(try await world.execution(new.id) { $0.state("wait") == .running(attempt: 1) }.execution.ended == nil)
            }
        }
    }

    @Test("an execution whose time is over is stopped and has failed", arguments: TestDatabase.allCases)
    func timeout(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let document = """
                apiVersion: dhow/v1
                kind: Pipeline
                metadata: {name: slow}
                spec:
                  timeout: 10m
                  steps:
                  - {name: long, command: [sh, -c, 'sleep 600']}
                """
            try await world.working(world.engine()) {
                let started = try await world.start(document)
                _ = try await world.execution(started.id) { $0.state("long") == .running(attempt: 1) }
                world.clock.advance(.seconds(601))
                let ended = try await world.ended(started.id)
                #expect(ended.execution.status == .failed)
                #expect(ended.state("long") == .cancelled)
            }
        }
    }

    @Test("the time of an execution stands still while it waits for people", arguments: TestDatabase.allCases)
    func timeStandsStill(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let document = """
                apiVersion: dhow/v1
                kind: Pipeline
                metadata: {name: asked}
                spec:
                  timeout: 10m
                  steps:
                  - {name: ask, kind: approval, with: {model: flights, version: 3, endpoint: flights, report: none}}
                  - {name: long, needs: [ask], command: [sh, -c, 'sleep 600']}
                """
            let handler = ScriptedHandler(.waiting)
            try await world.working(world.engine(handlers: [.approval: handler])) {
                let started = try await world.start(document)
                _ = try await world.execution(started.id) { $0.execution.status == .waitingForApproval }
                world.clock.advance(.seconds(3600))
                handler.answer(.done(["approval": .value("yes")]))
                _ = try await world.governor.change(.executionStart, by: world.caller) { change in
                    try change.record("approval.recorded", on: "approval/1")
                }
                let running = try await world.execution(started.id) { $0.state("long") == .running(attempt: 1) }
                #expect(running.execution.deadline == world.clock.now() + .seconds(600))
                world.clock.advance(.seconds(601))
                #expect(try await world.ended(started.id).execution.status == .failed)
            }
        }
    }

    @Test("a step that reads the outside runs again when its result is too old", arguments: TestDatabase.allCases)
    func outside(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let document = pipeline(
                """
                - {name: never, outside: true, command: [sh, -c, 'echo x >> "$WORLD/never"']}
                - {name: hourly, outside: {freshFor: 1h}, command: [sh, -c, 'echo x >> "$WORLD/hourly"']}
                """)
            try await world.working(world.engine()) {
                for minutes in [0, 30, 40] {
                    world.clock.advance(.seconds(60 * minutes))
                    _ = try await world.ended(try await world.start(document).id)
                }
                #expect(world.lines("never") == 3)
                #expect(world.lines("hourly") == 2)
            }
        }
    }

    @Test("a secret reaches its step, and neither its log nor the ledger", arguments: TestDatabase.allCases)
    func secrets(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let document = pipeline(
                """
                - {name: use, secrets: {PASSWORD: database}, command: [sh, -c, 'test "$PASSWORD" = opensesame && echo "it is $PASSWORD."']}
                """)
            try await world.working(world.engine()) {
                let ended = try await world.ended(try await world.start(document).id)
                #expect(ended.execution.status == .succeeded)
                #expect(try await world.log(ended.execution.id, "use") == "it is **********.\n")
            }
        }
    }
}
