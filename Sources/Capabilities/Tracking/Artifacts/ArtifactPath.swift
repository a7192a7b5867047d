// SPDX-License-Identifier: Apache-2.0

package import Domain

/// Names from the root of a workspace's artifacts down to a file or folder. Checked once, when made; never a path of the server's disk.
package struct ArtifactPath: Hashable, Codable, Sendable {
    package static let maximumSegments = 64
    package static let maximumSegmentBytes = 1024
    package static let maximumBytes = 2048

    package let segments: [String]

    package static let root = ArtifactPath(trusted: [])

    /// - Throws: `Problem` `.invalid` for empty names, `.`, `..`, separators, control characters, and paths that are too long or deep.
    package init(_ segments: [String]) throws(Problem) {
        guard segments.count <= Self.maximumSegments, segments.reduce(segments.count, { $0 + $1.utf8.count }) <= Self.maximumBytes else {
            throw Self.refusal(segments, "It has more than \(Self.maximumSegments) parts or \(Self.maximumBytes) bytes.")
        }
        for segment in segments {
            guard !segment.isEmpty, segment != ".", segment != "..", segment.utf8.count <= Self.maximumSegmentBytes,
                !segment.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 || $0 == "/" || $0 == "\\" })
            else { throw Self.refusal(segments, "'\(segment.printable)' is not a file name.") }
        }
        self.segments = segments
    }

    /// Splits at `/`; the empty text is the root.
    package init(_ text: String) throws(Problem) {
        try self.init(text.isEmpty ? [] : text.split(separator: "/", omittingEmptySubsequences: false).map(String.init))
    }

    init(trusted segments: [String]) {
        self.segments = segments
    }

    package var text: String { segments.joined(separator: "/") }
    package var name: String? { segments.last }
    package var parent: ArtifactPath { ArtifactPath(trusted: segments.dropLast()) }

    package func appending(_ other: ArtifactPath) throws(Problem) -> ArtifactPath { try ArtifactPath(segments + other.segments) }

    /// The rest of this path below `folder`; nil when it is not below it.
    package func relative(to folder: ArtifactPath) -> ArtifactPath? {
        segments.starts(with: folder.segments) ? ArtifactPath(trusted: Array(segments.dropFirst(folder.segments.count))) : nil
    }

    private static func refusal(_ segments: [String], _ why: String) -> Problem {
        Problem(
            .invalid, "tracking.artifact.path-malformed", "Invalid path '\(segments.joined(separator: "/").printable)'.", why: why,
            fix: "Use file names separated by single '/'.")
    }
}
