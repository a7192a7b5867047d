// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOHTTP1

/// A TCP connection whose bytes the test writes itself, for what no HTTP client would send.
final class RawConnection: Sendable {
    private let descriptor: Int32

    /// - Parameter address: `http://127.0.0.1:PORT`.
    init(to address: String) throws {
        guard let port = URL(string: address)?.port else { throw POSIXError(.EINVAL) }
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = in_port_t(port).bigEndian
        place.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard result == 0 else { throw POSIXError(.ECONNREFUSED) }
    }

    deinit { close(descriptor) }

    /// Sends as much as the other side takes; false once it has closed.
    @discardableResult
    func send(_ text: String) -> Bool {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            bytes = bytes.dropFirst(count)
        }
        return true
    }

    /// All bytes until the server closes the connection, as text.
    func everything() throws -> String {
        var answer: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while case let count = recv(descriptor, &piece, piece.count, 0), count != 0 {
            guard count > 0 else { throw POSIXError(.ETIMEDOUT) }
            answer += piece[..<count]
        }
        return String(decoding: answer, as: UTF8.self)
    }

    /// The whole answer; the request must have asked to close the connection after it.
    func response() throws -> ServerProcess.Response {
        let text = try everything()
        guard let end = text.range(of: "\r\n\r\n") else { throw POSIXError(.EBADMSG) }
        let lines = text[..<end.lowerBound].components(separatedBy: "\r\n")
        let fields = lines.dropFirst().map { line -> (String, String) in
            let parts = line.split(separator: ":", maxSplits: 1)
            return (String(parts[0]), parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : "")
        }
        let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return ServerProcess.Response(status: status, headers: HTTPHeaders(fields), body: Data(text[end.upperBound...].utf8))
    }

    /// The status of the answer; nil when the connection ends without one. Waits at most 30 seconds.
    func status() throws -> Int? {
        var answer: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1024)
        while !answer.contains(UInt8(ascii: "\n")) {
            let count = recv(descriptor, &piece, piece.count, 0)
            if count < 0, errno == EAGAIN { throw POSIXError(.ETIMEDOUT) }
            guard count > 0 else { return nil }
            answer += piece[..<count]
        }
        let words = String(decoding: answer, as: UTF8.self).split(separator: " ")
        return words.count > 1 ? Int(words[1]) : nil
    }
}
