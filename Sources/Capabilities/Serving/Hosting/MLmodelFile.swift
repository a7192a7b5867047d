// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Yams

/// What the file `MLmodel`, with which MLflow describes the folder it lies in, says of running the model there.
struct MLmodelFile: Sendable, Equatable {
    static let name = "MLmodel"
    /// A larger file is taken for none of MLflow's.
    static let maximumBytes: Int64 = 1 << 20

    /// From the name of each flavor to the path of its data, relative to the folder, where it states one.
    var flavors: [String: String?]
    /// The members of the signature, which MLflow writes as JSON texts; nil when it has none.
    var inputs: JSONValue?
    var outputs: JSONValue?

    /// Nil unless `text` is YAML with flavors. Only the nodes on the way to what is read are looked at, so aliases are never expanded.
    init?(_ text: String) {
        guard let root = (try? Yams.compose(yaml: text))?.mapping, let flavors = root["flavors"]?.mapping, !flavors.isEmpty else {
            return nil
        }
        self.flavors = [:]
        for (name, flavor) in flavors {
            guard let name = name.scalar?.string else { continue }
            self.flavors[name] = .some(flavor.mapping?["data"]?.scalar?.string)
        }
        let signature = root["signature"]?.mapping
        inputs = Self.json(signature?["inputs"])
        outputs = Self.json(signature?["outputs"])
    }

    /// The file that a runtime of this process can load, relative to the folder, by the first flavor that says so.
    ///
    /// scikit-learn's wrappers of LightGBM are kept as pickles; those are left to MLflow.
    var native: (path: String, format: ModelFormat)? {
        for (flavor, format, endings) in Self.natives {
            guard let stated = flavors[flavor], let path = stated, endings.contains(where: path.lowercased().hasSuffix) else { continue }
            return (path, format)
        }
        return nil
    }

    private static let natives: [(String, ModelFormat, [String])] = [
        ("onnx", .onnx, [".onnx"]), ("xgboost", .xgboost, [".ubj", ".json", ".xgb"]), ("lightgbm", .lightgbm, [".lgb", ".txt"]),
    ]

    private static func json(_ node: Node?) -> JSONValue? {
        guard let text = node?.scalar?.string, let value = try? JSONReader.value(of: text), value != .null else { return nil }
        return value
    }
}
