// SPDX-License-Identifier: Apache-2.0

import Backends
import Foundation
import LightGBM
import OnnxRuntime
import Serving
import XGBoost

/// The runtimes of this process: each library as the settings name it, else where its adapter finds it.
struct LocalRuntimes: Sendable {
    private let settings: Settings
    private let environment = ProcessInfo.processInfo.environment
    /// Where the binary lies, and where it was started.
    private let folders: [String]

    init(_ settings: Settings) {
        self.settings = settings
        folders = [
            URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent().path,
            FileManager.default.currentDirectoryPath,
        ]
    }

    func onnxRuntime() throws -> OnnxModelRuntime {
        try OnnxModelRuntime(OnnxRuntimeLibrary.locate(explicit: settings.onnxRuntime, environment: environment, besides: folders))
    }

    func xgboost() throws -> XGBoostRuntime {
        try XGBoostRuntime(XGBoostLibrary.locate(explicit: settings.xgboost, environment: environment, besides: folders))
    }

    func lightGBM() throws -> LightGBMRuntime {
        try LightGBMRuntime(LightGBMLibrary.locate(explicit: settings.lightGBM, environment: environment, besides: folders))
    }

    /// For the format of each.
    func late() -> [ModelFormat: any ModelRuntime] {
        [
            .xgboost: LateRuntime(name: "xgboost") { try xgboost() },
            .lightgbm: LateRuntime(name: "lightgbm") { try lightGBM() },
        ]
    }
}
