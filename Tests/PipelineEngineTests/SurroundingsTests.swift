// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Governance
import Pipelines
import TestSupport
import Testing
import Tracking

@Suite("What steps run in, and what they hand on", .timeLimit(.minutes(3)))
struct SurroundingsTests {
    @Test("graphics cards belong to one attempt at a time, and a step that needs more than there are fails at once")
    func cards() async throws {
        try await World.with(.sqlite) { world in
            let cards = GPUSlots(devices: [GPUDevice(index: 0, kind: "nvidia-h100"), GPUDevice(index: 1, kind: "nvidia-h100")])
            let document = pipeline(
                """
                - name: both
                  forEach: {in: [1, 2, 3]}
                  resources: {gpu: 2}
                  command: [sh, -c, 'test "$CUDA_VISIBLE_DEVICES" = 0,1 && mkdir "$WORLD/mark" && rmdir "$WORLD/mark"']
                - {name: one, resources: {gpu: {count: 1, kind: nvidia-h100}}, command: [sh, -c, 'test ${#CUDA_VISIBLE_DEVICES} = 1']}
                - {name: many, resources: {gpu: 3}, command: ["true"]}
                - {name: elsewhere, resources: {region: uae}, command: ["true"]}
                """)
            try await world.working(world.engine(gpus: cards)) {
                let ended = try await world.ended(try await world.start(document).id)
                #expect(ended.state("both") == .succeeded)
                #expect(ended.state("one") == .succeeded)
                #expect(ended.attempts("many").first?.detail?.contains("needs 3 graphics cards") == true)
                #expect(ended.attempts("elsewhere").first?.detail?.contains("region 'uae'") == true)
                #expect(cards.freeCount == 2)
            }
        }
    }

    @Test("what an attempt left at its checkpoint is there for the next one", arguments: TestDatabase.allCases)
    func checkpoint(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let document = pipeline(
                """
                - name: long
                  retries: 2
                  checkpoint: state
                  command: [sh, -c, 'mkdir -p "$DHOW_CHECKPOINT"; echo x >> "$DHOW_CHECKPOINT/done"; test $(wc -l < "$DHOW_CHECKPOINT/done") = 3']
                """)
            try await world.working(world.engine()) {
                let ended = try await world.ended(try await world.start(document).id)
                #expect(ended.execution.status == .succeeded)
                #expect(ended.attempts.map(\.outcome) == ["failed", "failed", "succeeded"])
            }
        }
    }

    @Test("a Python environment is made of the lock file once, and its programs come first")
    func python() async throws {
        try await World.with(.sqlite) { world in
            let document = pipeline(
                """
                - name: where
                  forEach: {in: [1, 2]}
                  runtime: {python: requirements.lock}
                  command: [python, -c, 'import os, sys; assert sys.prefix == os.environ["VIRTUAL_ENV"], sys.prefix']
                """)
            try await world.working(world.engine()) {
                let started = try await world.start(document, files: ["requirements.lock": "# nothing\n"])
                let ended = try await world.ended(started.id)
                #expect(ended.execution.status == .succeeded)
                let made = try FileManager.default.contentsOfDirectory(atPath: world.folder + "/environments")
                #expect(made.count == 1)
                let bad = try await world.start(document, files: ["requirements.lock": "=== no requirement ===\n"])
                let refused = try await world.ended(bad.id)
                #expect(refused.execution.status == .failed)
                #expect(refused.attempts.first?.detail?.contains("Invalid requirement") == true)
            }
        }
    }

    @Test("an output of type snapshot is recorded, with the labels of what the execution used", arguments: TestDatabase.allCases)
    func snapshots(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let data = try await world.put("a,b\n1,2\n3,4\n")
            _ = try await world.snapshots.record(
                dataset: "numbers", files: [("numbers.csv", data)], jurisdiction: "uae", classifications: ["personal"], by: world.caller)
            let document = pipeline(
                """
                - name: clean
                  command: [sh, -c, 'head -n 2 "$DHOW_INPUT_DATA" > "$DHOW_OUTPUT_ROWS"']
                  inputs: {data: {snapshot: {parameter: data}}}
                  outputs: {rows: {path: rows.csv, type: snapshot, dataset: clean-numbers}}
                """, parameters: "[{name: data, type: snapshot}]")
            try await world.working(world.engine()) {
                let ended = try await world.ended(try await world.start(document, ["data": "numbers@0"]).id)
                #expect(ended.execution.status == .succeeded)
                let recorded = try #require(
                    try await world.governor.database.read {
                        try SnapshotTable(transaction: $0, workspace: "default").latest(of: "clean-numbers", offset: 0, count: 1).first
                    })
                #expect(recorded.labels.jurisdiction == "uae")
                #expect(recorded.labels.classifications == ["personal"])
                #expect(recorded.rowCount == 1)
            }
        }
    }

    @Test("a log that is read while its step runs shows no secrets either, and waits for more", arguments: TestDatabase.allCases)
    func liveLog(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let (goOn, end) = (Fifo(world.folder + "/goOn"), Fifo(world.folder + "/end"))
            let document = pipeline(
                """
                - {name: use, secrets: {PASSWORD: database}, command: [sh, -c, 'read line < "$WORLD/goOn"; echo "it is $PASSWORD."; read line < "$WORLD/end"']}
                """)
            try await world.working(world.engine()) {
                let started = try await world.start(document)
                _ = try await world.execution(started.id) { $0.state("use") == .running(attempt: 1) }
                async let bytes = world.executions.log(
                    of: started.id, step: "use", attempt: 1, from: 0, limit: 1 << 20, patience: .seconds(60), by: world.caller)
                await goOn.release()
                #expect(String(decoding: try await bytes, as: UTF8.self).hasPrefix("it is ***"))
                await end.release()
                #expect(try await world.ended(started.id).execution.status == .succeeded)
            }
        }
    }
}
