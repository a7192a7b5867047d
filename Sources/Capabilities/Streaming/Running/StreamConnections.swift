// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
package import Pipelines

/// What streams are connected with: brokers, watched folders, and passwords by the names of their secrets.
package struct StreamConnections: Sendable {
    private let redis: any EventBroker
    private let kafka: any EventBroker
    private let folders: WatchedFolders
    private let secret: @Sendable (_ name: String, _ workspace: String) async throws -> String

    package init(
        redis: any EventBroker, kafka: any EventBroker, folders: WatchedFolders,
        secret: @escaping @Sendable (_ name: String, _ workspace: String) async throws -> String
    ) {
        self.redis = redis
        self.kafka = kafka
        self.folders = folders
        self.secret = secret
    }

    func source(of place: StreamPlace, in workspace: String) async throws -> any EventSource {
        if let files = place.files {
            let root = files.root ?? WatchedFolders.own
            guard let path = folders.paths[root] else {
                throw Problem(
                    .unavailable, "streams.folder.unknown", "This server watches no folder '\(root.printable)'.",
                    fix: "Start it with --watched-folders \(root.printable)=PATH.")
            }
            return FolderSource(root: root, at: path, folder: files.folder, pattern: try SourcePattern(files.pattern))
        }
        return try await broker(of: place).source(at: try await brokerPlace(place, workspace))
    }

    func sink(of place: StreamPlace, in workspace: String) async throws -> any EventSink {
        try await broker(of: place).sink(at: try await brokerPlace(place, workspace))
    }

    private func broker(of place: StreamPlace) -> any EventBroker { place.redis == nil ? kafka : redis }

    private func brokerPlace(_ place: StreamPlace, _ workspace: String) async throws -> BrokerPlace {
        var password: String?
        if let name = place.passwordSecret { password = try await secret(name, workspace) }
        return try place.brokerPlace(password: password)
    }
}
