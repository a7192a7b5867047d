// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain
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
        guard let name = place.passwordSecret else { return try place.brokerPlace(password: nil) }
        let password = try Self.password(
            in: try await secret(name, workspace), named: name, for: try place.brokerPlace(password: nil).servers)
        return try place.brokerPlace(password: password)
    }

    /// A secret names the servers that its passwords are for; a bare password would go wherever a document says.
    package static func password(in secret: String, named name: String, for servers: [BrokerPlace.Server]) throws(Problem) -> String {
        guard let value = try? JSONReader.value(of: secret), case .object(let passwords) = value else {
            throw unbound("Secret '\(name)' is no JSON object.")
        }
        var found: String?
        for server in servers {
            let place = server.host.contains(":") ? "[\(server.host)]:\(server.port)" : "\(server.host):\(server.port)"
            guard let password = passwords[place]?.text, !password.isEmpty else {
                throw unbound("Secret '\(name)' has no password for '\(place.printable)'.")
            }
            guard found == nil || found == password else {
                throw unbound("Secret '\(name)' has several passwords for the servers of one place.")
            }
            found = password
        }
        return found ?? ""
    }

    private static func unbound(_ why: String) -> Problem {
        Problem(
            .rejected, "streams.secret.unbound", "The secret is not for the stream's server.", why: why,
            fix: "Set it to an object of passwords by server, such as {\"redis.internal:6379\": \"…\"}.")
    }
}
