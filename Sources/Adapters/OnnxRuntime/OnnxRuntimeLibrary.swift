// SPDX-License-Identifier: Apache-2.0

import COnnxRuntime
import Domain
import Foundation

/// ONNX Runtime's shared library, loaded into this process, with its environment.
///
/// `@unchecked Sendable`: the pointer is set once in `init` and freed in `deinit`; the library documents its environment as
/// safe to use from several threads, and sessions hold on to this object.
package final class OnnxRuntimeLibrary: @unchecked Sendable {
    package let path: String
    /// As the library states it, such as `1.32.0`.
    package let version: String
    /// Whether models compute on a graphics card where there is one: so it is with the library of the wheel `onnxruntime-gpu`.
    package let hasCUDA: Bool
    let handle: OpaquePointer

    /// - Parameter path: A file, or a bare name for the loader to search for.
    /// - Throws: `Problem` `.unavailable` when the file cannot be loaded or is no ONNX Runtime of release 1.11 or later.
    package init(path: String) throws {
        var handle: OpaquePointer?
        let failure = onnx_library_open(path, &handle)
        guard let handle, failure == nil else {
            throw Problem(
                .unavailable, "serving.onnxruntime.unloadable", "ONNX Runtime at \(path) cannot be loaded.",
                why: cause(failure), fix: Self.installation)
        }
        self.path = path
        self.handle = handle
        hasCUDA = onnx_library_has_cuda(handle)
        version = String(cString: onnx_library_version(handle))
    }

    deinit {
        onnx_library_close(handle)
    }

    static let installation = "Run `make setup`, or name the library: --onnxruntime PATH"
}

/// Takes over an error text that C allocated, as a sentence; nil stays nil.
func cause(_ failure: UnsafeMutablePointer<CChar>?) -> String? {
    guard let failure else { return nil }
    defer { free(failure) }
    let text = String(cString: failure)
    let sentence = text.count > 1000 ? text.prefix(1000) + "…" : text[...]
    return sentence.hasSuffix(".") || sentence.hasSuffix("…") ? String(sentence) : sentence + "."
}
