// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain

/// LightGBM's C library, loaded into this process: the few functions that reading a model and predicting need.
///
/// Every function gives 0, or leaves a text behind for the calling thread.
package final class LightGBMLibrary: Sendable {
    typealias Booster = UnsafeMutableRawPointer
    typealias FastCall = UnsafeMutableRawPointer

    package let library: SharedLibrary

    let lastError: @convention(c) () -> UnsafePointer<CChar>?
    let load: @convention(c) (UnsafePointer<CChar>, UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Booster?>) -> Int32
    let free: @convention(c) (Booster) -> Int32
    let featureCount: @convention(c) (Booster, UnsafeMutablePointer<Int32>) -> Int32
    let classCount: @convention(c) (Booster, UnsafeMutablePointer<Int32>) -> Int32
    /// Booster, numbers, their type, rows, columns, whether row by row, kind of prediction, first and number of rounds, parameters.
    let predict:
        @convention(c) (
            Booster, UnsafeRawPointer, Int32, Int32, Int32, Int32, Int32, Int32, Int32, UnsafePointer<CChar>, UnsafeMutablePointer<Int64>,
            UnsafeMutablePointer<Double>
        ) -> Int32
    /// Booster, kind of prediction, first and number of rounds, type of the numbers, columns, parameters.
    let prepareFastCall:
        @convention(c) (
            Booster, Int32, Int32, Int32, Int32, Int32, UnsafePointer<CChar>, UnsafeMutablePointer<FastCall?>
        ) -> Int32
    let predictFast: @convention(c) (FastCall, UnsafeRawPointer, UnsafeMutablePointer<Int64>, UnsafeMutablePointer<Double>) -> Int32
    let freeFastCall: @convention(c) (FastCall) -> Int32

    private static let search = LibrarySearch(
        name: "lightgbm", fileName: "lib_lightgbm.so", wheelFolder: "lightgbm/lib", loaderNames: ["lib_lightgbm.so"])

    /// As `LibrarySearch.locate`.
    package static func locate(explicit: String?, environment: [String: String], besides folders: [String]) -> LibraryLocation {
        search.locate(explicit: explicit, environment: environment, besides: folders) {
            SharedLibrary.isLoadable($0, having: "LGBM_BoosterLoadModelFromString")
        }
    }

    /// - Throws: `Problem` `.unavailable` when the file cannot be loaded or is no LightGBM of release 3 or later.
    package init(path: String) throws(Problem) {
        library = try SharedLibrary(path: path, title: "LightGBM")
        lastError = try library.function("LGBM_GetLastError")
        load = try library.function("LGBM_BoosterLoadModelFromString")
        free = try library.function("LGBM_BoosterFree")
        featureCount = try library.function("LGBM_BoosterGetNumFeature")
        classCount = try library.function("LGBM_BoosterGetNumClasses")
        predict = try library.function("LGBM_BoosterPredictForMat")
        prepareFastCall = try library.function("LGBM_BoosterPredictForMatSingleRowFastInit")
        predictFast = try library.function("LGBM_BoosterPredictForMatSingleRowFast")
        freeFastCall = try library.function("LGBM_FastConfigFree")
        // The library would write about what it does to this process's own output.
        typealias Silence = @convention(c) ((@convention(c) (UnsafePointer<CChar>?) -> Void)?) -> Int32
        let setLog = try library.function("LGBM_RegisterLogCallback", as: Silence.self)
        _ = setLog { _ in }
    }

    /// What the last failed call on this thread said.
    func failure() -> String {
        String((lastError().map { String(cString: $0) } ?? "The library does not say why.").prefix(500)).printable
    }
}
