// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Synchronization

/// One booster, ready to predict.
///
/// `@unchecked Sendable`: the booster is changed in `init` only and freed in `deinit`; XGBoost documents its in-place prediction as safe from
/// several threads, and keeps the result of a call for its thread.
final class XGBoostModel: LoadedModel, @unchecked Sendable {
    let inputs: [TensorSpecification]
    let outputs: [TensorSpecification]

    private let library: XGBoostLibrary
    private let booster: XGBoostLibrary.Booster
    private let features: FeatureColumns
    private let answers: TreeOutputs
    /// How a prediction is asked for.
    private let request: String

    init(_ model: [UInt8], in library: XGBoostLibrary) throws(Problem) {
        var made: XGBoostLibrary.Booster?
        guard library.create(nil, 0, &made) == 0, let booster = made else {
            throw Problem(.internal, "serving.model.failed", "XGBoost could not make a model.", why: library.failure())
        }
        do throws(Problem) {
            switch DocumentTrees.fault(in: model) {
            case .broken(let why): throw Self.unreadable(library, why)
            case .unsupported(let why): throw Problem(.invalid, "serving.model.unsupported", "The model cannot be served.", why: why)
            case nil: break
            }
            let isLoaded = model.withUnsafeBytes { bytes in
                bytes.baseAddress.map { library.loadModel(booster, $0, UInt64(bytes.count)) == 0 } ?? false
            }
            guard isLoaded, library.setParameter(booster, "nthread", "1") == 0, library.setParameter(booster, "device", "cpu") == 0 else {
                throw Self.unreadable(library, library.failure())
            }
            let description = try BoosterDescription(of: booster, in: library)
            features = FeatureColumns(names: description.featureNames, count: description.featureCount, datatype: .float32)
            answers = description.answers
            request =
                #"{"type":0,"training":false,"iteration_begin":0,"iteration_end":\#(description.rounds),"#
                + #""strict_shape":true,"cache_id":0,"missing":NaN}"#
        } catch {
            _ = library.free(booster)
            throw error
        }
        self.library = library
        self.booster = booster
        inputs = features.inputs
        outputs = answers.specifications(.float32)
    }

    deinit {
        _ = library.free(booster)
    }

    func infer(_ tensors: [Tensor], outputs names: [String]?) throws -> [Tensor] {
        let (matrix, rows) = try features.matrix(of: tensors, as: Float.self)
        return try answers.tensors(try predict(matrix, rows: rows), named: names)
    }

    private func predict(_ matrix: [Float], rows: Int) throws(Problem) -> [Float] {
        var shape: XGBoostLibrary.Lengths?
        var rank: UInt64 = 0
        var result: UnsafePointer<Float>?
        let status = matrix.withUnsafeBufferPointer { numbers in
            // NumPy's array interface: where the numbers lie, and how.
            let place = UInt(bitPattern: numbers.baseAddress)
            let array = #"{"data":[\#(place),true],"shape":[\#(rows),\#(features.count)],"typestr":"<f4","version":3}"#
            return library.predictFromDense(booster, array, request, nil, &shape, &rank, &result)
        }
        guard status == 0, let shape, let result else {
            throw Problem(
                .internal, "serving.model.failed", "The model failed on inputs that fit its declaration.", why: library.failure())
        }
        let count = (0..<Int(rank)).reduce(1) { $0 * Int(shape[$1]) }
        guard count == rows * answers.width else {
            throw Problem(
                .internal, "serving.model.failed", "The model answered with \(count) numbers for \(rows) rows.",
                why: "It declares \(answers.width) a row.")
        }
        return Array(UnsafeBufferPointer(start: result, count: count))
    }

    private static func unreadable(_ library: XGBoostLibrary, _ why: String) -> Problem {
        Problem(
            .invalid, "serving.model.unreadable", "The model file is not one that XGBoost \(library.version) can load.", why: why,
            fix: "Save the booster again as .ubj or .json: booster.save_model(\"model.ubj\").")
    }
}
