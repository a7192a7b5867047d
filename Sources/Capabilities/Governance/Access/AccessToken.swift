// SPDX-License-Identifier: Apache-2.0

import Crypto
package import Domain
import Foundation

/// A bearer token as it is kept: never the secret, only the SHA-256 of the whole text.
package struct AccessToken: Codable, Sendable, Equatable {
    package var id: String
    package var principal: Principal
    package var note: String
    package var created: Timestamp
    package var expires: Timestamp?
    package var revoked: Timestamp?
}

/// A token's text, `dhow_<id>_<256 random bits>`, seen once when it is made.
package struct TokenSecret: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    package let id: String
    package let text: String

    package init() {
        var generator = SystemRandomNumberGenerator()
        func words(_ count: Int) -> String {
            (0..<count).map { _ in
                let digits = String(generator.next(), radix: 16)
                return String(repeating: "0", count: 16 - digits.count) + digits
            }.joined()
        }
        id = String(words(1).prefix(12))
        text = "dhow_\(id)_\(words(4))"
    }

    /// - Throws: `Problem` `.unauthenticated` when `text` does not have the form of a token.
    package init(parsing text: String) throws(Problem) {
        let parts = text.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "dhow", parts[1].utf8.count == 12, parts[2].utf8.count == 64 else {
            throw Problem(
                .unauthenticated, "identity.token.malformed", "The token does not have the form of a Dhow token.",
                fix: "Send the token printed by 'dhow token create': it begins with 'dhow_'.")
        }
        id = String(parts[1])
        self.text = text
    }

    package var digest: String { SHA256.hash(data: Data(text.utf8)).lowercaseHexadecimal }

    package var description: String { "<redacted>" }
    package var debugDescription: String { "<redacted>" }
}
