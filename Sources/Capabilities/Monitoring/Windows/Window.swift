// SPDX-License-Identifier: Apache-2.0

package import Domain

/// A span of time `[start, end)`.
package struct Window: Codable, Hashable, Sendable {
    package static let longest = Duration.seconds(366 * 24 * 3600)

    package var start: Timestamp
    package var end: Timestamp

    package init(start: Timestamp, end: Timestamp) {
        self.start = start
        self.end = end
    }

    /// Of the same length, ending where this one begins.
    var previous: Window { Window(start: start - (end - start), end: start) }

    package func validate() throws(Problem) {
        guard start < end, end - start <= Self.longest else {
            throw Problem(
                .invalid, "monitoring.window.malformed", "The window cannot be used.",
                why: "It begins before it ends and is at most 366 days long; times are milliseconds since 1970 UTC.")
        }
    }
}
