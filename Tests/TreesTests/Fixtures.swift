// SPDX-License-Identifier: Apache-2.0

import Backends
import Foundation
import LightGBM
import Testing
import XGBoost

/// The models and expected answers in Tests/Golden/trees, and the installed libraries.
enum Fixtures {
    static let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Both fail, rather than skip, without the library: the problem says to run `make setup`.
    static func xgboost() throws -> XGBoostRuntime {
        try XGBoostRuntime(XGBoostLibrary.locate(explicit: nil, environment: [:], besides: [project.path]))
    }

    static func lightGBM() throws -> LightGBMRuntime {
        try LightGBMRuntime(LightGBMLibrary.locate(explicit: nil, environment: [:], besides: [project.path]))
    }

    static func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: project.appendingPathComponent("Tests/Golden/trees/\(name)")))
    }

    static func model(_ name: String, _ file: String) throws -> any LoadedModel {
        try (name.hasPrefix("xgboost") ? xgboost() as any ModelRuntime : lightGBM()).load(bytes(file))
    }

    static func expected(_ name: String) throws -> Expected.Model {
        let all = try JSONDecoder().decode(Expected.self, from: Data(bytes("expected.json")))
        return try #require(all.models[name])
    }
}

/// What the Python libraries answered; see make_models.py. A missing value is null.
struct Expected: Decodable {
    struct Model: Decodable {
        var rows: [[Double?]]
        var answers: [[Double]]
        var names: [String]
        var labels: [Int64]?

        /// The rows as the model's own inputs.
        func tensors(_ range: Range<Int>? = nil) -> [Tensor] {
            let rows = Array(rows[range ?? rows.indices])
            guard !names.isEmpty else {
                let values = rows.flatMap { $0.map { Float($0 ?? .nan) } }
                return [Tensor(name: "features", shape: [rows.count, rows[0].count], values: .float32(values))]
            }
            return names.enumerated().map { column, name in
                Tensor(name: name, shape: [rows.count, 1], values: .float64(rows.map { $0[column] ?? .nan }))
            }
        }
    }

    var models: [String: Model]
}

extension TensorValues {
    var doubles: [Double] {
        switch self {
        case .float32(let values): values.map(Double.init)
        case .float64(let values): values
        case .int64(let values): values.map(Double.init)
        default: []
        }
    }
}

/// Greatest difference of any element; infinite when the counts differ.
func greatestDifference(_ actual: [Double], _ expected: [Double]) -> Double {
    actual.count == expected.count ? zip(actual, expected).map { abs($0 - $1) }.max() ?? 0 : .infinity
}
