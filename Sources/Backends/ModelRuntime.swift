// SPDX-License-Identifier: Apache-2.0

/// One named, typed, dense tensor; elements in row-major order.
package struct Tensor: Sendable, Equatable {
    package var name: String
    package var shape: [Int]
    package var values: TensorValues

    package init(name: String, shape: [Int], values: TensorValues) {
        self.name = name
        self.shape = shape
        self.values = values
    }
}

/// The elements of a tensor, as an array of their own type.
package enum TensorValues: Sendable, Equatable {
    case float32([Float])
    case float64([Double])
    case int64([Int64])
    case int32([Int32])
    case bool([Bool])
    case string([String])
    /// `BYTES` of which at least one element is no UTF-8; where all are, they come as `string`.
    case bytes([[UInt8]])
    case float16([Float16])
    case bfloat16([BFloat16])
    case int16([Int16])
    case int8([Int8])
    case uint64([UInt64])
    case uint32([UInt32])
    case uint16([UInt16])
    case uint8([UInt8])

    package var count: Int {
        switch self {
        case .float32(let elements): elements.count
        case .float64(let elements): elements.count
        case .int64(let elements): elements.count
        case .int32(let elements): elements.count
        case .bool(let elements): elements.count
        case .string(let elements): elements.count
        case .bytes(let elements): elements.count
        case .float16(let elements): elements.count
        case .bfloat16(let elements): elements.count
        case .int16(let elements): elements.count
        case .int8(let elements): elements.count
        case .uint64(let elements): elements.count
        case .uint32(let elements): elements.count
        case .uint16(let elements): elements.count
        case .uint8(let elements): elements.count
        }
    }

    package var datatype: TensorDatatype {
        switch self {
        case .float32: .float32
        case .float64: .float64
        case .int64: .int64
        case .int32: .int32
        case .bool: .bool
        case .string, .bytes: .string
        case .float16: .float16
        case .bfloat16: .bfloat16
        case .int16: .int16
        case .int8: .int8
        case .uint64: .uint64
        case .uint32: .uint32
        case .uint16: .uint16
        case .uint8: .uint8
        }
    }

    /// Elements of `BYTES`: as text where all of them are UTF-8.
    package static func texts(of elements: [some Collection<UInt8>]) -> TensorValues {
        var strings: [String] = []
        strings.reserveCapacity(elements.count)
        for element in elements {
            guard let string = String(validating: element, as: UTF8.self) else { return .bytes(elements.map { Array($0) }) }
            strings.append(string)
        }
        return .string(strings)
    }
}

extension TensorValues {
    /// The same number in each place; as text where elements are text.
    package init(repeating value: Int, count: Int, as datatype: TensorDatatype) {
        switch datatype {
        case .float32: self = .float32(Array(repeating: Float(value), count: count))
        case .float64: self = .float64(Array(repeating: Double(value), count: count))
        case .int64: self = .int64(Array(repeating: Int64(value), count: count))
        case .int32: self = .int32(Array(repeating: Int32(value), count: count))
        case .bool: self = .bool(Array(repeating: value != 0, count: count))
        case .string: self = .string(Array(repeating: String(value), count: count))
        case .float16: self = .float16(Array(repeating: Float16(value), count: count))
        case .bfloat16: self = .bfloat16(Array(repeating: BFloat16(Float(value)), count: count))
        case .int16: self = .int16(Array(repeating: Int16(value), count: count))
        case .int8: self = .int8(Array(repeating: Int8(value), count: count))
        case .uint64: self = .uint64(Array(repeating: UInt64(value), count: count))
        case .uint32: self = .uint32(Array(repeating: UInt32(value), count: count))
        case .uint16: self = .uint16(Array(repeating: UInt16(value), count: count))
        case .uint8: self = .uint8(Array(repeating: UInt8(value), count: count))
        }
    }
}

/// An element type, written as the Open Inference Protocol names it.
package enum TensorDatatype: String, Sendable, Codable, CaseIterable {
    case float32 = "FP32"
    case float64 = "FP64"
    case int64 = "INT64"
    case int32 = "INT32"
    case bool = "BOOL"
    case string = "BYTES"
    case float16 = "FP16"
    case bfloat16 = "BF16"
    case int16 = "INT16"
    case int8 = "INT8"
    case uint64 = "UINT64"
    case uint32 = "UINT32"
    case uint16 = "UINT16"
    case uint8 = "UINT8"

    package var isFloating: Bool {
        switch self {
        case .float32, .float64, .float16, .bfloat16: true
        case .int64, .int32, .int16, .int8, .uint64, .uint32, .uint16, .uint8, .bool, .string: false
        }
    }
}

/// What a model declares about one input or output; -1 in the shape is a dimension that varies from call to call.
package struct TensorSpecification: Sendable, Codable, Equatable {
    package var name: String
    package var datatype: TensorDatatype
    package var shape: [Int]

    package init(name: String, datatype: TensorDatatype, shape: [Int]) {
        self.name = name
        self.datatype = datatype
        self.shape = shape
    }
}

/// A model in memory, ready to answer; safe for concurrent use.
package protocol LoadedModel: Sendable {
    /// In the model's own order.
    var inputs: [TensorSpecification] { get }
    var outputs: [TensorSpecification] { get }

    /// Computes the named outputs, in the order of the names; all of them, in the model's order, when `outputs` is nil or empty.
    ///
    /// Inputs may come in any order; each input of the model exactly once.
    /// - Throws: `Problem` `.invalid` when names, datatypes or shapes do not fit the model; `.internal` when the model itself fails.
    func infer(_ inputs: [Tensor], outputs: [String]?) throws -> [Tensor]
}

/// Turns the bytes of a model file into a model that answers. Implementations: `OnnxModelRuntime`, `XGBoostRuntime`, `LightGBMRuntime`.
package protocol ModelRuntime: Sendable {
    /// Short name for people and metrics, such as `onnxruntime`.
    var name: String { get }

    /// - Throws: `Problem` `.invalid` when the bytes are no model that this runtime can run.
    func load(_ model: [UInt8]) throws -> any LoadedModel
}
