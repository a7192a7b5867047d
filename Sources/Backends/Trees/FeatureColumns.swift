// SPDX-License-Identifier: Apache-2.0

package import Domain

/// How a model that knows only rows of numbers takes them: one tensor for each feature when they have names, else one of all features.
///
/// Numbers of any type are taken, whatever type is declared; NaN is a missing value.
package struct FeatureColumns: Sendable {
    /// The one input of a model whose features have no names.
    package static let matrixName = "features"

    package let inputs: [TensorSpecification]
    /// Features of a row.
    package let count: Int
    /// From the name of a feature to its column; empty for one tensor of all.
    private let columns: [String: Int]

    /// - Parameter names: Of the features in order; taken for none unless there is one for each, each another.
    package init(names: [String], count: Int, datatype: TensorDatatype) {
        self.count = count
        let columns = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        if columns.count == count, count > 0, columns[""] == nil {
            self.columns = columns
            inputs = names.map { TensorSpecification(name: $0, datatype: datatype, shape: [-1, 1]) }
        } else {
            self.columns = [:]
            inputs = [TensorSpecification(name: Self.matrixName, datatype: datatype, shape: [-1, count])]
        }
    }

    /// The features of all rows, row by row.
    ///
    /// - Throws: `Problem` `.invalid` naming the first tensor that does not fit, what was expected and what came.
    package func matrix<Number: TreeNumber>(of tensors: [Tensor], as type: Number.Type) throws(Problem) -> (values: [Number], rows: Int) {
        if columns.isEmpty { return try onlyMatrix(of: tensors) }
        let rows = tensors.first?.shape.first ?? 0
        try checkNames(tensors)
        var matrix = [Number](repeating: 0, count: try Self.product(rows, count))
        for tensor in tensors {
            guard let column = columns[tensor.name] else { preconditionFailure("The names were checked.") }
            guard tensor.shape == [rows] || tensor.shape == [rows, 1], tensor.values.count == rows, rows > 0 else {
                throw shape(of: tensor, expected: "[\(rows > 0 ? rows : -1),1]")
            }
            guard tensor.values.place(in: &matrix, from: column, step: count) else { throw datatype(of: tensor) }
        }
        return (matrix, rows)
    }

    private func onlyMatrix<Number: TreeNumber>(of tensors: [Tensor]) throws(Problem) -> (values: [Number], rows: Int) {
        try checkNames(tensors)
        guard let tensor = tensors.first, tensor.shape.count == 2, tensor.shape[1] == count, tensor.shape[0] > 0,
            try Self.product(tensor.shape[0], count) == tensor.values.count
        else {
            throw shape(of: tensors[0], expected: "[-1,\(count)]")
        }
        if let values = Number.elements(of: tensor.values) { return (values, tensor.shape[0]) }
        var matrix = [Number](repeating: 0, count: tensor.values.count)
        guard tensor.values.place(in: &matrix, from: 0, step: 1) else { throw datatype(of: tensor) }
        return (matrix, tensor.shape[0])
    }

    /// Each input exactly once.
    private func checkNames(_ tensors: [Tensor]) throws(Problem) {
        if tensors.count == inputs.count, zip(tensors, inputs).allSatisfy({ $0.name == $1.name }) { return }
        var given: Set<String> = []
        for tensor in tensors {
            guard columns[tensor.name] != nil || (columns.isEmpty && tensor.name == Self.matrixName) else {
                throw Problem(
                    .invalid, "serving.input.unknown", "The model has no input '\(tensor.name.printable)'.",
                    why: "Its inputs are \(Self.list(inputs.map(\.name))).")
            }
            guard given.insert(tensor.name).inserted else {
                throw Problem(.invalid, "serving.input.repeated", "Input '\(tensor.name.printable)' is given twice.")
            }
        }
        let missing = inputs.map(\.name).filter { !given.contains($0) }
        guard missing.isEmpty else {
            throw Problem(
                .invalid, "serving.input.missing", "Not every input of the model is given: \(Self.list(missing)).",
                why: "The model needs \(inputs.count), the request has \(tensors.count).",
                fix: "Send NaN (null in JSON) for a value that is missing.")
        }
    }

    private func shape(of tensor: Tensor, expected: String) -> Problem {
        let shape = tensor.shape.prefix(16).map(String.init).joined(separator: ",")
        return Problem(
            .invalid, "serving.input.shape",
            "Input '\(tensor.name.printable)' has shape [\(shape)] and \(tensor.values.count) elements; the model takes \(expected).",
            why: "-1 stands for the number of rows, from 1 and the same for all inputs.")
    }

    private func datatype(of tensor: Tensor) -> Problem {
        Problem(
            .invalid, "serving.input.datatype",
            "Input '\(tensor.name.printable)' has datatype \(tensor.values.datatype.rawValue); the model takes numbers.",
            fix: "Send what the model was trained with, such as the number of a category.")
    }

    private static func product(_ rows: Int, _ columns: Int) throws(Problem) -> Int {
        let (product, overflow) = rows.multipliedReportingOverflow(by: columns)
        guard !overflow, rows >= 0, product <= 1 << 32 else {
            throw Problem(.invalid, "serving.input.shape", "The inputs have \(rows) rows, more than can be.")
        }
        return product
    }

    private static func list(_ names: [String]) -> String {
        let first = names.prefix(10).map { "'\($0.printable)'" }.joined(separator: ", ")
        return names.count > 10 ? "\(first) and \(names.count - 10) more" : first
    }
}

extension TensorValues {
    /// Writes the elements to `matrix[start]`, `matrix[start + step]` and so on; false when they are no numbers.
    fileprivate func place<Number: TreeNumber>(in matrix: inout [Number], from start: Int, step: Int) -> Bool {
        func fill<Value>(_ values: [Value], _ number: (Value) -> Number) {
            var place = start
            for value in values {
                matrix[place] = number(value)
                place += step
            }
        }
        switch self {
        case .float32(let values): fill(values) { Number($0) }
        case .float64(let values): fill(values) { Number($0) }
        case .int64(let values): fill(values) { Number($0) }
        case .int32(let values): fill(values) { Number($0) }
        case .bool(let values): fill(values) { $0 ? 1 : 0 }
        case .float16(let values): fill(values) { Number($0) }
        case .bfloat16(let values): fill(values) { Number($0.float) }
        case .int16(let values): fill(values) { Number($0) }
        case .int8(let values): fill(values) { Number($0) }
        case .uint64(let values): fill(values) { Number($0) }
        case .uint32(let values): fill(values) { Number($0) }
        case .uint16(let values): fill(values) { Number($0) }
        case .uint8(let values): fill(values) { Number($0) }
        case .string, .bytes: return false
        }
        return true
    }
}
