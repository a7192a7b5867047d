// SPDX-License-Identifier: Apache-2.0

/// What Dhow's own names (workspaces, datasets, pipelines, endpoints, principals, …) may look like.
///
/// One to 128 ASCII letters, digits, `.`, `_` and `-`, beginning with a letter or digit. No name is ever a path, so
/// `..`, `/`, NUL and every encoded form of them are refused by construction.
package enum ResourceName {
    package static let maximumLength = 128

    @discardableResult
    package static func check(_ name: String, of noun: String) throws(Problem) -> String {
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        }
        let bytes = Array(name.utf8)
        guard let first = bytes.first, isAlphanumeric(first), bytes.count <= maximumLength,
            bytes.allSatisfy({ isAlphanumeric($0) || $0 == 45 || $0 == 46 || $0 == 95 })
        else {
            throw Problem(
                .invalid, "domain.name.malformed", "'\(name.printable)' cannot be the name of a \(noun).",
                why: "Names are 1 to \(maximumLength) letters, digits, '.', '_' and '-', beginning with a letter or digit.",
                fix: "Choose a name such as 'flights-2013'.")
        }
        return name
    }
}

extension String {
    /// The first 80 characters with control characters replaced, safe to repeat in a message.
    package var printable: String {
        if utf8.count <= 80, utf8.allSatisfy({ $0 >= 32 && $0 != 127 }) { return self }
        return String(String.UnicodeScalarView(unicodeScalars.prefix(80).map { $0.value < 32 || $0.value == 127 ? "\u{FFFD}" : $0 }))
    }
}
