// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import NIOCore
import NIOPosix
import NIOSSL

/// Keeps one connection, and makes another when it is gone. It is used by one task at a time.
actor RedisConnector {
    private let place: BrokerPlace
    private let allowance: EgressAllowance
    private let tls: NIOSSLContext?
    private let patience: Duration
    private var connection: RedisConnection?

    init(place: BrokerPlace, allowance: EgressAllowance, tls: NIOSSLContext?, patience: Duration) {
        self.place = place
        self.allowance = allowance
        self.tls = tls
        self.patience = patience
    }

    /// Runs `body` over the connection; after an error the next one is another.
    func use<Result: Sendable>(_ body: @Sendable (RedisConnection) async throws -> Result) async throws -> Result {
        let current: RedisConnection
        if let connection {
            current = connection
        } else {
            current = try await RedisConnection.open(place, try await addresses(), tls: tls, patience: patience)
            connection = current
        }
        do {
            return try await body(current)
        } catch {
            await close()
            throw error
        }
    }

    func close() async {
        let ended = connection
        connection = nil
        await ended?.close()
    }

    /// Of the name only those that it may connect to; what is checked is what is connected to.
    private func addresses() async throws -> [SocketAddress] {
        let server = place.servers[0]
        let found = try await NIOThreadPool.singleton.runIfActive { Self.lookUp(server.host, server.port) }
        guard !found.isEmpty else { throw RedisConnection.gone("'\(server.host.printable)' has no address.") }
        let permitted = found.filter { address in
            guard let text = address.ipAddress, let address = InternetAddress(text) else { return false }
            return allowance.permits(address, of: server.host)
        }
        guard !permitted.isEmpty else {
            throw Problem(
                .invalid, "egress.address.refused", "Nothing may be sent to '\(server.host.printable)'.",
                why: "It is not on the public internet.",
                fix: "Allow it where the server is started: --egress-allow \(server.host.printable).")
        }
        return permitted
    }

    private static func lookUp(_ host: String, _ port: Int) -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = list
        while let entry = next?.pointee, addresses.count < 16 {
            next = entry.ai_next
            guard let address = entry.ai_addr else { continue }
            var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            guard getnameinfo(address, entry.ai_addrlen, &name, socklen_t(name.count), nil, 0, NI_NUMERICHOST) == 0 else { continue }
            let text = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if let address = try? SocketAddress(ipAddress: text, port: port) { addresses.append(address) }
        }
        return addresses
    }
}
