// SPDX-License-Identifier: Apache-2.0

import Backends
import Foundation
import Synchronization

/// What librdkafka tells while it works, from its own threads too.
final class KafkaContext: Sendable {
    private struct State {
        var lastError: Int32?
        var refused: String?
        var delivered = 0
        var failed: Int32?
    }

    private let allowance: EgressAllowance
    private let state = Mutex(State())

    init(allowance: EgressAllowance) {
        self.allowance = allowance
    }

    var lastError: Int32? { state.withLock { $0.lastError } }
    /// A host that nothing may be sent to.
    var refused: String? { state.withLock { $0.refused } }
    var deliveries: (delivered: Int, failed: Int32?) { state.withLock { ($0.delivered, $0.failed) } }

    func forgetErrors() {
        state.withLock { ($0.lastError, $0.refused, $0.delivered, $0.failed) = (nil, nil, 0, nil) }
    }

    /// Fatal, name unknown, all brokers down, TLS, sign-in. A single connection that ends is no news: it is made again.
    private static let grave: Set<Int32> = [-150, -193, -187, -181, -169]

    static let note: KafkaLibrary.ErrorCallback = { _, code, _, opaque in
        guard grave.contains(code) else { return }
        context(opaque)?.state.withLock { $0.lastError = code }
    }

    /// Of the message: its error at 0, as the header has it.
    static let delivered: KafkaLibrary.DeliveryCallback = { _, message, opaque in
        guard let message else { return }
        let code = message.load(as: Int32.self)
        context(opaque)?.state.withLock { state in
            if code == 0 { state.delivered += 1 } else { state.failed = state.failed ?? code }
        }
    }

    /// Connects to addresses that may be connected to; brokers name each other, so each is looked at.
    static let connect: KafkaLibrary.ConnectCallback = { socket, address, length, name, opaque in
        guard let context = context(opaque), let address else { return EACCES }
        let host = KafkaContext.host(of: name.map { String(cString: $0) } ?? "")
        guard let found = KafkaContext.address(address), context.allowance.permits(found, of: host) else {
            context.state.withLock { $0.refused = host }
            return EACCES
        }
        let pointer = address.assumingMemoryBound(to: sockaddr.self)
        return begin(socket, pointer, socklen_t(length))
    }

    private static func context(_ opaque: UnsafeMutableRawPointer?) -> KafkaContext? {
        opaque.map { Unmanaged<KafkaContext>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Of `plaintext://host:9092/1`, or any part of it.
    private static func host(of name: String) -> String {
        var rest = name[...]
        if let scheme = rest.range(of: "://") { rest = rest[scheme.upperBound...] }
        rest = rest.prefix { $0 != "/" }
        if let colon = rest.lastIndex(of: ":") { rest = rest[..<colon] }
        return rest.lowercased().trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
    }

    private static func address(_ raw: UnsafeRawPointer) -> InternetAddress? {
        switch Int32(raw.assumingMemoryBound(to: sockaddr.self).pointee.sa_family) {
        case AF_INET:
            return withUnsafeBytes(of: raw.assumingMemoryBound(to: sockaddr_in.self).pointee.sin_addr) { InternetAddress(bytes: Array($0)) }
        case AF_INET6:
            return withUnsafeBytes(of: raw.assumingMemoryBound(to: sockaddr_in6.self).pointee.sin6_addr) {
                InternetAddress(bytes: Array($0))
            }
        default: return nil
        }
    }
}

/// - Returns: 0, also for a connection that is being made, or why not.
private func begin(_ socket: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Int32 {
    connect(socket, address, length) == 0 || errno == EINPROGRESS ? 0 : errno
}
