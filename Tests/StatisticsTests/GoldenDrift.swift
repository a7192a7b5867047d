// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// The vectors of Tests/Golden/drift; its README names their source.
struct GoldenDrift: Decodable {
    let numeric: [String: NumericPair]
    let categorical: [String: CategoricalPair]
    let multipleTesting: MultipleTestingVector
    let classification: [String: [String: Double]]

    struct NumericPair: Decodable {
        let ref: Summary
        let cur: Summary
        let ks: [String: Double]
        let wasserstein: [String: Double]
        let decileBins: DecileBins
        let nullRate: NullRate?
    }

    struct Summary: Decodable {
        let n: Int
        let nulls: Int
        let mean: Double
        let stdPop: Double
        let stdSample: Double
        let quantilesLinear: [String: Double]
    }

    struct DecileBins: Decodable {
        let edges: [Double]
        let refCounts: [Int]
        let curCounts: [Int]
        let psi: Double
        let psiWithNullBin: Double
    }

    struct NullRate: Decodable {
        let chi2: Double
        let p: Double
    }

    struct CategoricalPair: Decodable {
        let nRef: Int
        let nCur: Int
        let nullsRef: Int
        let nullsCur: Int
        let newCategories: [String]
        let goneCategories: [String]
        let psi: Double
        let chi2Contingency: Contingency?
    }

    struct Contingency: Decodable {
        let statistic: Double
        let dof: Int
        let p: Double
    }

    struct MultipleTestingVector: Decodable {
        let p: [Double]
        let bonferroni: [Double]
        let holm: [Double]
        let bh: [Double]
        let by: [Double]
    }
}

extension GoldenDrift {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Golden/drift")

    static func load() throws -> GoldenDrift {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(GoldenDrift.self, from: Data(contentsOf: folder.appending(path: "drift.json")))
    }

    /// Rows of a file of plain comma-separated fields, without its header.
    static func rows(of file: String) throws -> [[String]] {
        try String(contentsOf: folder.appending(path: file), encoding: .utf8).split(separator: "\n").dropFirst().map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
    }

    /// Columns by pair and side; nil is an empty field.
    static func columns(of file: String) throws -> [String: [String: [String?]]] {
        var columns: [String: [String: [String?]]] = [:]
        for row in try rows(of: file) { columns[row[0], default: [:]][row[1], default: []].append(row[2].isEmpty ? nil : row[2]) }
        return columns
    }

    static func numericColumns() throws -> [String: [String: [Double?]]] {
        try columns(of: "numeric.csv").mapValues { $0.mapValues { $0.map { $0.flatMap(Double.init) } } }
    }
}

/// The vectors' own tolerances: 1e-9 for statistics, 1e-6 for p-values, relative; p-values below 1e-300 may be 0.
func expectStatistic(
    _ actual: Double?, _ expected: Double, _ what: String, within tolerance: Double = 1e-9, at location: SourceLocation = #_sourceLocation
) {
    guard let actual else {
        Issue.record("\(what): nil instead of \(expected)", sourceLocation: location)
        return
    }
    let isClose = abs(actual - expected) <= max(tolerance * abs(expected), 1e-300)
    #expect(
        isClose || abs(actual - expected) < 1e-14 && tolerance < 1e-8, "\(what): \(actual), expected \(expected)", sourceLocation: location)
}

func expectPValue(_ actual: Double?, _ expected: Double, _ what: String, at location: SourceLocation = #_sourceLocation) {
    expectStatistic(actual, expected, what, within: 1e-6, at: location)
}
