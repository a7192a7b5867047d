// SPDX-License-Identifier: Apache-2.0

/// One question about one column: is there a change, beyond chance, large enough to matter, on rows enough?
package struct DriftTest: Codable, Equatable, Sendable {
    package enum Aspect: String, Codable, CaseIterable, Sendable {
        /// The column is gone; needs no test.
        case schema
        case type, nulls, infinities, range, unseen, numbers, categories, performance
    }

    /// How large the change is, in a measure that people know limits for.
    package struct Effect: Codable, Equatable, Sendable {
        package var measure: String
        package var value: Double
        /// What chance alone would bring on average.
        package var noise: Double
        package var limit: Double

        package var excess: Double { max(0, value - noise) }
        /// 1 at the limit.
        package var ratio: Double { limit > 0 ? excess / limit : excess > 0 ? .infinity : 0 }

        package init(_ measure: String, _ value: Double, noise: Double, limit: Double) {
            (self.measure, self.value, self.noise, self.limit) = (measure, value, noise, limit)
        }
    }

    package enum Severity: String, Codable, Sendable {
        case none, warning, critical
    }

    package var aspect: Aspect
    package var method: String
    package var statistic: Double?
    /// By itself.
    package var pValue: Double?
    /// Among all tests: Benjamini–Hochberg, for the list.
    package var listedPValue: Double?
    /// Among all tests: Holm, for paging.
    package var pagedPValue: Double?
    package var effect: Effect
    package var baselineRows: Int
    package var windowRows: Int
    package var hasEnoughRows: Bool
    package var isSignificant = false
    package var severity = Severity.none
    package var pages = false
    package var explanation: String

    package var isFinding: Bool { severity != .none }
    /// How far beyond its limit.
    var weight: Double { min(effect.ratio, 1e9) }

    init(
        _ aspect: Aspect, _ method: String, statistic: Double?, pValue: Double?, _ effect: Effect, rows: (Int, Int), minimum: Int,
        _ explanation: String
    ) {
        (self.aspect, self.method, self.statistic, self.pValue, self.effect) = (aspect, method, statistic, pValue, effect)
        (baselineRows, windowRows) = rows
        hasEnoughRows = min(rows.0, rows.1) >= minimum
        self.explanation = explanation
    }

    /// The decision: significant among all tests, and an effect at its limit, and rows enough.
    mutating func decide(listed: Double, paged: Double, _ settings: JudgeSettings) {
        (listedPValue, pagedPValue) = (listed, paged)
        isSignificant = listed < settings.level
        guard isSignificant, hasEnoughRows, effect.ratio >= 1 else { return }
        severity = effect.ratio >= settings.criticalFactor ? .critical : .warning
        pages = paged < settings.level
    }
}
