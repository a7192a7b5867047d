// SPDX-License-Identifier: Apache-2.0

/// What an evaluation comes to.
package enum Verdict: String, Codable, CaseIterable, Sendable {
    /// Inputs, score and performance are as the baseline's.
    case healthy
    /// Inputs moved and performance is fine: keep the model, take note.
    case drifted
    /// Performance is worse, or the score moved: a retraining is proposed.
    case degraded
    /// The data are broken: no retraining, a person is asked.
    case faulty
    /// Too little evidence.
    case undecided
}

/// Whether the labels of a window speak for the model.
package enum PerformanceStanding: String, Codable, CaseIterable, Sendable {
    case fine, breached
    /// Worse by more than the margin, but so uncertain that it may be chance.
    case inconclusive
    /// Too few labels or days, or no baseline level.
    case unknown
    /// The monitor expects no labels.
    case notJudged
}

/// What the verdict follows from, and nothing else.
package struct VerdictGrounds: Equatable, Sendable {
    package var hasDataFault: Bool
    package var hasEnoughRows: Bool
    package var inputsDrifted: Bool
    package var scoreDrifted: Bool
    package var performance: PerformanceStanding

    package init(hasDataFault: Bool, hasEnoughRows: Bool, inputsDrifted: Bool, scoreDrifted: Bool, performance: PerformanceStanding) {
        self.hasDataFault = hasDataFault
        self.hasEnoughRows = hasEnoughRows
        self.inputsDrifted = inputsDrifted
        self.scoreDrifted = scoreDrifted
        self.performance = performance
    }

    /// A data fault wins over everything: what broken data say about a model is no reason to change it. Inputs that moved never
    /// propose a retraining by themselves: seasons move them while all is well.
    package var verdict: Verdict {
        if hasDataFault { return .faulty }
        guard hasEnoughRows else { return .undecided }
        if scoreDrifted || performance == .breached { return .degraded }
        switch performance {
        case .inconclusive, .unknown: return .undecided
        case .fine, .notJudged, .breached: return inputsDrifted ? .drifted : .healthy
        }
    }
}
