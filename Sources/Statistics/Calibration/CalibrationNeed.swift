// SPDX-License-Identifier: Apache-2.0

/// Whether scores would be better probabilities after isotonic calibration, judged on rows the calibration has not seen.
package enum CalibrationNeed {
    /// Compares the expected calibration error, over bins with equally many rows, before and after calibration, pooled over ten
    /// stratified splits that each hold a tenth out.
    ///
    /// False also for one class only, and for scores that separate the classes all but perfectly (area above 0.999), where there is nothing
    /// to learn. Guo et al., "On Calibration of Modern Neural Networks", ICML (2017), for the error; the rule is NannyML's. Where both errors
    /// are nearly equal the answer hangs on the draws. O(n log n).
    ///
    /// - Returns: Nil when the rows are too few to split, the lists differ in length, or a score is outside 0…1.
    package static func isNeeded(scores: [Double], labels: [Bool], splits: Int = 10, bins: Int = 10, seed: UInt32 = 42) -> Bool? {
        guard !scores.isEmpty, scores.count == labels.count, scores.allSatisfy({ (0...1).contains($0) }) else { return nil }
        guard let ranking = Ranking(scores: scores, labels: labels), ranking.rocAUC <= 0.999 else { return false }
        guard var source = StratifiedSplits(labels: labels, seed: seed) else { return nil }
        var before: [(score: Double, label: Bool)] = []
        var after: [(score: Double, label: Bool)] = []
        for _ in 0..<splits {
            let (training, test) = source.next()
            guard let calibration = IsotonicCalibration(scores: training.map { scores[$0] }, labels: training.map { labels[$0] }) else {
                return nil
            }
            for row in test {
                before.append((scores[row], labels[row]))
                after.append((calibration.probability(of: scores[row]), labels[row]))
            }
        }
        guard let errorBefore = error(of: before, bins: bins), let errorAfter = error(of: after, bins: bins) else { return nil }
        return errorBefore > errorAfter
    }

    /// |mean score − share of positives| over bins of equally many rows in order of score, weighted by rows; nil for fewer than two bins.
    ///
    /// Rows of equal score share their labels evenly: calibrated scores are steps, many of which a bin's edge cuts, and which of the equal
    /// rows fall on either side must not decide.
    private static func error(of rows: [(score: Double, label: Bool)], bins: Int) -> Double? {
        let count = rows.count <= 2 * bins ? rows.count / 2 : bins
        guard count > 1 else { return nil }
        let ordered = rows.sorted { $0.score < $1.score }
        var excess: [Double] = []
        excess.reserveCapacity(ordered.count)
        while excess.count < ordered.count {
            let score = ordered[excess.count].score
            let tied = ordered[excess.count...].prefix { $0.score == score }
            let share = Double(tied.count(where: \.label)) / Double(tied.count)
            excess += repeatElement(score - share, count: tied.count)
        }
        let width = rows.count / count
        var edges = Array(stride(from: 0, through: rows.count, by: width))
        edges[edges.count - 1] = rows.count
        return zip(edges, edges.dropFirst()).reduce(0.0) { sum, edge in
            sum + abs(excess[edge.0..<edge.1].reduce(0, +)) / Double(rows.count)
        }
    }
}
