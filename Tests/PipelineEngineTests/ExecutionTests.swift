// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Pipelines
import TestSupport
import Testing
import Tracking

@Suite("Executions of command steps", .timeLimit(.minutes(2)))
struct ExecutionTests {
    @Test("run steps in order with their sources, inputs and outputs bound", arguments: TestDatabase.allCases)
    func success(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let data = try await world.put("a,b\n1,2\n3,4\n")
            let snapshot = try await world.snapshots.record(
                dataset: "numbers", files: [("numbers.csv", data)], jurisdiction: nil, by: world.caller)
            let document = pipeline(
                """
                - name: prepare
                  command: [sh, -c, 'tail -n +2 "$DHOW_INPUT_DATA" > "$DHOW_OUTPUT_ROWS"; echo prepared']
                  inputs: {data: {snapshot: {parameter: data}}}
                  outputs: {rows: {path: out/rows.csv}}
                - name: train
                  command: [sh, train.sh]
                  source: [train.sh]
                  inputs: {rows: {step: prepare, output: rows}, times: {parameter: times}}
                  outputs: {model: {path: model}}
                - name: score
                  command: [sh, -c, 'cat "$DHOW_INPUT_MODEL"/* > "$DHOW_OUTPUT_SCORE"']
                  inputs: {model: {step: train, output: model}}
                  outputs: {score: {path: score}}
                """, parameters: "[{name: data, type: snapshot}, {name: times, type: integer, default: 2}]")
            let script =
                #"mkdir "$DHOW_OUTPUT_MODEL"; wc -l < "$DHOW_INPUT_ROWS" > "$DHOW_OUTPUT_MODEL/a"; cat "$DHOW_INPUT_TIMES" > "$DHOW_OUTPUT_MODEL/b"; echo "$TOKEN" >&2"#
            let started = try await world.start(document, files: ["train.sh": script], ["data": "numbers@0"])
            let ended = try await world.working(world.engine()) { try await world.ended(started.id) }
            #expect(ended.execution.status == .succeeded)
            #expect(ended.execution.parameters == ["data": .string(snapshot.id), "times": 2])
            #expect(try await world.text(of: ended.result("prepare")?.outputs["rows"]) == "1,2\n3,4\n")
            #expect(try await world.text(of: ended.result("score")?.outputs["score"]) == "2\n2")
            #expect(ended.attempts.map(\.outcome) == ["succeeded", "succeeded", "succeeded"])
            #expect(try await world.log(started.id, "prepare") == "prepared\n")
            #expect(try await world.log(started.id, "train") == "for \(started.id)\n")
            #expect(try FileManager.default.contentsOfDirectory(atPath: world.folder + "/work").isEmpty, "Folders are cleared up.")
            #expect(try await world.verbs().last == "execution.succeeded")
            #expect(world.complaints.codes == [])
        }
    }

    @Test("try a failing step as often as it says, then fail and skip what needs it", arguments: TestDatabase.allCases)
    func retries(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let document = pipeline(
                """
                - {name: bad, command: [sh, -c, 'echo x >> "$WORLD/tries"; exit 3'], retries: 2}
                - {name: behind, command: ["true"], needs: [bad]}
                - {name: beside, command: [sh, -c, 'test $(wc -l < "$WORLD/flaky") = 2 || { echo x >> "$WORLD/flaky"; exit 1; }'], retries: 5}
                """)
            try Data().write(to: URL(filePath: world.folder + "/flaky"))
            let started = try await world.start(document)
            let ended = try await world.working(world.engine()) { try await world.ended(started.id) }
            #expect(ended.execution.status == .failed)
            #expect(world.lines("tries") == 3)
            #expect(ended.attempts("bad").map(\.detail) == ["exit code 3", "exit code 3", "exit code 3"])
            #expect(ended.state("behind") == .skipped)
            #expect(ended.state("beside") == .succeeded)
            #expect(ended.attempts("beside").map(\.outcome) == ["failed", "failed", "succeeded"])
        }
    }

    @Test(
        "fail a step that leaves no output, or something that is no file",
        arguments: [
            ("true", "pipelines.output.missing"), (#"mkfifo "$DHOW_OUTPUT_MODEL""#, "pipelines.output.unreadable"),
            (#"ln -s /etc/passwd "$DHOW_OUTPUT_MODEL""#, "pipelines.output.unreadable"),
        ])
    func outputs(_ command: String, _ code: String) async throws {
        try await World.with(.sqlite) { world in
            let started = try await world.start(
                pipeline(
                    """
                    - name: train
                      command: [sh, -c, '\(command)']
                      outputs: {model: {path: model}}
                    """))
            let ended = try await world.working(world.engine()) { try await world.ended(started.id) }
            #expect(ended.execution.status == .failed)
            let detail = try #require(ended.attempts("train").first?.detail)
            #expect(detail.contains(code) || detail.contains("'model'"))
            #expect(ended.result("train") == nil)
        }
    }

    @Test("fail at once what cannot even start, and say why", arguments: TestDatabase.allCases)
    func unstartable(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let started = try await world.start(
                pipeline(
                    """
                    - name: make
                      command: ["true"]
                      source: [file]
                      inputs: {data: {value: 1}}
                      outputs: {data: {path: file/inside}}
                    """), files: ["file": "a file, not a folder"])
            let ended = try await world.working(world.engine()) { try await world.ended(started.id) }
            #expect(ended.execution.status == .failed)
            #expect(ended.attempts("make").first?.detail?.contains("cannot be written") == true)
            #expect(try await world.log(started.id, "make").isEmpty)
        }
    }

    @Test("survive a store that does not answer, without costing the step an attempt", arguments: TestDatabase.allCases)
    func flakyStore(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let started = try await world.start(
                pipeline(
                    """
                    - name: make
                      command: [sh, -c, 'echo x >> "$WORLD/runs"; echo made > "$DHOW_OUTPUT_FILE"']
                      outputs: {file: {path: file}}
                    """))
            world.blobs.refuse(next: 3)
            let ended = try await world.working(world.engine()) { try await world.ended(started.id) }
            #expect(ended.execution.status == .succeeded)
            #expect(ended.attempts.count == 1)
            #expect(world.lines("runs") == 1)
            #expect(world.complaints.codes == Array(repeating: "test.store.away", count: 3))
        }
    }

    @Test("keep steps apart whose long names begin alike")
    func longNames() async throws {
        try await World.with(.sqlite) { world in
            let name = String(repeating: "n", count: 95)
            let started = try await world.start(
                pipeline(
                    """
                    - {name: \(name)-one, command: [sh, -c, 'echo one > "$DHOW_OUTPUT_FILE"'], outputs: {file: {path: file}}}
                    - {name: \(name)-two, command: [sh, -c, 'echo two > "$DHOW_OUTPUT_FILE"'], outputs: {file: {path: file}}}
                    """))
            let ended = try await world.working(world.engine()) { try await world.ended(started.id) }
            #expect(try await world.text(of: ended.result(StepUnit("\(name)-one"))?.outputs["file"]) == "one\n")
            #expect(try await world.text(of: ended.result(StepUnit("\(name)-two"))?.outputs["file"]) == "two\n")
        }
    }

    @Test("run no more attempts at a time than the worker has slots")
    func slots() async throws {
        try await World.with(.sqlite) { world in
            // Each step fails when it finds another one's mark.
            let steps = (1...6).map {
                "- {name: step\($0), command: [sh, -c, 'mkdir \"$WORLD/mark\" && rmdir \"$WORLD/mark\"']}"
            }
            let started = try await world.start(pipeline(steps.joined(separator: "\n")))
            let ended = try await world.working(world.engine(slots: 1)) { try await world.ended(started.id) }
            #expect(ended.execution.status == .succeeded)
        }
    }
}
