// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain

/// XGBoost's C library, loaded into this process: the few functions that reading a model and predicting need.
///
/// Every function gives 0, or leaves a text behind for the calling thread. A `bst_ulong` is 64 bits wide.
package final class XGBoostLibrary: Sendable {
    typealias Booster = UnsafeMutableRawPointer
    typealias Lengths = UnsafePointer<UInt64>
    typealias Texts = UnsafePointer<UnsafePointer<CChar>?>

    package let library: SharedLibrary
    /// As the library states it, such as `3.2.0`.
    package let version: String

    let lastError: @convention(c) () -> UnsafePointer<CChar>?
    let create: @convention(c) (UnsafeRawPointer?, UInt64, UnsafeMutablePointer<Booster?>) -> Int32
    let free: @convention(c) (Booster) -> Int32
    let setParameter: @convention(c) (Booster, UnsafePointer<CChar>, UnsafePointer<CChar>) -> Int32
    let loadModel: @convention(c) (Booster, UnsafeRawPointer, UInt64) -> Int32
    let saveConfiguration: @convention(c) (Booster, UnsafeMutablePointer<UInt64>, UnsafeMutablePointer<UnsafePointer<CChar>?>) -> Int32
    let attribute:
        @convention(c) (Booster, UnsafePointer<CChar>, UnsafeMutablePointer<UnsafePointer<CChar>?>, UnsafeMutablePointer<Int32>)
            -> Int32
    let featureCount: @convention(c) (Booster, UnsafeMutablePointer<UInt64>) -> Int32
    let featureTexts: @convention(c) (Booster, UnsafePointer<CChar>, UnsafeMutablePointer<UInt64>, UnsafeMutablePointer<Texts?>) -> Int32
    let predictFromDense:
        @convention(c) (
            Booster, UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafeRawPointer?, UnsafeMutablePointer<Lengths?>,
            UnsafeMutablePointer<UInt64>, UnsafeMutablePointer<UnsafePointer<Float>?>
        ) -> Int32

    private static let search = LibrarySearch(
        name: "xgboost", fileName: "libxgboost.so", wheelFolder: "xgboost/lib", loaderNames: ["libxgboost.so"])

    /// As `LibrarySearch.locate`.
    package static func locate(explicit: String?, environment: [String: String], besides folders: [String]) -> LibraryLocation {
        search.locate(explicit: explicit, environment: environment, besides: folders) {
            SharedLibrary.isLoadable($0, having: "XGBoosterPredictFromDense")
        }
    }

    /// - Throws: `Problem` `.unavailable` when the file cannot be loaded or is no XGBoost of release 1.6 or later.
    package init(path: String) throws(Problem) {
        // The wheel's own OpenMP, which lies beside it.
        library = try SharedLibrary(path: path, title: "XGBoost", companion: "libgomp-")
        lastError = try library.function("XGBGetLastError")
        create = try library.function("XGBoosterCreate")
        free = try library.function("XGBoosterFree")
        setParameter = try library.function("XGBoosterSetParam")
        loadModel = try library.function("XGBoosterLoadModelFromBuffer")
        saveConfiguration = try library.function("XGBoosterSaveJsonConfig")
        attribute = try library.function("XGBoosterGetAttr")
        featureCount = try library.function("XGBoosterGetNumFeature")
        featureTexts = try library.function("XGBoosterGetStrFeatureInfo")
        predictFromDense = try library.function("XGBoosterPredictFromDense")
        typealias Version = @convention(c) (UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>) -> Void
        let readVersion = try library.function("XGBoostVersion", as: Version.self)
        var (major, minor, patch): (Int32, Int32, Int32) = (0, 0, 0)
        readVersion(&major, &minor, &patch)
        version = "\(major).\(minor).\(patch)"
    }

    /// What the last failed call on this thread said, in one line.
    func failure() -> String {
        let text = lastError().map { String(cString: $0) } ?? ""
        // The first line says what, a stack trace follows.
        let line = text.split(separator: "\n").first { !$0.hasPrefix("Stack trace") } ?? "The library does not say why."
        return String(line.prefix(500)).printable
    }
}
