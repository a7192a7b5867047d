// SPDX-License-Identifier: Apache-2.0

import Domain

/// Identifiers as 32 hexadecimal digits, the form runs have; made from the 26-character form and sorting as it does.
enum HexIdentifier {
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    /// - Parameter identifier: 26 digits of Crockford's base 32, the first at most 7.
    static func text(of identifier: String) -> String {
        var bytes: [UInt8] = []
        // 26 digits of five bits carry 130: the two highest are zero.
        var buffer: UInt32 = 0
        var count = -2
        for digit in identifier.utf8 {
            guard let value = alphabet.firstIndex(of: digit) else { preconditionFailure("An identifier has digits of base 32 only.") }
            buffer = buffer << 5 | UInt32(value)
            count += 5
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> UInt32(count)))
            }
        }
        return bytes.lowercaseHexadecimal
    }
}
