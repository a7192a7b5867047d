// SPDX-License-Identifier: Apache-2.0

package import Domain

/// What params, metrics and tags may be called, and how long their values may be.
package enum TrackingKey {
    package static let maximumLength = 250
    package static let maximumParamLength = 6_000
    package static let maximumTagLength = 8_000
    /// For tags that grow by editing.
    package static let maximumEditedTagLength = 1 << 20
    package static let maximumExperimentTagLength = 20_000
    package static let maximumNameLength = 500
    /// The tag of a run that names what was cut when it was logged.
    package static let truncationTag = "dhow.truncated"

    /// Letters, digits, `_`, `-`, `.`, space, `:` and `/`, and no path that leads elsewhere than it says.
    package static func check(_ key: String, of noun: String) throws(Problem) {
        if isPlain(key) { return }
        guard !key.isEmpty, key.unicodeScalars.count <= maximumLength else {
            throw Problem(
                .invalid, "tracking.key.length",
                "'\(noun) key' exceeds the maximum length of \(maximumLength) characters or is empty: '\(key.printable)'.",
                fix: "Choose a key of 1 to \(maximumLength) characters.")
        }
        guard
            key.unicodeScalars.allSatisfy({
                $0.properties.isAlphabetic || $0.properties.numericType != nil || "_-. :/".unicodeScalars.contains($0)
            })
        else {
            throw Problem(
                .invalid, "tracking.key.malformed", "Invalid \(noun) name: '\(key.printable)'.",
                why:
                    "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colons (:) and slashes (/)."
            )
        }
        let parts = key.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
            throw Problem(
                .invalid, "tracking.key.path", "Invalid \(noun) name: '\(key.printable)'.",
                why: "Names are also paths, so they have no empty part, '.' or '..'.")
        }
    }

    /// Nearly all keys are ASCII, in parts of which none is empty or begins with `.`: they need no look at Unicode's properties.
    private static func isPlain(_ key: String) -> Bool {
        guard (1...maximumLength).contains(key.utf8.count) else { return false }
        var last = UInt8(ascii: "/")
        for byte in key.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: " "), UInt8(ascii: ":"):
                break
            case UInt8(ascii: "."), UInt8(ascii: "/"):
                if last == UInt8(ascii: "/") { return false }
            default: return false
            }
            last = byte
        }
        return last != UInt8(ascii: "/")
    }

    /// The value, or its beginning when it is longer than `limit` characters (Unicode scalars).
    package static func shortened(_ value: String, to limit: Int) -> String {
        // Bytes are known at once and are never fewer than characters.
        guard value.utf8.count > limit, value.unicodeScalars.count > limit else { return value }
        return String(String.UnicodeScalarView(value.unicodeScalars.prefix(limit)))
    }
}
