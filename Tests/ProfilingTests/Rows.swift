// SPDX-License-Identifier: Apache-2.0
import Foundation
import Statistics

@testable import Profiling

/// Tables for tests, drawn from a seed.
enum Rows {
    static func profile(_ csv: String, _ options: ReadingOptions = ReadingOptions()) throws -> TableProfile {
        var reader = TableReader(file: "rows.csv", options: options)
        try reader.take(Array(csv.utf8))
        return try reader.finish()
    }

    /// Numbers, whole numbers with ties, a few categories, many of them, nulls, and a binary column; all independent.
    static func plain(_ count: Int, _ generator: inout SplitMix64) -> TableProfile {
        var table = TableProfile(columns: ["normal", "skewed", "hour", "flag", "code", "city", "gaps"])
        for _ in 0..<count {
            table.columns[0].add(normal(&generator))
            table.columns[1].add(-log(Double.random(in: Double.leastNonzeroMagnitude..<1, using: &generator)))
            table.columns[2].add(Double(Int.random(in: 0..<24, using: &generator)))
            table.columns[3].add(Double.random(in: 0..<1, using: &generator) < 0.1 ? 1 : 0)
            table.columns[4].add("c\(Int(pow(6, Double.random(in: 0..<1, using: &generator))))")
            table.columns[5].add("city \(Int(pow(400, Double.random(in: 0..<1, using: &generator))))")
            if Double.random(in: 0..<1, using: &generator) < 0.05 {
                table.columns[6].addNull()
            } else {
                table.columns[6].add(normal(&generator))
            }
            table.endRow()
        }
        return table
    }

    static func normal(_ generator: inout SplitMix64) -> Double {
        let radius = (-2 * log(Double.random(in: Double.leastNonzeroMagnitude..<1, using: &generator))).squareRoot()
        return radius * cos(2 * Double.pi * Double.random(in: 0..<1, using: &generator))
    }
}
