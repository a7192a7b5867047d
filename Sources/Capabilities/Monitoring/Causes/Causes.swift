// SPDX-License-Identifier: Apache-2.0

package import Domain

/// Where to look first: which inputs moved most, in which segments the loss rose, and since when.
package struct Causes: Codable, Equatable, Sendable {
    package struct Column: Codable, Equatable, Sendable {
        package var name: String
        /// Effect above noise times its share of the importance.
        package var contribution: Double
    }

    /// How one segment changed the mean loss since the window before: by having more or fewer rows (mix), and by being answered worse (rate).
    package struct Segment: Codable, Equatable, Sendable {
        package var column: String
        package var value: String
        package var rows: Int
        package var shareBefore: Double
        package var share: Double
        package var lossBefore: Double
        package var loss: Double
        package var mix: Double
        package var rate: Double
        /// That its loss is the same, among all segments looked at (Benjamini and Hochberg).
        package var adjustedPValue: Double
    }

    package var columns: [Column]
    package var segments: [Segment]
    /// Estimated hour in which the loss began to be higher.
    package var onset: Timestamp?

    var isEmpty: Bool { columns.isEmpty && segments.isEmpty && onset == nil }
}
