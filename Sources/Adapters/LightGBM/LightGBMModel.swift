// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Synchronization

/// One booster, ready to predict.
///
/// `@unchecked Sendable`: the booster is not changed after `init` and freed in `deinit`; LightGBM takes a shared lock in each prediction of it. A
/// prepared call is used by one thread at a time: it is taken out of the list for as long.
final class LightGBMModel: LoadedModel, @unchecked Sendable {
    let inputs: [TensorSpecification]
    let outputs: [TensorSpecification]

    /// Prepared calls, as the addresses of what the library made for them.
    private struct FastCalls {
        var free: [UInt]
        var made = 1
    }

    /// Most prepared calls that are kept; more at one time go the way of several rows.
    private static let maximumFastCalls = 32
    private static let doubles: Int32 = 1
    private static let normal: Int32 = 0
    private static let allRounds: Int32 = -1
    private static let parameters = "num_threads=1 verbosity=-1"

    private let library: LightGBMLibrary
    private let booster: LightGBMLibrary.Booster
    private let features: FeatureColumns
    private let answers: TreeOutputs
    private let fastCalls: Mutex<FastCalls>

    init(_ model: [UInt8], in library: LightGBMLibrary) throws(Problem) {
        let text = String(decoding: model, as: UTF8.self)
        guard let header = ModelHeader(text), !model.contains(0) else {
            throw Self.unreadable("It does not begin like a text model: with the line 'tree'.")
        }
        if let fault = TextTrees(header: header).fault(in: text) { throw Self.unreadable(fault) }
        guard !ModelHeader.hasTextCategories(text) else {
            throw Problem(
                .invalid, "serving.model.unsupported", "The model takes columns of text as categories.",
                why: "How texts become numbers is known to LightGBM's Python only.",
                fix: "Train with the numbers of the categories, or log the model with MLflow's lightgbm flavor as a scikit-learn class.")
        }
        var made: LightGBMLibrary.Booster?
        var rounds: Int32 = 0
        guard library.load(text, &rounds, &made) == 0, let booster = made else { throw Self.unreadable(library.failure()) }
        var featureCount: Int32 = 0
        var classCount: Int32 = 0
        let isDescribed =
            library.featureCount(booster, &featureCount) == 0 && library.classCount(booster, &classCount) == 0
            && Int(featureCount) == header.lastFeature + 1 && Int(classCount) == header.treesPerIteration
            && (classCount == 1 || header.objective != "binary")
        var fastCall: LightGBMLibrary.FastCall?
        guard isDescribed, featureCount > 0, classCount > 0,
            library.prepareFastCall(
                booster, Self.normal, 0, Self.allRounds, Self.doubles, featureCount, Self.parameters, &fastCall) == 0, let fastCall
        else {
            let why = library.failure()
            _ = library.free(booster)
            throw Self.unreadable(why)
        }
        self.library = library
        self.booster = booster
        features = FeatureColumns(names: header.featureNames, count: Int(featureCount), datatype: .float64)
        answers =
            switch header.objective {
            case "binary": .binary
            case "multiclass", "multiclassova": .multiclass(Int(classCount))
            default: .values(Int(classCount))
            }
        fastCalls = Mutex(FastCalls(free: [UInt(bitPattern: fastCall)]))
        inputs = features.inputs
        outputs = answers.specifications(.float64)
    }

    deinit {
        for call in fastCalls.withLock({ $0.free }) { _ = UnsafeMutableRawPointer(bitPattern: call).map(library.freeFastCall) }
        _ = library.free(booster)
    }

    func infer(_ tensors: [Tensor], outputs names: [String]?) throws -> [Tensor] {
        let (matrix, rows) = try features.matrix(of: tensors, as: Double.self)
        return try answers.tensors(rows == 1 ? try predictOne(matrix) : try predict(matrix, rows: rows), named: names)
    }

    private func predict(_ matrix: [Double], rows: Int) throws(Problem) -> [Double] {
        try collect(rows: rows) { count, result in
            matrix.withUnsafeBytes { numbers in
                numbers.baseAddress.map {
                    library.predict(
                        booster, $0, Self.doubles, Int32(rows), Int32(features.count), 1, Self.normal, 0, Self.allRounds, Self.parameters,
                        count, result)
                } ?? -1
            }
        }
    }

    private func predictOne(_ row: [Double]) throws(Problem) -> [Double] {
        guard let call = takeFastCall() else { return try predict(row, rows: 1) }
        defer { fastCalls.withLock { $0.free.append(UInt(bitPattern: call)) } }
        return try collect(rows: 1) { count, result in
            row.withUnsafeBytes { numbers in numbers.baseAddress.map { library.predictFast(call, $0, count, result) } ?? -1 }
        }
    }

    /// Makes another when all are in use; nil at the bound.
    private func takeFastCall() -> LightGBMLibrary.FastCall? {
        let (known, isFull) = fastCalls.withLock { calls -> (UInt?, Bool) in
            if let call = calls.free.popLast() { return (call, false) }
            guard calls.made < Self.maximumFastCalls else { return (nil, true) }
            calls.made += 1
            return (nil, false)
        }
        if let known { return UnsafeMutableRawPointer(bitPattern: known) }
        if isFull { return nil }
        var call: LightGBMLibrary.FastCall?
        let status = library.prepareFastCall(
            booster, Self.normal, 0, Self.allRounds, Self.doubles, Int32(features.count), Self.parameters, &call)
        return status == 0 ? call : nil
    }

    private func collect(
        rows: Int, _ body: (UnsafeMutablePointer<Int64>, UnsafeMutablePointer<Double>) -> Int32
    ) throws(Problem) -> [Double] {
        var count: Int64 = 0
        var status: Int32 = 0
        let expected = rows * answers.width
        let numbers = [Double](unsafeUninitializedCapacity: expected) { buffer, filled in
            buffer.initialize(repeating: 0)
            status = buffer.baseAddress.map { body(&count, $0) } ?? -1
            filled = expected
        }
        guard status == 0, count == expected else {
            throw Problem(
                .internal, "serving.model.failed", "The model failed on inputs that fit its declaration.",
                why: status == 0 ? "It gave \(count) numbers where it declares \(expected)." : library.failure())
        }
        return numbers
    }

    private static func unreadable(_ why: String) -> Problem {
        Problem(
            .invalid, "serving.model.unreadable", "The model file is not one that LightGBM can load.", why: why,
            fix: "Save the booster again as text: booster.save_model(\"model.txt\").")
    }
}
