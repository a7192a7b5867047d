// SPDX-License-Identifier: Apache-2.0

import API
import Backends
import Domain
import HTTPServer
import HTTPTypes
import HummingbirdTesting
import Registry
import TestSupport
import Testing
import Tracking

@Suite struct SnapshotRouteTests {
    @Test("compares snapshots, tags them, and follows them both ways", arguments: TestDatabase.allCases)
    func snapshots(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            var made: [Snapshot] = []
            for text in ["x,y\n1,a\n2,b\n", "x,z\n1,a\n2,\n3,c\n"] {
                let blob = try await world.blobs.put(Bytes(text), limit: 1 << 20)
                made.append(
                    try await world.snapshots.record(dataset: "d", files: [("d.csv", blob)], jurisdiction: nil, by: world.amina))
            }
            let (first, second) = (made[0].id, made[1].id)
            let diff: SnapshotDiffAnswer = try await world.ask(.get, "snapshots/\(first)/diff/\(second)", as: "vera")
            #expect(diff.columns.map { "\($0.name) \($0.change)" } == ["x kept", "z added", "y removed"])
            #expect((diff.rowsBefore, diff.rowsAfter) == (2, 3))
            #expect(diff.filesChanged == ["d.csv"])
            #expect(try await world.send(.get, "snapshots/\(first)/diff/none", as: "vera").status == .notFound)

            let tagged: SnapshotAnswer = try await world.ask(
                .put, "snapshots/\(second)/tags/a/b", TagValueRequest(value: "1"), as: "amina")
            #expect(tagged.tags.map(\.key) == ["a/b"])
            #expect(try await world.send(.put, "snapshots/\(second)/tags/c", TagValueRequest(value: "1"), as: "vera").status == .forbidden)

            let experiment: ExperimentAnswer = try await world.ask(.post, "experiments", CreateExperimentRequest(name: "e"), as: "amina")
            let run = try await world.runs.create(in: experiment.id, name: "r", by: world.amina)
            let input = InputDataset(name: "d", digest: second, sourceType: "local", source: "{}", schema: nil, profile: nil)
            try await world.runs.link([RunInput(dataset: input, tags: [], context: "training")], to: run.id, by: world.amina)
            _ = try await world.registry.registerVersion(of: "churn", NewVersion(runID: run.id, snapshots: [second]), by: world.amina)
            try await world.signLedger()
            let lineage: LineageAnswer = try await world.ask(.get, "lineage/snapshots/\(second)", as: "vera")
            #expect(lineage.root.children.map(\.kind) == ["snapshot", "run", "version"])
            #expect(lineage.root.children[0].name == first)
            #expect(lineage.root.children[2].name == "churn 1" && lineage.root.children[2].children.map(\.name) == [run.id])
            #expect(lineage.faults == 0 && lineage.missing == 0)
            #expect(lineage.root.entries.map(\.verb) == ["snapshot.recorded"])
            let start: LineageAnswer = try await world.ask(.get, "lineage/snapshots/\(first)", as: "vera")
            #expect(start.root.children.map(\.missing) == ["It is the dataset's first state."])
        }
    }
}
