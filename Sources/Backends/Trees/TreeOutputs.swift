// SPDX-License-Identifier: Apache-2.0

package import Domain

/// A number as a library of trees takes and gives it: `Float` or `Double`.
package protocol TreeNumber: BinaryFloatingPoint, Sendable {
    static var datatype: TensorDatatype { get }
    static func tensorValues(_ numbers: [Self]) -> TensorValues
    /// The elements, when they are of this very type.
    static func elements(of values: TensorValues) -> [Self]?
}

extension Float: TreeNumber {
    package static var datatype: TensorDatatype { .float32 }
    package static func tensorValues(_ numbers: [Float]) -> TensorValues { .float32(numbers) }
    package static func elements(of values: TensorValues) -> [Float]? { if case .float32(let numbers) = values { numbers } else { nil } }
}

extension Double: TreeNumber {
    package static var datatype: TensorDatatype { .float64 }
    package static func tensorValues(_ numbers: [Double]) -> TensorValues { .float64(numbers) }
    package static func elements(of values: TensorValues) -> [Double]? { if case .float64(let numbers) = values { numbers } else { nil } }
}

/// What a model of trees answers, and how that comes from the numbers its library gives for each row.
package enum TreeOutputs: Sendable, Equatable {
    /// One number a row: the probability of the second class. `prediction` is 1 where it is over a half.
    case binary
    /// A probability for each class. `prediction` is the number of the first class with the greatest.
    case multiclass(Int)
    /// The number of the class itself.
    case label
    /// So many numbers a row as they are: a regression, a ranking, a count, or a raw score.
    case values(Int)

    package static let prediction = "prediction"
    package static let probability = "probability"

    /// Numbers a row that the library gives.
    package var width: Int {
        switch self {
        case .binary, .label: 1
        case .multiclass(let count), .values(let count): count
        }
    }

    package func specifications(_ datatype: TensorDatatype) -> [TensorSpecification] {
        let label = TensorSpecification(name: Self.prediction, datatype: .int64, shape: [-1, 1])
        return switch self {
        case .binary, .multiclass: [label, TensorSpecification(name: Self.probability, datatype: datatype, shape: [-1, width])]
        case .label: [label]
        case .values: [TensorSpecification(name: Self.prediction, datatype: datatype, shape: [-1, width])]
        }
    }

    /// The outputs named, in that order; all of them when `names` is nil or empty.
    ///
    /// - Parameter numbers: `width` for each row.
    /// - Throws: `Problem` `.invalid` for a name that is no output or comes twice.
    package func tensors<Number: TreeNumber>(_ numbers: [Number], named names: [String]?) throws(Problem) -> [Tensor] {
        let known = specifications(Number.datatype)
        let wanted = names.flatMap { $0.isEmpty ? nil : $0 } ?? known.map(\.name)
        var tensors: [Tensor] = []
        for name in wanted {
            guard let output = known.first(where: { $0.name == name }) else {
                let list = known.map { "'\($0.name)'" }.joined(separator: ", ")
                throw Problem(
                    .invalid, "serving.output.unknown", "The model has no output '\(name.printable)'.", why: "Its outputs are \(list).")
            }
            guard !tensors.contains(where: { $0.name == name }) else {
                throw Problem(.invalid, "serving.output.repeated", "Output '\(name.printable)' is asked for twice.")
            }
            let values = output.datatype == .int64 ? .int64(labels(numbers)) : Number.tensorValues(numbers)
            tensors.append(
                Tensor(name: name, shape: [numbers.count / width, output.datatype == .int64 ? 1 : width], values: values))
        }
        return tensors
    }

    private func labels<Number: TreeNumber>(_ numbers: [Number]) -> [Int64] {
        switch self {
        case .binary: numbers.map { $0 > 0.5 ? 1 : 0 }
        case .label, .values: numbers.map { $0.isFinite ? Int64($0) : -1 }
        case .multiclass(let count):
            stride(from: 0, to: numbers.count, by: count).map { row in
                var best = 0
                for column in 1..<max(count, 1) where numbers[row + column] > numbers[row + best] { best = column }
                return Int64(best)
            }
        }
    }
}
