// SPDX-License-Identifier: Apache-2.0

/// What a judge of profiles looks at, and from where on a change is one.
package struct JudgeSettings: Codable, Equatable, Sendable {
    /// For the list shown: the expected share of false alarms in it. For paging: the chance of any.
    package var level = 0.05
    /// Rows with a value that a column needs on both sides.
    package var minimumRows = 100
    /// Limits of effects, each less what chance makes of it. A stability index of numbers or categories:
    package var stabilityIndex = 0.1
    /// The Wasserstein distance, in standard deviations of the baseline:
    package var wasserstein = 0.1
    /// The share of rows that moved between categories:
    package var totalVariation = 0.1
    /// Changes of the share of nulls, and of infinities:
    package var nullChange = 0.05
    /// The share of numbers beyond the range of the baseline:
    package var outsideShare = 0.01
    /// The share of values in categories that the baseline never had:
    package var unseenShare = 0.01
    /// Changes of the share of numbers, texts and times among the values:
    package var typeChange = 0.01
    /// Rises of the log loss, in nats:
    package var lossRise = 0.03
    /// Rises of the mean absolute error where scores are no probabilities, as a share of the baseline's:
    package var errorRise = 0.1
    /// A change of so many times its limit is critical.
    package var criticalFactor = 2.5

    /// Columns that are not looked at.
    package var ignored: [String] = []
    /// The column of predictions, and of what came true.
    package var score: String?
    package var label: String?
    /// How much columns count; 1 where nothing is said.
    package var importance: [String: Double] = [:]

    package init() {}
}
