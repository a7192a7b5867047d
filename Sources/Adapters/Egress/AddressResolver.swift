// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// The system's resolver, on threads of its own because it blocks. What it finds is used for five seconds.
final class AddressResolver: Sendable {
    private static let age = Duration.seconds(5)
    private static let maximumHosts = 256
    private static let limit = TimeAmount.seconds(5)
    private static let maximumAddresses = 16

    private let threads = NIOThreadPool(numberOfThreads: 4)
    private let known = Mutex<[String: (addresses: [InternetAddress], end: ContinuousClock.Instant)]>([:])

    init() {
        threads.start()
    }

    /// IPv4 addresses first, each once.
    ///
    /// - Throws: `Problem` `.unavailable` when there is none, or none within five seconds or before `deadline`.
    func addresses(of host: String, until deadline: NIODeadline = .distantFuture) async throws -> [InternetAddress] {
        if let literal = InternetAddress(host) { return [literal] }
        let now = ContinuousClock.now
        if let found = known.withLock({ $0[host] }), found.end > now { return found.addresses }
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let promise = loop.makePromise(of: [InternetAddress].self)
        threads.submit { state in
            promise.completeWith(Result { state == .active ? Self.lookUp(host) : [] })
        }
        // The thread goes on; what it finds too late is dropped.
        let timer = loop.scheduleTask(deadline: min(.now() + Self.limit, deadline)) { promise.succeed([]) }
        defer { timer.cancel() }
        let found = try await promise.futureResult.get()
        guard !found.isEmpty else {
            throw Problem(
                .unavailable, "egress.host.unknown", "'\(host.printable)' has no address.",
                fix: "Check the name, and the resolver of the machine that the server runs on.")
        }
        known.withLock { known in
            if known.count >= Self.maximumHosts { known = known.filter { $0.value.end > now } }
            if known.count < Self.maximumHosts { known[host] = (found, now + Self.age) }
        }
        return found
    }

    private static func lookUp(_ host: String) -> [InternetAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var four: [InternetAddress] = []
        var six: [InternetAddress] = []
        var next = list
        while let entry = next?.pointee {
            next = entry.ai_next
            guard let address = entry.ai_addr else { continue }
            switch entry.ai_family {
            case AF_INET:
                address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { four.append(InternetAddress(of: $0.pointee.sin_addr)) }
            case AF_INET6:
                address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { six.append(InternetAddress(of: $0.pointee.sin6_addr)) }
            default: continue
            }
        }
        var seen: Set<InternetAddress> = []
        return Array((four + six).filter { seen.insert($0).inserted }.prefix(maximumAddresses))
    }
}

extension InternetAddress {
    /// - Parameter address: `in_addr` or `in6_addr`, in network order.
    fileprivate init(of address: some Any) {
        self.init(bytes: withUnsafeBytes(of: address) { Array($0) })
    }
}
