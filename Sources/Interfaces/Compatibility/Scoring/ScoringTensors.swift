// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain

/// Turns rows into the tensors that a model declares.
package enum ScoringTensors {
    /// Columns go to the inputs of their names, and those that no input is called by are left out. A model with one input takes columns
    /// and lists as the values of its rows, one with several takes lists with a value for each, in its own order.
    ///
    /// - Throws: `Problem` `.invalid` that names the input, the row, what was expected and what came.
    package static func make(_ rows: ScoringRows, for inputs: [TensorSpecification]) throws(Problem) -> [Tensor] {
        switch rows {
        case .columns(let columns, let isText):
            let places = Dictionary(columns.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
            let missing = inputs.filter { places[$0.name] == nil }
            if missing.isEmpty {
                return try inputs.map { input throws(Problem) in
                    try tensor(of: places[input.name].map { columns[$0].values } ?? [], for: input, isText: isText)
                }
            }
            guard inputs.count == 1, let input = inputs.first, input.shape.count != 1 else {
                throw Problem(
                    .invalid, "scoring.input.missing", "Not every input of the model is given: \(names(missing.map(\.name))).",
                    why: "The columns are \(names(columns.map(\.name))).")
            }
            let count = columns.first?.values.count ?? 0
            return [
                try tensor(of: (0..<count).map { row in .array(columns.map { $0.values[row] }) }, for: input, isText: isText)
            ]
        case .list(let elements):
            if inputs.count == 1, let input = inputs.first { return [try tensor(of: elements, for: input, isText: false)] }
            return try make(try .table(names: inputs.map(\.name), rows: elements), for: inputs)
        }
    }

    /// The same for an endpoint that looks up what is not sent.
    ///
    /// - Parameter entity: The input that holds the entity keys; nil when nothing is looked up. Lists are its values then.
    package static func make(
        _ rows: ScoringRows, for inputs: [TensorSpecification], entity: String?
    ) throws(Problem) -> [Tensor] {
        guard let entity else { return try make(rows, for: inputs) }
        switch rows {
        case .columns(let columns, _):
            let given = inputs.filter { input in columns.contains { $0.name == input.name } }
            var tensors = given.isEmpty ? [] : try make(rows, for: given)
            if !given.contains(where: { $0.name == entity }), let keys = columns.first(where: { $0.name == entity }) {
                tensors.append(try Self.keys(keys.values, named: entity))
            }
            return tensors
        case .list(let elements): return [try keys(elements, named: entity)]
        }
    }

    /// Entity keys: whole numbers when all of them are, else text.
    private static func keys(_ values: [JSONNode], named name: String) throws(Problem) -> Tensor {
        let isWhole = values.allSatisfy { if case .integer = $0 { true } else { false } }
        return try tensor(
            of: values, for: TensorSpecification(name: name, datatype: isWhole ? .int64 : .string, shape: [-1]), isText: false)
    }

    /// - Parameter values: One for each row.
    private static func tensor(
        of values: [JSONNode], for input: TensorSpecification, isText: Bool
    ) throws(Problem) -> Tensor {
        var shape = values.first.map(Self.shape) ?? []
        guard shape.count <= maximumRank else {
            throw Problem(.invalid, "scoring.input.shape", "Input '\(input.name.printable)' nests deeper than \(maximumRank) lists.")
        }
        var scalars: [JSONNode] = []
        scalars.reserveCapacity(values.count)
        for (row, value) in values.enumerated() {
            guard append(value, shape: shape[...], to: &scalars) else {
                throw Problem(
                    .invalid, "scoring.input.shape",
                    "Row \(row) of input '\(input.name.printable)' has not the shape of the first, \(shape).")
            }
        }
        // A row of one value may be written with and without a list around it.
        if shape.isEmpty, input.shape.count > 1 {
            shape = Array(repeating: 1, count: input.shape.count - 1)
        } else if shape == [1], input.shape.count == 1 {
            shape = []
        }
        let reader = ScalarReader(input: input, width: max(1, shape.reduce(1, *)), isText: isText)
        return Tensor(name: input.name, shape: [values.count] + shape, values: try reader.values(of: scalars))
    }

    private static let maximumRank = 15

    private static func shape(of node: JSONNode) -> [Int] {
        var shape: [Int] = []
        var node = node
        while case .array(let elements) = node {
            shape.append(elements.count)
            guard let first = elements.first else { break }
            node = first
        }
        return shape
    }

    private static func append(_ node: JSONNode, shape: ArraySlice<Int>, to scalars: inout [JSONNode]) -> Bool {
        guard case .array(let elements) = node else {
            scalars.append(node)
            return shape.isEmpty
        }
        guard elements.count == shape.first else { return false }
        return elements.allSatisfy { append($0, shape: shape.dropFirst(), to: &scalars) }
    }

    private static func names(_ names: [String]) -> String {
        let first = names.prefix(10).map { "'\($0.printable)'" }.joined(separator: ", ")
        return names.isEmpty ? "none" : names.count > 10 ? "\(first) and \(names.count - 10) more" : first
    }
}
