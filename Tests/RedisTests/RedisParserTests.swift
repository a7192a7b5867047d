// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import Redis

@Suite("Answers of Redis")
struct RedisParserTests {
    private static let text =
        "+OK\r\n-ERR no\r\n:-7\r\n$-1\r\n*-1\r\n*0\r\n$0\r\n\r\n*2\r\n$3\r\na\r\n\r\n*2\r\n:1\r\n*1\r\n$2\r\nxy\r\n"
    private static let values: [RedisValue] = [
        .simple("OK"), .error("ERR no"), .integer(-7), .null, .null, .array([]), .bulk([]),
        .array([.bulk(Array("a\r\n".utf8)), .array([.integer(1), .array([.bulk(Array("xy".utf8))])])]),
    ]

    @Test("are read the same in pieces of any size", arguments: [1, 2, 3, 7, 1_000])
    func pieces(size: Int) throws {
        var parser = RedisParser()
        var values: [RedisValue] = []
        var buffer = ByteBuffer()
        let bytes = Array(Self.text.utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            buffer.writeBytes(bytes[start..<min(start + size, bytes.count)])
            while let value = try parser.next(&buffer) { values.append(value) }
        }
        #expect(values == Self.values)
        #expect(buffer.readableBytes == 0)
    }

    @Test("are read past where a value is too large, without keeping its bytes")
    func oversized() throws {
        var parser = RedisParser()
        let size = RedisParser.largestValue + 1
        var buffer = ByteBuffer(string: "*2\r\n$\(size)\r\n")
        #expect(try parser.next(&buffer) == nil)
        for _ in 0..<size { buffer.writeInteger(UInt8(7)) }
        #expect(try parser.next(&buffer) == nil)
        #expect(buffer.readableBytes == 0)
        buffer.writeString("\r\n:1\r\n")
        #expect(try parser.next(&buffer) == .array([.oversized(size), .integer(1)]))
    }

    @Test(
        "are refused when they are none",
        arguments: [
            "?\r\n", "\r\n", ":x\r\n", "$-2\r\n", "*-2\r\n", "*9999999999\r\n", "+no line end\n", String(repeating: "*1\r\n", count: 9),
        ])
    func malformed(text: String) throws {
        var parser = RedisParser()
        var buffer = ByteBuffer(string: text)
        #expect(throws: RedisParser.Fault.self) { try parser.next(&buffer) }
    }

    @Test("are refused when a line does not end")
    func endless() throws {
        var parser = RedisParser()
        var buffer = ByteBuffer(string: "+" + String(repeating: "x", count: 70_000))
        #expect(throws: RedisParser.Fault.self) { try parser.next(&buffer) }
    }
}
