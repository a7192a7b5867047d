// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation

/// The flags of `Settings`, for every command that works on an installation itself.
struct SettingsOptions: ParsableArguments {
    @Option(help: "Folder for the database, blobs, keys and checkpoint.") var data: String?
    @Option(help: "sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/NAME.") var database: String?
    @Option(help: "file:FOLDER.") var blobs: String?
    @Option(help: "YAML file with settings.") var config: String?
    @Option(name: .customLong("log-level"), help: "trace, debug, info, notice, warning or error.") var logLevel: String?
    @Option(help: "Name of this installation in ledger checkpoints.") var instance: String?
    @Option(help: "ONNX Runtime's shared library.") var onnxruntime: String?
    @Option(help: "XGBoost's shared library.") var xgboost: String?
    @Option(help: "LightGBM's shared library.") var lightgbm: String?
    @Option(help: "DuckDB's program.") var duckdb: String?
    @Option(help: "librdkafka's shared library.") var librdkafka: String?

    func settings(adding flags: [String: String?] = [:]) throws -> Settings {
        var given = [
            "data": data, "database": database, "blobs": blobs, "log-level": logLevel, "instance": instance, "onnxruntime": onnxruntime,
            "xgboost": xgboost, "lightgbm": lightgbm, "duckdb": duckdb, "librdkafka": librdkafka,
        ]
        given.merge(flags) { _, last in last }
        return try Settings(
            flags: given.compactMapValues { $0 }, configuration: config ?? ProcessInfo.processInfo.environment["DHOW_CONFIG"],
            environment: ProcessInfo.processInfo.environment)
    }
}
