// SPDX-License-Identifier: Apache-2.0

/// One word or sign of an expression.
struct Token: Sendable {
    enum Kind: Equatable, Sendable {
        case identifier(String)
        /// `content-type` between back quotes.
        case quotedIdentifier(String)
        case int(UInt64)
        case uint(UInt64)
        case double(Double)
        case string(String)
        case bytes([UInt8])
        /// An operator, bracket or other sign, or the word `in`.
        case sign(String)
        case end
    }

    var kind: Kind
    /// In bytes.
    var offset: Int

    func isSign(_ sign: String) -> Bool { kind == .sign(sign) }

    var text: String {
        switch kind {
        case .identifier(let name), .quotedIdentifier(let name): "'\(name)'"
        case .int, .uint, .double: "a number"
        case .string, .bytes: "a text"
        case .sign(let sign): "'\(sign)'"
        case .end: "the end"
        }
    }
}
