// SPDX-License-Identifier: Apache-2.0
import Statistics

/// Scores and labels of one part of scores.csv.
struct ScoredRows {
    var scores: [Double] = []
    var labels: [Bool] = []

    static func read() throws -> [String: ScoredRows] {
        var parts: [String: ScoredRows] = [:]
        for row in try VectorFolder.rows(of: "scores.csv") {
            guard let score = row["score"].flatMap(Double.init) else { continue }
            parts[row["part"] ?? "", default: ScoredRows()].scores.append(score)
            parts[row["part"] ?? "", default: ScoredRows()].labels.append(row["y_true"].flatMap(Double.init) == 1)
        }
        return parts
    }
}

/// Metrics of models, with labels and without, and the seasonal baseline.
enum PerformanceVectors {
    /// scikit-learn and NannyML write 0 where precision, recall, F1 and the correlation divide by nothing.
    private static func orZero(_ value: Double?) -> Double { value ?? 0 }

    static func checkRealised(_ expected: VectorValue, _ rows: ScoredRows?, _ part: String, _ report: VectorReport) {
        guard let rows, let metrics = ClassificationMetrics(scores: rows.scores, labels: rows.labels) else {
            report.missing(part, "rows in scores.csv")
            return
        }
        let confusion = metrics.confusion
        for (key, value) in expected.members.sorted(by: { $0.key < $1.key }) {
            switch key {
            case "n": report.check(part, key, value, Double(metrics.rowCount), .exact)
            case "tn": report.check(part, key, value, confusion.trueNegatives, .exact)
            case "fp": report.check(part, key, value, confusion.falsePositives, .exact)
            case "fn": report.check(part, key, value, confusion.falseNegatives, .exact)
            case "tp": report.check(part, key, value, confusion.truePositives, .exact)
            case "accuracy": report.check(part, key, value, metrics.accuracy)
            case "precision": report.check(part, key, value, orZero(metrics.precision))
            case "recall": report.check(part, key, value, orZero(metrics.recall))
            case "f1": report.check(part, key, value, orZero(metrics.f1))
            case "mcc": report.check(part, key, value, orZero(confusion.correlation))
            case "balanced_accuracy": report.check(part, key, value, confusion.balancedAccuracy)
            case "roc_auc": report.check(part, key, value, metrics.rocAUC)
            case "average_precision": report.check(part, key, value, metrics.averagePrecision)
            case "log_loss": report.check(part, key, value, metrics.logLoss)
            case "brier": report.check(part, key, value, metrics.brierScore)
            case "ks_separation": report.check(part, key, value, metrics.ksSeparation)
            case "ece_10_equal_width_right_closed": report.check(part, key, value, metrics.expectedCalibrationError)
            default: report.unknown("\(part)/\(key)")
            }
        }
    }

    static func checkEstimated(_ parts: [String: VectorValue], _ rows: [String: ScoredRows], _ report: VectorReport) {
        guard let reference = rows["reference"] else {
            report.missing("reference", "rows in scores.csv")
            return
        }
        let isotonic = IsotonicCalibration(scores: reference.scores, labels: reference.labels)
        // The need is a vector of its own; windows are held against what was calibrated, or not, when they were computed.
        let isCalibrated: Bool? = if case .truth(let isNeeded) = parts["needs_calibration"] { isNeeded } else { nil }
        for (part, expected) in parts.sorted(by: { $0.key < $1.key }) {
            if part == "needs_calibration" {
                let isNeeded = CalibrationNeed.isNeeded(scores: reference.scores, labels: reference.labels)
                report.check(part, part, expected, equals: isNeeded.map { .truth($0) } ?? .null)
                continue
            }
            guard let scores = rows[part]?.scores else {
                report.missing(part, "rows in scores.csv")
                continue
            }
            for (key, value) in expected.members.sorted(by: { $0.key < $1.key }) {
                switch key {
                case "uncalibrated":
                    check("\(part)/\(key)", key, value, EstimatedPerformance(scores: scores, probabilities: scores), report)
                case "isotonic_fit_on_reference":
                    let probabilities = isotonic.map { scores.map($0.probability) } ?? []
                    check("\(part)/\(key)", key, value, EstimatedPerformance(scores: scores, probabilities: probabilities), report)
                case _ where key.hasPrefix("chunked_"):
                    guard let size = Int(key.dropFirst("chunked_".count)), size > 0 else {
                        report.unknown("\(part)/\(key)")
                        continue
                    }
                    let estimator = CBPE(
                        referenceScores: reference.scores, labels: reference.labels, windowSize: size, calibrating: isCalibrated)
                    checkWindows("\(part)/\(key)", value, estimator, scores, report)
                default: report.unknown("\(part)/\(key)")
                }
            }
        }
    }

    private static func metric(_ name: String) -> ClassificationMetric? {
        name == "roc_auc" ? .rocAUC : ClassificationMetric(rawValue: name)
    }

    private static func check(
        _ id: String, _ kind: String, _ expected: VectorValue, _ performance: EstimatedPerformance?, _ report: VectorReport
    ) {
        for (key, value) in expected.members.sorted(by: { $0.key < $1.key }) {
            if key == "expected_positive_rate" {
                report.check(id, "\(kind).\(key)", value, performance?.expectedPositiveRate)
            } else if key == "average_precision" {
                report.check(id, "\(kind).\(key)", value, performance?.averagePrecision)
            } else if let metric = metric(key) {
                let estimate = performance?[metric]
                let isZeroed = [.precision, .recall, .f1].contains(metric) && performance != nil
                report.check(id, "\(kind).\(key)", value, isZeroed ? orZero(estimate) : estimate)
            } else {
                report.unknown("\(id)/\(key)")
            }
        }
    }

    private static func checkWindows(
        _ id: String, _ expected: VectorValue, _ estimator: CBPE?, _ scores: [Double], _ report: VectorReport
    ) {
        for (window, expected) in (expected.items ?? []).enumerated() {
            for (name, fields) in expected.members.sorted(by: { $0.key < $1.key }) {
                guard let metric = metric(name) else {
                    report.unknown("\(id)[\(window)]/\(name)")
                    continue
                }
                let estimates = estimator?.estimates(of: metric, scores: scores) ?? []
                let estimate = window < estimates.count ? estimates[window] : nil
                for (field, value) in fields.members.sorted(by: { $0.key < $1.key }) {
                    let place = "\(id)[\(window)]/\(name)"
                    switch field {
                    case "value": report.check(place, "windows.\(field)", value, estimate?.value)
                    case "sampling_error": report.check(place, "windows.\(field)", value, estimate?.samplingError)
                    case "upper_confidence_boundary": report.check(place, "windows.\(field)", value, estimate?.upper)
                    case "lower_confidence_boundary": report.check(place, "windows.\(field)", value, estimate?.lower)
                    case "upper_threshold": report.check(place, "windows.\(field)", value, estimate?.upperLimit)
                    case "lower_threshold": report.check(place, "windows.\(field)", value, estimate?.lowerLimit)
                    case "alert": report.check(place, "windows.\(field)", value, equals: estimate.map { .truth($0.isAlert) } ?? .null)
                    default: report.unknown("\(place)/\(field)")
                    }
                }
            }
        }
        if (expected.items ?? []).isEmpty { report.unknown(id) }
    }

    static func checkRegression(_ expected: VectorValue, _ rows: [[String: String]], _ report: VectorReport) {
        let metrics = RegressionMetrics(
            predicted: rows.compactMap { $0["y_pred"].flatMap(Double.init) }, actual: rows.compactMap { $0["y_true"].flatMap(Double.init) })
        for (key, value) in expected.members.sorted(by: { $0.key < $1.key }) {
            switch key {
            case "n": report.check(key, key, value, metrics.map { Double($0.rowCount) }, .exact)
            case "mae": report.check(key, key, value, metrics?.meanAbsoluteError)
            case "mse": report.check(key, key, value, metrics?.meanSquaredError)
            case "rmse": report.check(key, key, value, metrics?.rootMeanSquaredError)
            case "mape": report.check(key, key, value, metrics?.meanAbsolutePercentageError)
            case "r2": report.check(key, key, value, metrics?.determination)
            case "median_ae": report.check(key, key, value, metrics?.medianAbsoluteError)
            case "max_error": report.check(key, key, value, metrics?.largestError)
            case "mean_error_pred_minus_true": report.check(key, key, value, metrics?.bias)
            default: report.unknown(key)
            }
        }
    }

    static func checkSeason(_ expected: VectorValue, _ rows: [[String: String]], _ report: VectorReport) {
        let hours = rows.compactMap { $0["hour"].flatMap { Int($0) } }
        let values = rows.compactMap { $0["latency_ms"].flatMap(Double.init) }
        let training = min(expected["train_hours"]?.number.map { Int($0) } ?? 336, values.count)
        let threshold = expected["threshold"]?.number ?? 6
        guard hours.count == values.count,
            let season = SeasonalRobustZ(values: Array(values[..<training]), phases: hours[..<training].map { $0 % 24 }, period: 24),
            let flat = SeasonalRobustZ(values: Array(values[..<training]), phases: Array(repeating: 0, count: training), period: 1)
        else {
            report.missing("ops", "rows in ops.csv")
            return
        }
        let tested = training..<values.count
        let flagged = tested.filter { season.isUnusual(values[$0], phase: hours[$0] % 24, threshold: threshold) }
        let z = { (row: Int) in season.z(of: values[row], phase: hours[row] % 24) }
        for (key, value) in expected.members.sorted(by: { $0.key < $1.key }) {
            switch key {
            case "train_hours", "threshold": break
            case "hour_medians": report.check(key, key, value, season.phaseMedians)
            case "residual_median": report.check(key, key, value, season.residualMedian)
            case "residual_mad": report.check(key, key, value, season.residualDeviation)
            case "flagged_hours": report.check(key, key, value, flagged.map { Double(hours[$0]) }, .exact)
            case "z_at_flagged": report.check(key, key, value, flagged.map(z))
            case "max_abs_z_elsewhere":
                let others = tested.filter { !flagged.contains($0) }.compactMap(z).map { abs($0) }
                report.check(key, key, value, others.max())
            case "nonseasonal_flagged_hours":
                let unusual = tested.filter { flat.isUnusual(values[$0], phase: 0, threshold: threshold) }
                report.check(key, key, value, unusual.map { Double(hours[$0]) }, .exact)
            default: report.unknown(key)
            }
        }
    }
}
