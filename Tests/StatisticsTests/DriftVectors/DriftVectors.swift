// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// Every statistic against the results of numpy, scipy, scikit-learn, river and NannyML; see `VectorFolder` for which vectors are read.
@Suite("DriftVectors")
struct DriftVectors {
    let results: VectorValue

    init() throws {
        results = try VectorFolder.results()
    }

    @Test("every group of the vectors is one that this suite knows")
    func groups() {
        let known: Set = [
            "numeric", "categorical", "multiple_testing", "mmd", "streams", "classification", "classification_estimated_without_labels",
            "regression", "ops",
            // About the vectors, not vectors.
            "versions", "set", "tolerance",
        ]
        for group in results.members.keys.sorted() where !known.contains(group) {
            Issue.record("\(group): unknown kind of vectors; this suite knows \(known.sorted().joined(separator: ", "))")
        }
    }

    @Test("numeric columns: moments, quantiles, tests, distances, bins")
    func numeric() throws {
        let report = VectorReport("numeric")
        let columns = try VectorFolder.numericColumns()
        for (pair, expected) in (results["numeric"]?.members ?? [:]).sorted(by: { $0.key < $1.key }) {
            guard let ref = columns[pair]?["ref"], let cur = columns[pair]?["cur"] else {
                report.missing(pair, "columns in numeric.csv")
                continue
            }
            NumericVectors(pair: pair, ref: ref, cur: cur, report: report).check(expected)
        }
        report.print()
    }

    @Test("categorical columns: contingency tests, distances, entropy")
    func categorical() throws {
        let report = VectorReport("categorical")
        let columns = try VectorFolder.columns(of: "categorical.csv")
        for (pair, expected) in (results["categorical"]?.members ?? [:]).sorted(by: { $0.key < $1.key }) {
            guard let ref = columns[pair]?["ref"], let cur = columns[pair]?["cur"] else {
                report.missing(pair, "columns in categorical.csv")
                continue
            }
            CategoricalVectors(pair: pair, ref: ref, cur: cur, report: report).check(expected)
        }
        report.print()
    }

    @Test("corrections for many tests at once")
    func multipleTesting() {
        let report = VectorReport("multiple_testing")
        MultivariateVectors.checkCorrections(results["multiple_testing"] ?? .null, report)
        report.print()
    }

    @Test("maximum mean discrepancy with its permutation test")
    func meanDiscrepancy() throws {
        let report = VectorReport("mmd")
        try MultivariateVectors.checkDiscrepancies(results["mmd"]?.members ?? [:], report)
        report.print()
    }

    @Test("detectors on streams alarm at the same values")
    func streams() throws {
        let report = VectorReport("streams")
        let rows = try VectorFolder.rows(of: "streams.csv")
        for (stream, expected) in (results["streams"]?.members ?? [:]).sorted(by: { $0.key < $1.key }) {
            let values = rows.compactMap { $0[stream].flatMap(Double.init) }
            guard !values.isEmpty else {
                report.missing(stream, "a column in streams.csv")
                continue
            }
            for (key, expected) in expected.members.sorted(by: { $0.key < $1.key }) {
                StreamVectors(id: "\(stream)/\(key)", key: key, report: report).check(expected, on: values)
            }
        }
        report.print()
    }

    @Test("realised metrics of classifiers")
    func classification() throws {
        let report = VectorReport("classification")
        let scores = try ScoredRows.read()
        for (part, expected) in (results["classification"]?.members ?? [:]).sorted(by: { $0.key < $1.key }) {
            PerformanceVectors.checkRealised(expected, scores[part], "\(part)", report)
        }
        report.print()
    }

    @Test("metrics of classifiers estimated without labels")
    func estimated() throws {
        let report = VectorReport("classification_estimated_without_labels")
        PerformanceVectors.checkEstimated(
            results["classification_estimated_without_labels"]?.members ?? [:], try ScoredRows.read(), report)
        report.print()
    }

    @Test("regression metrics")
    func regression() throws {
        let report = VectorReport("regression")
        PerformanceVectors.checkRegression(results["regression"] ?? .null, try VectorFolder.rows(of: "regression.csv"), report)
        report.print()
    }

    @Test("seasonal robust z")
    func operations() throws {
        let report = VectorReport("ops")
        PerformanceVectors.checkSeason(results["ops"] ?? .null, try VectorFolder.rows(of: "ops.csv"), report)
        report.print()
    }
}
