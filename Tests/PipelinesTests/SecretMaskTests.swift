// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Pipelines

@Suite("Stars over secrets")
struct SecretMaskTests {
    private static let text = Array("open opensesame, sesamesesame; \u{FFFD}sesam".utf8)
    private static let masked = "open **********, ************; \u{FFFD}sesam"

    @Test("stand where a value is, also where values overlap, and leave all else as it was")
    func whole() {
        let mask = SecretMask(["opensesame", "sesame", "x"])
        #expect(String(decoding: mask.masked(Self.text), as: UTF8.self) == Self.masked)
        #expect(SecretMask(["x", "abc"]).isEmpty, "Values that are too short are left as they are.")
    }

    @Test("are the same however the text is cut into pieces", arguments: [1, 2, 3, 5, 7, 100])
    func pieces(_ size: Int) async throws {
        let mask = SecretMask(["opensesame", "sesame"])
        var all: [UInt8] = []
        for offset in stride(from: 0, to: Self.text.count, by: size) {
            all += try await mask.piece(from: Int64(offset), count: size) { offset, count in
                Array(Self.text.dropFirst(Int(offset)).prefix(count))
            }
        }
        #expect(String(decoding: all, as: UTF8.self) == Self.masked)
    }
}
