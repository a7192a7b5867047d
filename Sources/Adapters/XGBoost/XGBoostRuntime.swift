// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain

/// Runs XGBoost's own model files inside this process, one thread per call, on the CPU.
package struct XGBoostRuntime: ModelRuntime {
    package let name = "xgboost"
    package let library: XGBoostLibrary

    /// - Throws: `Problem` `.unavailable` that lists the places tried, or says why the library there cannot be loaded.
    package init(_ location: LibraryLocation) throws(Problem) {
        library = try XGBoostLibrary(path: try SharedLibrary.path(at: location, title: "XGBoost"))
    }

    package func load(_ model: [UInt8]) throws -> any LoadedModel {
        try XGBoostModel(model, in: library)
    }
}
