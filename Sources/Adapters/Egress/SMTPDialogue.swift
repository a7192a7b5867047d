// SPDX-License-Identifier: Apache-2.0

import Domain
import NIOCore

/// Commands and replies, one after the other.
struct SMTPDialogue {
    /// Far beyond what a server says in a reply.
    private static let maximumReply = 64 << 10

    private var incoming: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outgoing: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var received = ByteBuffer()
    private var offered: [String] = []

    init(
        incoming: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
        outgoing: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) {
        self.incoming = incoming
        self.outgoing = outgoing
    }

    /// Whether the server named this word when it was last greeted.
    func offers(_ word: String) -> Bool { offered.contains { $0.uppercased().hasPrefix(word) } }

    mutating func greet() async throws {
        _ = try await reply(to: "the connection", expecting: 220)
        try await hello()
    }

    mutating func hello() async throws {
        offered = try await command("EHLO dhow", expecting: 250)
    }

    /// After it the connection is to be encrypted, before `hello`. What was sent in the clear behind the reply would be taken for
    /// what comes encrypted (CVE-2011-0411), so it is refused.
    mutating func startTLS() async throws {
        try await command("STARTTLS", expecting: 220)
        offered = []
        guard received.readableBytes == 0 else { throw Self.unknown("more than was asked before TLS") }
    }

    /// - Parameters:
    ///   - name: For people; the line's first word when it is nil.
    ///   - code: The reply's; nil takes any of success.
    /// - Returns: The reply's lines without their codes.
    @discardableResult
    mutating func command(_ line: String, named name: String? = nil, expecting code: Int? = nil) async throws -> [String] {
        try await outgoing.write(ByteBuffer(string: line + "\r\n"))
        return try await reply(to: name ?? String(line.prefix { $0 != " " && $0 != ":" }), expecting: code)
    }

    /// - Throws: `Problem` `.unavailable` for a reply of 4xx, `.invalid` for one of 5xx or none that is known.
    private mutating func reply(to subject: String, expecting code: Int?) async throws -> [String] {
        var lines: [String] = []
        while true {
            let line = try await line()
            guard line.utf8.count >= 3, let number = Int(line.prefix(3)) else { throw Self.unknown(line) }
            lines.append(String(line.dropFirst(4)))
            if line.dropFirst(3).first == "-" { continue }
            if code.map({ $0 == number }) ?? (200..<300).contains(number) { return lines }
            let what = "The mail server answered \(number) to \(subject)."
            let why = lines.joined(separator: " ").printable
            if (400..<500).contains(number) {
                throw Problem(.unavailable, "egress.mail.later", what, why: why)
            }
            throw Problem(.invalid, "egress.mail.refused", what, why: why)
        }
    }

    private mutating func line() async throws -> String {
        while true {
            if let end = received.readableBytesView.firstIndex(of: 10) {
                let length = end - received.readerIndex + 1
                let text = received.readString(length: length) ?? ""
                received.discardReadBytes()
                return String(text.prefix { $0 != "\r" && $0 != "\n" && $0 != "\r\n" })
            }
            guard received.readableBytes < Self.maximumReply else {
                throw Self.unknown("a reply without an end")
            }
            guard var more = try await incoming.next() else {
                throw Problem(
                    .unavailable, "egress.receiver.unreachable", "The mail server ended the connection.")
            }
            received.writeBuffer(&more)
        }
    }

    private static func unknown(_ line: String) -> Problem {
        Problem(.invalid, "egress.mail.unknown", "This is no mail server: it said '\(line.printable)'.")
    }
}
