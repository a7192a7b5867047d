// SPDX-License-Identifier: Apache-2.0

/// How fields become values.
package struct ReadingOptions: Codable, Equatable, Sendable {
    /// The column of predictions, and of what came true; both or none.
    package var score: String?
    package var label: String?
    /// Texts that mean null, besides the empty field and NaN; such as `NA`.
    package var nulls: [String] = []

    package init() {}
}
