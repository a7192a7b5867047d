// SPDX-License-Identifier: Apache-2.0

package import Backends
import COnnxRuntime

extension OnnxRuntimeLibrary {
    package typealias Location = LibraryLocation

    private static let search = LibrarySearch(
        name: "onnxruntime", fileName: "libonnxruntime.so", wheelFolder: "onnxruntime/capi",
        loaderNames: ["libonnxruntime.so.1", "libonnxruntime.so"])

    /// As `LibrarySearch.locate`.
    package static func locate(explicit: String?, environment: [String: String], besides folders: [String]) -> Location {
        search.locate(explicit: explicit, environment: environment, besides: folders) { onnx_library_is_loadable($0) }
    }
}
