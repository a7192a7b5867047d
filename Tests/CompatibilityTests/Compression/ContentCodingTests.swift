// SPDX-License-Identifier: Apache-2.0

import Compatibility
import Domain
import Foundation
import Testing

@Suite("Compressed bodies")
struct ContentCodingTests {
    /// `hello hello hello hello` by Python's `gzip.compress(…, mtime=0)`, `zlib.compress` and `zlib.compressobj(wbits=-15)`.
    private static let text = Array("hello hello hello hello".utf8)
    private static let samples: [(ContentCoding, String)] = [
        (.gzip, "H4sIAAAAAAACA8tIzcnJV8hAJwHjUT2NFwAAAA=="), (.deflate, "eJzLSM3JyVfIQCcBaAMIsQ=="), (.deflate, "y0jNyclXyEAnAQ=="),
    ]

    @Test("expands what Python compressed, with zlib's header and without", arguments: samples)
    func vectors(coding: ContentCoding, base64: String) throws {
        let bytes = Array(try #require(Data(base64Encoded: base64)))
        #expect(try coding.expand(bytes, limit: 100) == Self.text)
    }

    @Test("gives back what it compressed, whatever its size", arguments: ContentCoding.allCases)
    func roundTrip(coding: ContentCoding) throws {
        for count in [0, 1, 1000, 65_535, 65_536, 300_001] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
            #expect(try coding.expand(coding.compress(bytes), limit: count) == bytes)
        }
    }

    @Test(
        "a stream cut anywhere, with a byte changed or one too many is refused or another text, never a crash",
        arguments: ContentCoding.allCases)
    func broken(coding: ContentCoding) throws {
        let whole = try coding.compress(Array(repeating: Self.text, count: 20).flatMap(\.self))
        for count in 1..<whole.count {
            #expect(throws: Problem.self) { try coding.expand(Array(whole[..<count]), limit: 10_000) }
        }
        #expect(throws: Problem.self) { try coding.expand(whole + [0], limit: 10_000) }
        for position in whole.indices {
            var changed = whole
            changed[position] ^= 0x10
            _ = try? coding.expand(changed, limit: 10_000)
        }
    }

    @Test("nothing larger than the limit comes out, and the limit itself does", arguments: ContentCoding.allCases)
    func limit(coding: ContentCoding) throws {
        let bomb = try coding.compress([UInt8](repeating: 0, count: 4 << 20))
        #expect(bomb.count < 50_000)
        #expect(try coding.expand(bomb, limit: 4 << 20).count == 4 << 20)
        for limit in [0, 1, 65_536, 4 << 20 - 1] where limit < 4 << 20 {
            let problem = #expect(throws: Problem.self) { try coding.expand(bomb, limit: limit) }
            #expect(problem?.kind == .tooLarge)
        }
    }

    @Test("reads what a body is said to be, and refuses what is not known")
    func ofBody() throws {
        #expect(try ContentCoding.ofBody(nil) == nil)
        #expect(try ContentCoding.ofBody("identity") == nil)
        #expect(try ContentCoding.ofBody("GZIP") == .gzip)
        #expect(try ContentCoding.ofBody("deflate") == .deflate)
        for header in ["br", "gzip, gzip", "gzip,deflate"] { #expect(throws: Problem.self) { try ContentCoding.ofBody(header) } }
    }

    @Test(
        "answers in what the client takes",
        arguments: [
            (nil, nil), ("", nil), ("gzip", .gzip), ("deflate", .deflate), ("gzip, deflate, br", .gzip), ("br, deflate;q=0.5", .deflate),
            ("gzip;q=0, deflate", .deflate), ("gzip;q=0.000", nil), ("*", .gzip), ("*;q=0", nil), ("identity", nil), (";;,,q=", nil),
        ] as [(String?, ContentCoding?)])
    func acceptable(header: String?, coding: ContentCoding?) {
        #expect(ContentCoding.acceptable(header) == coding)
    }
}
