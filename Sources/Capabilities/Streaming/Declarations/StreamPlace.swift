// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain
import Foundation
import Pipelines

/// One of the places that records come from or go to.
package struct StreamPlace: Codable, Sendable, Equatable {
    package struct HTTP: Codable, Sendable, Equatable {
        package init() {}
    }

    package struct Files: Codable, Sendable, Equatable {
        package var root: String?
        package var folder: String?
        package var pattern: String

        package init(root: String? = nil, folder: String? = nil, pattern: String) {
            self.root = root
            self.folder = folder
            self.pattern = pattern
        }
    }

    package enum Start: String, Codable, CaseIterable, Sendable { case beginning, end }

    package struct Redis: Codable, Sendable, Equatable {
        /// `HOST:PORT`.
        package var server: String
        package var key: String
        package var database: Int?
        package var tls: Bool?
        package var user: String?
        /// Name of the workspace's secret that holds passwords by server.
        package var passwordSecret: String?
        package var start: Start?
        package var maximumLength: Int?
    }

    package struct Kafka: Codable, Sendable, Equatable {
        /// Each `HOST:PORT`.
        package var servers: [String]
        package var topic: String
        package var tls: Bool?
        package var user: String?
        package var passwordSecret: String?
        /// How user and password are given.
        package var mechanism: String?
        package var start: Start?
    }

    package enum Kind: String, Codable, CaseIterable, Sendable { case http, files, redis, kafka }

    package static let mechanisms = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
    package static let mostServers = 20

    package var http: HTTP?
    package var files: Files?
    package var redis: Redis?
    package var kafka: Kafka?

    package init(http: HTTP? = nil, files: Files? = nil, redis: Redis? = nil, kafka: Kafka? = nil) {
        self.http = http
        self.files = files
        self.redis = redis
        self.kafka = kafka
    }

    package var kinds: [Kind] {
        [(Kind.http, http != nil), (.files, files != nil), (.redis, redis != nil), (.kafka, kafka != nil)].filter(\.1).map(\.0)
    }

    /// One line for people.
    package var text: String {
        if let files { return "files \(files.root ?? WatchedFolders.own)/\(files.folder.map { $0 + "/" } ?? "")\(files.pattern)" }
        if let redis { return "redis \(redis.server) \(redis.key)" }
        if let kafka { return "kafka \(kafka.servers.joined(separator: ",")) \(kafka.topic)" }
        return "http"
    }

    var passwordSecret: String? { redis?.passwordSecret ?? kafka?.passwordSecret }

    /// - Parameter folders: What the server watches; nil where that is not known.
    func check(isSink: Bool, watching folders: WatchedFolders?) throws(Problem) {
        guard kinds.count == 1 else {
            throw StreamSpecification.refusal(
                "'\(isSink ? "to" : "from")' names \(kinds.count) places.",
                isSink ? "Name one: redis or kafka." : "Name one: http, files, redis or kafka.")
        }
        guard !isSink || (http == nil && files == nil) else {
            throw StreamSpecification.refusal("Events go to brokers here.", "Name redis or kafka; for HTTP make a webhook.")
        }
        if let files { try Self.check(files, folders) }
        guard redis != nil || kafka != nil else { return }
        if redis?.maximumLength != nil, !isSink {
            throw StreamSpecification.refusal("'maximumLength' is of streams out.", "Leave it out.")
        }
        if isSink, redis?.start != nil || kafka?.start != nil {
            throw StreamSpecification.refusal("'start' is of streams in.", "Leave it out.")
        }
        if let secret = passwordSecret { try ResourceName.check(secret, of: "secret") }
        _ = try brokerPlace(password: nil)
    }

    /// - Throws: `Problem` `.invalid` for a server that is no `HOST:PORT`.
    package func brokerPlace(password: String?) throws(Problem) -> BrokerPlace {
        let secret = password.map { BrokerPlace.Password($0) }
        if let redis {
            return BrokerPlace(
                servers: [try Self.server(redis.server)], name: redis.key, usesTLS: redis.tls ?? false, user: redis.user, password: secret,
                database: redis.database ?? 0, startsAtEnd: redis.start == .end, maximumLength: redis.maximumLength)
        }
        guard let kafka else { preconditionFailure("The place is a broker.") }
        var servers: [BrokerPlace.Server] = []
        for text in kafka.servers { servers.append(try Self.server(text)) }
        return BrokerPlace(
            servers: servers, name: kafka.topic, usesTLS: kafka.tls ?? false, user: kafka.user, password: secret,
            mechanism: kafka.mechanism, startsAtEnd: kafka.start == .end)
    }

    private static func check(_ files: Files, _ folders: WatchedFolders?) throws(Problem) {
        let root = files.root ?? WatchedFolders.own
        if let folders, folders.paths[root] == nil {
            throw StreamSpecification.refusal(
                "The server watches no folder '\(root.printable)'.",
                "It watches \(folders.paths.keys.sorted().joined(separator: ", ")); more are set with --watched-folders.")
        }
        if let folder = files.folder { _ = try SourcePattern(folder) }
        _ = try SourcePattern(files.pattern)
        let ending = files.pattern.split(separator: ".").last.map { $0.lowercased() } ?? ""
        guard FileFormat(rawValue: ending) != nil else {
            throw StreamSpecification.refusal(
                "The pattern '\(files.pattern.printable)' does not say what the files hold.", "End it with .csv, .jsonl or .ndjson.")
        }
    }

    private static func server(_ text: String) throws(Problem) -> BrokerPlace.Server {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        // An IPv6 address stands in brackets.
        let port = parts.last.flatMap { Int($0) } ?? 0
        var host = parts.dropLast().joined(separator: ":").lowercased()
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) } else if parts.count != 2 { host = "" }
        let isPlain = host.utf8.allSatisfy { (48...57).contains($0) || (97...122).contains($0) || $0 == 45 || $0 == 46 || $0 == 95 }
        guard (1...65535).contains(port), (1...253).contains(host.utf8.count), isPlain || InternetAddress(host) != nil else {
            throw StreamSpecification.refusal("'\(text.printable)' is not a server.", "Write HOST:PORT, such as redis.internal:6379.")
        }
        return BrokerPlace.Server(host: host, port: port)
    }
}
