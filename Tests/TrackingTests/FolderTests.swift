// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import TestSupport
import Testing
import Tracking

@Suite struct FolderTests {
    private static let count = 100_000

    /// Rows as the store would write them, without the bytes.
    private func fill(_ world: TrackingWorld) async throws {
        let digest = try await world.put("x").digest
        for start in stride(from: 0, to: Self.count, by: 10_000) {
            try await world.governor.database.write { transaction in
                let rows = (start..<start + 10_000).map { index -> [DatabaseValue] in
                    let name = "file-\(String(1_000_000 + index).dropFirst())"
                    return [.text("default"), .text("big"), .text(name), digest.databaseValue, .integer(1), .integer(0)]
                }
                try transaction.insert(into: "artifact (workspace, folder, name, digest, size, time)", rows: rows)
            }
        }
        try await world.governor.database.write { transaction in
            try transaction.insert(
                into: "artifact_folder (workspace, parent, name)",
                rows: [[.text("default"), .text(""), .text("big")], [.text("default"), .text("big"), .text("deep")]])
        }
    }

    @Test("gives 100,000 entries page by page, each once and in order", arguments: TestDatabase.allCases)
    func pages(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            try await fill(world)
            let folder = try ArtifactPath("big")
            var names: [String] = []
            var after: String?
            repeat {
                let (entries, next) = try await world.artifacts.list(folder, after: after, by: world.caller)
                #expect(entries.count <= ArtifactStore.maximumPage)
                names += entries.compactMap(\.path.name)
                after = next
            } while after != nil
            #expect(names.count == Self.count + 1)
            #expect(names.first == "deep")
            #expect(names.dropFirst() == names.dropFirst().sorted()[...])
            #expect(Set(names).count == names.count)
        }
    }
}
