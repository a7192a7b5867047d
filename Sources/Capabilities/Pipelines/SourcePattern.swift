// SPDX-License-Identifier: Apache-2.0

package import Domain

/// Which files of the pipeline's folder a step reads: `*` and `?` within a path segment, `**` for any number of segments.
///
/// Patterns and the paths they match are relative, with `/` between segments, and never leave the folder.
package struct SourcePattern: Sendable, Hashable {
    package let text: String

    package init(_ text: String) throws(Problem) {
        guard RelativePath.isContained(text) else {
            throw Problem(
                .invalid, "pipelines.source.malformed", "'\(text.printable)' cannot be the source of a step.",
                why: "A source is a path beneath the pipeline's folder, without '..', empty or hidden control characters.",
                fix: "Write it relative to the folder, such as 'train.py' or 'flights/**'.")
        }
        self.text = text
    }

    package func matches(_ path: String) -> Bool {
        let pattern = text.split(separator: "/")
        let segments = path.split(separator: "/")
        // matched[i]: the first i segments match the pattern so far; linear in pattern × path, whatever the stars.
        var matched = [Bool](repeating: false, count: segments.count + 1)
        matched[0] = true
        for part in pattern {
            var next = [Bool](repeating: false, count: segments.count + 1)
            if part == "**" {
                var reached = false
                for index in matched.indices {
                    reached = reached || matched[index]
                    next[index] = reached
                }
            } else {
                for index in segments.indices where matched[index] {
                    next[index + 1] = Self.matches(Array(segments[index].utf8), Array(part.utf8))
                }
            }
            matched = next
        }
        // 'flights/**' means what is in the folder, not a file of that name.
        return matched[segments.count] && !(pattern.last == "**" && segments.count < pattern.count)
    }

    private static func matches(_ name: [UInt8], _ pattern: [UInt8]) -> Bool {
        var matched = [Bool](repeating: false, count: name.count + 1)
        matched[0] = true
        for symbol in pattern {
            var next = [Bool](repeating: false, count: name.count + 1)
            if symbol == UInt8(ascii: "*") {
                var reached = false
                for index in matched.indices {
                    reached = reached || matched[index]
                    next[index] = reached
                }
            } else {
                for index in name.indices where matched[index] {
                    next[index + 1] = symbol == UInt8(ascii: "?") || symbol == name[index]
                }
            }
            matched = next
        }
        return matched[name.count]
    }
}

extension SourcePattern: Codable {
    package init(from decoder: any Decoder) throws {
        try self.init(try decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

enum RelativePath {
    /// True for a path of 1 to 1024 bytes that stays beneath the folder it is relative to.
    static func isContained(_ path: String) -> Bool {
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        return (1...1024).contains(path.utf8.count) && segments.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
            && path.utf8.allSatisfy { $0 >= 32 && $0 != 127 && $0 != UInt8(ascii: "\\") }
    }
}
