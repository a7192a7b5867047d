// SPDX-License-Identifier: Apache-2.0

/// What a version's files are, by which its runtime is chosen.
package enum ModelFormat: String, Sendable, CaseIterable, Codable {
    case onnx, xgboost, lightgbm
    /// A folder with a file `MLmodel`, answered by a server in a process of its own.
    case mlflow
    /// A file that names a server elsewhere.
    case remote

    /// What the Open Inference Protocol's metadata calls it.
    package var platform: String {
        switch self {
        case .onnx: "onnx_onnxv1"
        case .xgboost, .lightgbm, .mlflow, .remote: rawValue
        }
    }

    /// How people write it.
    package var title: String {
        switch self {
        case .onnx: "ONNX"
        case .xgboost: "XGBoost"
        case .lightgbm: "LightGBM"
        case .mlflow: "MLflow"
        case .remote: "remote"
        }
    }
}
