// SPDX-License-Identifier: Apache-2.0

/// A summary of rows that can be added to another summary of other rows.
package protocol Mergeable: Codable, Equatable, Sendable {
    /// Adds what the other has seen; false, with nothing changed, when the two were set up differently and do not go together.
    mutating func merge(_ other: Self) -> Bool
}
