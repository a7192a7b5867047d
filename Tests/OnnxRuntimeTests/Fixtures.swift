// SPDX-License-Identifier: Apache-2.0

import Backends
import Foundation
import OnnxRuntime

/// The models and expected answers in Tests/Golden/onnx, and the installed library.
enum Fixtures {
    static let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Fails, rather than skips, without the library: the problem says to run `make setup`.
    static func runtime() throws -> OnnxModelRuntime {
        try OnnxModelRuntime(OnnxRuntimeLibrary.locate(explicit: nil, environment: [:], besides: [project.path]))
    }

    static func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: project.appendingPathComponent("Tests/Golden/onnx/\(name)")))
    }

    static func model(_ name: String) throws -> any LoadedModel {
        try runtime().load(bytes("\(name).onnx"))
    }

    static func expected() throws -> Expected {
        try JSONDecoder().decode(Expected.self, from: Data(bytes("expected.json")))
    }
}

/// What scikit-learn answered; see make_models.py.
struct Expected: Decodable {
    struct Answers<Label: Decodable>: Decodable {
        var label: [Label]
        var probabilities: [[Double]]
    }
    struct Columns: Decodable {
        var label: [String]
        var probabilities: [[Double]]
        var numeric: [String: [Float]]
        var size: [String]
    }

    var rows: [[Float]]
    var logisticRegression: Answers<Int64>
    var gradientBoosting: Answers<Int64>
    var columns: Columns

    enum CodingKeys: String, CodingKey {
        case rows, columns
        case logisticRegression = "logistic_regression"
        case gradientBoosting = "gradient_boosting"
    }

    /// All rows as the one input of the matrix models.
    var features: Tensor {
        Tensor(name: "features", shape: [rows.count, 15], values: .float32(rows.flatMap(\.self)))
    }
}

extension Tensor {
    var floats: [Float]? { if case .float32(let elements) = values { elements } else { nil } }
    var integers: [Int64]? { if case .int64(let elements) = values { elements } else { nil } }
    var strings: [String]? { if case .string(let elements) = values { elements } else { nil } }
}

/// Greatest difference of any element; infinite when the counts differ.
func greatestDifference(_ actual: [Float]?, _ expected: [[Double]]) -> Double {
    let expected = expected.flatMap(\.self)
    guard let actual, actual.count == expected.count else { return .infinity }
    return zip(actual, expected).map { abs(Double($0) - $1) }.max() ?? 0
}
