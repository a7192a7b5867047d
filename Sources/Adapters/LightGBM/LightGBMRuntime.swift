// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain

/// Runs LightGBM's text models inside this process, one thread per call, on the CPU.
package struct LightGBMRuntime: ModelRuntime {
    package let name = "lightgbm"
    package let library: LightGBMLibrary

    /// - Throws: `Problem` `.unavailable` that lists the places tried, or says why the library there cannot be loaded.
    package init(_ location: LibraryLocation) throws(Problem) {
        library = try LightGBMLibrary(path: try SharedLibrary.path(at: location, title: "LightGBM"))
    }

    package func load(_ model: [UInt8]) throws -> any LoadedModel {
        try LightGBMModel(model, in: library)
    }
}
