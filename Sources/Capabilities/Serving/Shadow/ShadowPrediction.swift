// SPDX-License-Identifier: Apache-2.0

package import Domain

/// What a mirrored version answered for a row that another revision answered for the client.
package struct ShadowPrediction: Sendable, Equatable {
    package var workspace: String
    package var endpoint: String
    /// The row's id in the prediction log.
    package var id: String
    package var model: String
    package var version: Int
    /// Nil when it failed, or answered with what is no finite number.
    package var score: Double?
    /// From the question to the answer of the whole request, loading and waiting included.
    package var microseconds: Int64
    /// The problem's code when it failed.
    package var failure: String?
    package var logged: Timestamp
}

/// How a mirrored version's answers compare with those that clients got.
package struct ShadowComparison: Sendable, Equatable {
    package var rows = 0
    /// Rows it failed for, or gave no number.
    package var failed = 0
    /// Rows with two scores.
    package var paired = 0
    /// Of the paired rows: the mean of mirrored minus given score, and of its absolute value.
    package var meanDifference: Double?
    package var meanAbsoluteDifference: Double?
    /// Of the paired rows: those on different sides of a half.
    package var flipped = 0
}
