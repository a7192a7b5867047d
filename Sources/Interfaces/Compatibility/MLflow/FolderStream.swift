// SPDX-License-Identifier: Apache-2.0

import Governance
import Tracking

/// All entries of a folder as one JSON text in pieces of a page: memory is that of a page, however many there are.
struct FolderStream: AsyncSequence, Sendable {
    typealias Element = [UInt8]

    let artifacts: ArtifactStore
    let folder: ArtifactPath
    let caller: Caller
    let first: [ArtifactEntry]
    let next: String

    func makeAsyncIterator() -> Iterator { Iterator(stream: self) }

    struct Iterator: AsyncIteratorProtocol {
        private enum Place { case start, after(String), end, over }

        let stream: FolderStream
        private var place = Place.start

        init(stream: FolderStream) {
            self.stream = stream
        }

        mutating func next() async throws -> [UInt8]? {
            switch place {
            case .start:
                place = .after(stream.next)
                return Array("{\"files\":[".utf8) + objects(stream.first)
            case .after(let name):
                let (entries, next) = try await stream.artifacts.list(stream.folder, after: name, by: stream.caller)
                place = next.map { .after($0) } ?? .end
                return entries.isEmpty ? [] : Array(",".utf8) + objects(entries)
            case .end:
                place = .over
                return Array("]}".utf8)
            case .over: return nil
            }
        }

        private func objects(_ entries: [ArtifactEntry]) -> [UInt8] {
            JSONWriter.objects(entries) { entry, writer in writer.writeMembers(of: entry, below: stream.folder) }
        }
    }
}
