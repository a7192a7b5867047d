// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance

/// Completes requests of entity keys with what the online store knows of them.
struct FeatureLookup: Sendable {
    let store: OnlineFeatures

    /// The request with every input of the model: those it has, and the others from the store. The entity keys stay in it to be logged,
    /// and reach the model only when it has such an input.
    ///
    /// - Throws: `Problem` `.invalid` that names the row and the feature that is missing or of the wrong type.
    func complete(
        _ request: InferenceRequest, by features: EndpointSettings.Features, for inputs: [TensorSpecification], _ caller: Caller
    ) async throws -> InferenceRequest {
        guard let keys = request.inputs.first(where: { $0.name == features.entity }) else {
            throw Problem(
                .invalid, "serving.features.entity-missing", "The request has no input '\(features.entity.printable)'.",
                why: "This endpoint looks its features up by it, in feature service '\(features.service)'.")
        }
        let missing = inputs.filter { input in !request.inputs.contains { $0.name == input.name } }
        let entities = try keys.entityKeys()
        let rows = try await store.rows(of: Set(entities), in: features.service, workspace: caller.workspace, caller)
        var completed = request
        if !inputs.contains(where: { $0.name == keys.name }) {
            completed.inputs.removeAll { $0.name == keys.name }
            completed.loggedOnly.append(keys)
        }
        for input in missing {
            let column = try entities.enumerated().map { row, entity in
                try Self.value(of: input, from: rows[entity], Place(row: row, entity: entity, features: features))
            }
            completed.inputs.append(try Self.tensor(of: input, column))
        }
        return completed
    }

    private struct Place {
        var row: Int
        var entity: String
        var features: EndpointSettings.Features

        func problem(_ reason: String, _ what: String) -> Problem {
            Problem(
                .invalid, "serving.feature.\(reason)", what, why: "In row \(row), of entity '\(entity.printable)'.",
                fix: "Write it to feature service '\(features.service)', or send the input with the request.")
        }
    }

    private static func value(of input: TensorSpecification, from row: FeatureRow?, _ place: Place) throws(Problem) -> JSONValue {
        let value = row?.values[input.name] ?? .null
        if value == .null {
            let mayBeNull = place.features.missing == .null && (input.datatype == .float32 || input.datatype == .float64)
            guard mayBeNull else {
                throw place.problem(
                    "missing", row == nil ? "Nothing is known of the entity." : "The entity has no feature '\(input.name.printable)'.")
            }
        }
        let fits: Bool =
            switch (input.datatype, value) {
            case (_, .null), (.float32, .number), (.float64, .number), (.float32, .integer), (.float64, .integer), (.string, .string),
                (.bool, .bool):
                true
            case (.int64, .integer): true
            case (.int32, .integer(let number)): Int32(exactly: number) != nil
            default: false
            }
        guard fits else {
            throw place.problem("mistyped", "Feature '\(input.name.printable)' does not fit the model's \(input.datatype.rawValue).")
        }
        return value
    }

    private static func tensor(of input: TensorSpecification, _ column: [JSONValue]) throws(Problem) -> Tensor {
        let values: TensorValues
        switch input.datatype {
        case .float32: values = .float32(column.map { Float($0.double ?? .nan) })
        case .float64: values = .float64(column.map { $0.double ?? .nan })
        case .int64: values = .int64(column.map { $0.integer ?? 0 })
        case .int32: values = .int32(column.map { Int32(clamping: $0.integer ?? 0) })
        case .bool: values = .bool(column.map { $0 == .bool(true) })
        case .string: values = .string(column.map { $0.text ?? "" })
        case .float16, .bfloat16, .int16, .int8, .uint64, .uint32, .uint16, .uint8:
            throw Problem(
                .invalid, "serving.feature.unsupported", "Features cannot be looked up for inputs of type \(input.datatype.rawValue).",
                fix: "Send input '\(input.name.printable)' with the request.")
        }
        return Tensor(name: input.name, shape: [column.count] + Array(repeating: 1, count: max(0, input.shape.count - 1)), values: values)
    }
}

extension Tensor {
    /// One text for each row, of a tensor that holds one text or integer a row.
    func entityKeys() throws(Problem) -> [String] {
        let rows = shape.first ?? 0
        let keys: [String]?
        switch values {
        case .string(let texts): keys = texts
        case .int64(let numbers): keys = numbers.map(String.init)
        case .int32(let numbers): keys = numbers.map { String($0) }
        default: keys = nil
        }
        guard let keys, keys.count == rows else {
            throw Problem(
                .invalid, "serving.entity.malformed", "Input '\(name.printable)' cannot be an entity key.",
                why: "A key is one text or integer a row; this is \(values.datatype.rawValue) with \(values.count) values in \(rows) rows.")
        }
        return keys
    }
}
