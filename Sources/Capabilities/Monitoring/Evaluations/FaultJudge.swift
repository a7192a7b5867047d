// SPDX-License-Identifier: Apache-2.0

import Domain
import Statistics

/// Breaks of the data that no retraining may learn from: a changed unit, values gone missing, a new encoding.
///
/// A window before that is itself known to be faulty still serves: its values are put back into their former unit, so that a fault that
/// lasts is found again and one that was mended is not. Its gaps and codes are no standard, so there the baseline alone decides.
struct FaultJudge {
    let thresholds: MonitorThresholds
    let baseline: BaselineProfile?
    let earlier: WindowSummary?
    /// Faults known of the earlier window.
    let standing: [DataFault]
    let current: WindowSummary

    func faults() -> [DataFault] {
        current.features.flatMap { feature -> [DataFault] in
            switch feature.kind {
            case .number: [unitChange(feature.name), nullBreak(number: feature.name)].compactMap(\.self)
            case .category: [newEncoding(feature.name), nullBreak(category: feature.name)].compactMap(\.self)
            }
        }
    }

    /// Only the window before can tell: against a baseline of another season an ordinary summer looks like a change of scale.
    private func unitChange(_ feature: String) -> DataFault? {
        guard var before = earlier?.numbers[feature]?.sample.values, let after = current.numbers[feature]?.sample.values else { return nil }
        for fault in standing where fault.kind == .unitChange && fault.feature == feature {
            guard let conversion = UnitConversion.common.first(where: { $0.name == fault.conversion }) else { continue }
            before = before.map(conversion.undo)
        }
        guard let change = UnitChange.suspected(from: before, to: after) else { return nil }
        return DataFault(
            kind: .unitChange, feature: feature, conversion: change.conversion.name,
            explanation:
                "The unit of '\(feature)' looks changed, \(change.conversion.name): undoing it brings the distance to the window before "
                + "from \(Self.text(change.raw.deviations)) to \(Self.text(change.undone.deviations)) standard deviations.")
    }

    private func nullBreak(number feature: String) -> DataFault? {
        guard let column = current.numbers[feature] else { return nil }
        let before = baseline?.numeric[feature]
        return nullBreak(
            feature, rows: column.rows, nulls: column.nulls, rate: column.nullRate,
            baseline: before.map { ($0.nulls, $0.rowCount) },
            earlier: isStanding(.nullBreak, feature) ? nil : earlier?.numbers[feature].map { ($0.nulls, $0.rows) })
    }

    private func nullBreak(category feature: String) -> DataFault? {
        guard let column = current.categories[feature] else { return nil }
        let before = baseline?.categorical[feature]
        return nullBreak(
            feature, rows: column.rows, nulls: column.profile.nulls, rate: column.nullRate,
            baseline: before.map { ($0.nulls, $0.rowCount) },
            earlier: isStanding(.nullBreak, feature) ? nil : earlier?.categories[feature].map { ($0.profile.nulls, $0.rows) })
    }

    /// The share of nulls must have risen against everything there is to compare with, by more than chance explains.
    private func nullBreak(
        _ feature: String, rows: Int, nulls: Int, rate: Double?, baseline: (nulls: Int, rows: Int)?, earlier: (nulls: Int, rows: Int)?
    ) -> DataFault? {
        let references = [baseline, earlier].compactMap(\.self).filter { $0.rows >= thresholds.minimumRows }
        guard let rate, rows >= thresholds.minimumRows, !references.isEmpty else { return nil }
        let hasRisen = references.allSatisfy { reference in
            guard rate - Double(reference.nulls) / Double(reference.rows) >= thresholds.nullRise else { return false }
            let test = ChiSquareTest([reference.nulls, reference.rows - reference.nulls], [nulls, rows - nulls])
            return (test?.pValue ?? 1) < thresholds.falseDiscoveryRate
        }
        guard hasRisen else { return nil }
        return DataFault(
            kind: .nullBreak, feature: feature, conversion: nil,
            explanation: "\(Self.text(rate)) of '\(feature)' is missing; before it was "
                + references.map { Self.text(Double($0.nulls) / Double($0.rows)) }.joined(separator: " and ") + ".")
    }

    private func newEncoding(_ feature: String) -> DataFault? {
        guard let column = current.categories[feature], column.values >= thresholds.minimumRows else { return nil }
        let before = isStanding(.newEncoding, feature) ? nil : earlier?.categories[feature]?.profile
        let known = [baseline?.categorical[feature], before].compactMap(\.self).filter {
            $0.valueCount >= thresholds.minimumRows
        }
        guard !known.isEmpty else { return nil }
        let unseen = column.profile.counts.filter { entry in known.allSatisfy { $0.counts[entry.key] == nil } }
        let share = Double(unseen.values.reduce(0, +)) / Double(column.values)
        guard share >= thresholds.unseenCategories else { return nil }
        let examples = unseen.keys.sorted().prefix(3).map { "'\($0.printable)'" }.joined(separator: ", ")
        return DataFault(
            kind: .newEncoding, feature: feature, conversion: nil,
            explanation: "\(Self.text(share)) of '\(feature)' is in categories never seen before, such as \(examples).")
    }

    private func isStanding(_ kind: DataFault.Kind, _ feature: String) -> Bool {
        standing.contains { $0.kind == kind && $0.feature == feature }
    }

    private static func text(_ value: Double) -> String { String((value * 1000).rounded() / 1000) }
}
