// SPDX-License-Identifier: Apache-2.0

import Foundation

/// One kept-alive HTTP/1.1 connection over a blocking socket: as little work as a client can do, so that what is measured is the server.
final class HTTPConnection {
    struct Failed: Error, CustomStringConvertible {
        var description: String
    }

    struct Answer {
        var status: Int
        /// Empty when the body was drained.
        var body: [UInt8]
        var length: Int

        var text: String { String(decoding: body, as: UTF8.self) }
    }

    private let port: UInt16
    private let headers: String
    private var descriptor: Int32 = -1
    private var buffer = [UInt8](repeating: 0, count: 256 << 10)
    private var start = 0
    private var end = 0
    /// From the first byte sent to the last received, summed over the requests so far; what the caller does with answers is not in it.
    private(set) var waited = Duration.zero

    /// - Parameter headers: Lines that every request carries, each ended by CRLF.
    init(port: UInt16, headers: String) throws {
        self.port = port
        self.headers = headers
        try connect()
    }

    deinit { close(descriptor) }

    func send(_ method: String, _ path: String, json: String = "") throws -> Answer {
        try send(method, path, body: Array(json.utf8), type: "application/json")
    }

    /// - Parameter drains: Whether the answer's body is only counted.
    func send(_ method: String, _ path: String, body: [UInt8], type: String, drains: Bool = false) throws -> Answer {
        let begin = ContinuousClock.now
        defer { waited += ContinuousClock.now - begin }
        let head =
            "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n\(headers)Content-Type: \(type)\r\nContent-Length: \(body.count)\r\n\r\n"
        // A server may close a connection that it has kept long; the first write or read then says so.
        do {
            try write(Array(head.utf8) + body)
            return try answer(drains: drains)
        } catch is Closed {
            try connect()
            try write(Array(head.utf8) + body)
            return try answer(drains: drains)
        }
    }

    /// Sends the same piece again and again until `size` bytes have gone out.
    func upload(_ path: String, size: Int, piece: [UInt8]) throws -> Answer {
        let begin = ContinuousClock.now
        defer { waited += ContinuousClock.now - begin }
        try write(Array("PUT \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n\(headers)Content-Length: \(size)\r\n\r\n".utf8))
        var left = size
        while left > 0 {
            try write(left >= piece.count ? piece : Array(piece[..<left]))
            left -= min(left, piece.count)
        }
        return try answer(drains: false)
    }

    private struct Closed: Error {}

    private func connect() throws {
        if descriptor >= 0 { close(descriptor) }
        (start, end) = (0, 0)
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failed(description: "no server at port \(port)") }
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        var limit = timeval(tv_sec: 600, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    private func write(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw Closed() }
            rest = rest.dropFirst(count)
        }
    }

    private func answer(drains: Bool) throws -> Answer {
        var status = 0
        var length: Int?
        var isChunked = false
        while true {
            let line = try line()
            if line.isEmpty {
                // 100 Continue and its like come before the answer.
                guard status >= 200 else { continue }
                break
            }
            if line.hasPrefix("HTTP/1.") { status = Int(line.dropFirst(9).prefix(3)) ?? 0 }
            let lower = line.lowercased()
            if lower.hasPrefix("content-length:") { length = Int(lower.dropFirst(15).trimmingCharacters(in: .whitespaces)) }
            if lower.hasPrefix("transfer-encoding:") { isChunked = lower.contains("chunked") }
        }
        var answer = Answer(status: status, body: [], length: 0)
        if isChunked {
            while case let size = Int(try line().prefix { $0 != ";" }, radix: 16) ?? 0, size > 0 {
                try take(size, into: &answer, drains: drains)
                _ = try line()
            }
            _ = try line()
        } else {
            try take(length ?? 0, into: &answer, drains: drains)
        }
        return answer
    }

    private func take(_ size: Int, into answer: inout Answer, drains: Bool) throws {
        var left = size
        while left > 0 {
            if start == end { try fill() }
            let count = min(left, end - start)
            if !drains { answer.body += buffer[start..<start + count] }
            start += count
            left -= count
        }
        answer.length += size
    }

    private func line() throws -> String {
        var line: [UInt8] = []
        while true {
            if start == end { try fill() }
            let byte = buffer[start]
            start += 1
            if byte == 10 { return String(decoding: line.last == 13 ? line.dropLast() : line[...], as: UTF8.self) }
            line.append(byte)
        }
    }

    private func fill() throws {
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else {
            if count < 0, errno == EAGAIN { throw Failed(description: "no answer within ten minutes") }
            throw Closed()
        }
        (start, end) = (0, count)
    }
}
