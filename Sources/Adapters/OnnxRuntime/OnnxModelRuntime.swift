// SPDX-License-Identifier: Apache-2.0

package import Backends
import COnnxRuntime
import Domain
import Foundation

/// Runs ONNX models inside this process, one thread per call, on the CPU.
package struct OnnxModelRuntime: ModelRuntime {
    package let name = "onnxruntime"
    package let library: OnnxRuntimeLibrary

    /// - Throws: `Problem` `.unavailable` when nothing is at the path or it cannot be loaded.
    package init(libraryPath: String) throws {
        let path = URL(fileURLWithPath: libraryPath).path
        guard FileManager.default.fileExists(atPath: path) else { throw Self.missing(tried: [path]) }
        library = try OnnxRuntimeLibrary(path: path)
    }

    /// - Throws: `Problem` `.unavailable` that lists the places tried, or says why the library there cannot be loaded.
    package init(_ location: OnnxRuntimeLibrary.Location) throws {
        guard let path = location.path else { throw Self.missing(tried: location.tried) }
        library = try OnnxRuntimeLibrary(path: path)
    }

    package func load(_ model: [UInt8]) throws -> any LoadedModel {
        try OnnxModel(model, in: library)
    }

    private static func missing(tried: [String]) -> Problem {
        Problem(
            .unavailable, "serving.onnxruntime.missing", "ONNX Runtime, which runs the models, is not installed.",
            why: "Looked in: \(tried.joined(separator: ", ")).", fix: OnnxRuntimeLibrary.installation)
    }
}
