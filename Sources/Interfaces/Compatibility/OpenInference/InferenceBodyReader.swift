// SPDX-License-Identifier: Apache-2.0

import Backends
package import Domain
import Foundation
import Serving

/// Reads the body of an infer request in one pass: a JSON head, then the raw bytes of the inputs that announce them.
package struct InferenceBodyReader {
    private static let maximumInputs = 1024
    private static let maximumRank = 16

    /// What the head says of one input.
    private struct Input {
        var name: String?
        var datatype: TensorDatatype?
        var shape: [Int]?
        var values: TensorValues?
        /// Where `data` begins, when it came before what is needed to read it.
        var dataPosition: JSONCursor?
        var binarySize: Int?
        /// Whether the elements of BYTES are written in base 64.
        var isBase64 = false
    }

    private enum Place: CustomStringConvertible {
        case request
        case member(String)
        case inputNumber(Int)
        case input(String)

        var description: String {
            switch self {
            case .request: "the request"
            case .member(let name): "'\(name.printable)'"
            case .inputNumber(let number): "input \(number)"
            case .input(let name): "input '\(name.printable)'"
            }
        }
    }

    private let bytes: [UInt8]
    private let headLength: Int
    private var body = InferenceBody(request: InferenceRequest(inputs: []))
    private var hasInputs = false
    /// For messages; put into words only when there is one.
    private var place = Place.request
    /// Where the next raw input begins.
    private var rawPosition: Int

    private init(_ bytes: [UInt8], headLength: Int) {
        self.bytes = bytes
        self.headLength = headLength
        rawPosition = headLength
    }

    /// - Parameter headLength: Bytes of the JSON head, from `Inference-Header-Content-Length`; nil when all of the body is JSON.
    /// - Throws: `Problem` `.invalid` that names the input and the byte.
    package static func read(_ bytes: [UInt8], headLength: Int? = nil) throws(Problem) -> InferenceBody {
        guard headLength ?? 0 >= 0, headLength ?? 0 <= bytes.count else {
            throw Problem(
                .invalid, "inference.body.head-length", "The request's head is said to have \(headLength ?? 0) bytes.",
                why: "The whole body has \(bytes.count).", fix: "Send the length of the JSON part in Inference-Header-Content-Length.")
        }
        var reader = InferenceBodyReader(bytes, headLength: headLength ?? bytes.count)
        do {
            try reader.readHead()
            return reader.body
        } catch let fault as JSONCursor.Fault {
            throw Problem(
                .invalid, "inference.body.malformed", "The inference request cannot be read: \(fault.reason).",
                why: "At byte \(fault.position), in \(reader.place).")
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem(.internal, "inference.body.unread", "The inference request could not be read.")
        }
    }

    private mutating func readHead() throws {
        var cursor = JSONCursor(bytes, count: headLength)
        try cursor.forEachMember { cursor, member in
            place = .member(member)
            switch member {
            case "id": body.id = try cursor.takeNull() ? nil : try cursor.string()
            case "parameters": try readParameters(&cursor)
            case "inputs": try readInputs(&cursor)
            case "outputs": try readOutputs(&cursor)
            default: try cursor.skip()
            }
            place = .request
        }
        try cursor.takeEnd()
        guard hasInputs else { throw invalid("inputs-missing", "The request has no member 'inputs'.") }
        guard rawPosition == bytes.count || rawPosition == headLength && headLength == bytes.count else {
            throw invalid(
                "binary-left-over", "\(bytes.count - rawPosition) bytes follow the last raw input.",
                why: "The head announces \(rawPosition - headLength) bytes, the body has \(bytes.count - headLength).")
        }
    }

    private mutating func readParameters(_ cursor: inout JSONCursor) throws {
        try cursor.forEachMember { cursor, name in
            switch name {
            case "event_time": body.request.time = Timestamp(milliseconds: try cursor.integer())
            case "binary_data_output": body.wantsBinary = try cursor.bool()
            default: try cursor.skip()
            }
        }
    }

    private mutating func readOutputs(_ cursor: inout JSONCursor) throws {
        var names: [String] = []
        try cursor.forEachElement { cursor in
            var name: String?
            var isBinary: Bool?
            try cursor.forEachMember { cursor, member in
                switch member {
                case "name": name = try cursor.string()
                case "parameters":
                    try cursor.forEachMember { cursor, parameter in
                        switch parameter {
                        case "binary_data": isBinary = try cursor.bool()
                        case "shared_memory_region": throw Unoffered.systemSharedMemory.problem
                        case "classification": throw Unoffered.classification.problem
                        default: try cursor.skip()
                        }
                    }
                default: try cursor.skip()
                }
            }
            guard let name else { throw cursor.fault("an output has no 'name'") }
            guard names.count < Self.maximumInputs else { throw cursor.fault("more than \(Self.maximumInputs) outputs are asked for") }
            names.append(name)
            if let isBinary { body.binaryOutputs[name] = isBinary }
        }
        body.request.outputs = names.isEmpty ? nil : names
    }

    private mutating func readInputs(_ cursor: inout JSONCursor) throws {
        guard !hasInputs else { throw cursor.fault("'inputs' stands twice") }
        hasInputs = true
        var names: Set<String> = []
        try cursor.forEachElement { cursor in
            let index = body.request.inputs.count
            guard index < Self.maximumInputs else { throw cursor.fault("there are more than \(Self.maximumInputs) inputs") }
            place = .inputNumber(index)
            let tensor = try readInput(&cursor)
            guard names.insert(tensor.name).inserted else {
                throw invalid("input-repeated", "Input '\(tensor.name.printable)' is given twice.")
            }
            body.request.inputs.append(tensor)
        }
    }

    private mutating func readInput(_ cursor: inout JSONCursor) throws -> Tensor {
        var input = Input()
        try cursor.forEachMember { cursor, member in
            switch member {
            case "name":
                let name = try cursor.string()
                place = .input(name)
                input.name = name
            case "datatype": input.datatype = try datatype(&cursor)
            case "shape": input.shape = try shape(&cursor)
            case "parameters":
                try cursor.forEachMember { cursor, parameter in
                    switch parameter {
                    case "binary_data_size": input.binarySize = Int(clamping: try cursor.integer())
                    case "shared_memory_region": throw Unoffered.systemSharedMemory.problem
                    case "content_type" where cursor.peek() == UInt8(ascii: "\""): input.isBase64 = try cursor.string() == "base64"
                    default: try cursor.skip()
                    }
                }
            case "data":
                guard input.values == nil, input.dataPosition == nil else { throw cursor.fault("'data' stands twice") }
                if let datatype = input.datatype, let shape = input.shape {
                    input.values = try TensorData.read(datatype, shape: shape, from: &cursor)
                } else {
                    input.dataPosition = cursor
                    try cursor.skip()
                }
            default: try cursor.skip()
            }
        }
        guard let name = input.name else { throw cursor.fault("the input that ends here has no 'name'") }
        guard let datatype = input.datatype else { throw cursor.fault("the input that ends here has no 'datatype'") }
        guard let shape = input.shape else { throw cursor.fault("the input that ends here has no 'shape'") }
        if let size = input.binarySize {
            guard input.values == nil, input.dataPosition == nil else {
                throw invalid("data-ambiguous", "Input '\(name.printable)' has both 'data' and 'binary_data_size'.")
            }
            return Tensor(name: name, shape: shape, values: try rawValues(datatype, shape: shape, size: size, of: name))
        }
        if var position = input.dataPosition { input.values = try TensorData.read(datatype, shape: shape, from: &position) }
        guard let values = input.values else { throw cursor.fault("the input that ends here has neither 'data' nor 'binary_data_size'") }
        guard input.isBase64, case .string(let texts) = values else { return Tensor(name: name, shape: shape, values: values) }
        return Tensor(name: name, shape: shape, values: try decoded(texts, of: name))
    }

    private func decoded(_ texts: [String], of name: String) throws -> TensorValues {
        .texts(
            of: try texts.enumerated().map { index, text in
                guard let data = Data(base64Encoded: text) else {
                    throw invalid(
                        "base64-malformed", "Element \(index) of input '\(name.printable)' is not base 64, as its content type says.")
                }
                return Array(data)
            })
    }

    private func datatype(_ cursor: inout JSONCursor) throws -> TensorDatatype {
        let name = try cursor.string()
        guard let datatype = TensorDatatype(rawValue: name) else {
            throw invalid(
                "datatype-unsupported", "Datatype '\(name.printable)' of \(place) is not supported.",
                why: "Supported are \(TensorDatatype.allCases.map(\.rawValue).joined(separator: ", ")).",
                fix: "Send the tensor as one of them; GET /v2/models/ENDPOINT says which the model takes.")
        }
        return datatype
    }

    private func shape(_ cursor: inout JSONCursor) throws -> [Int] {
        var shape: [Int] = []
        var count = 1
        try cursor.forEachElement { cursor in
            let size = try cursor.integer()
            guard size >= 0 else { throw cursor.fault("a dimension is negative") }
            guard shape.count < Self.maximumRank else { throw cursor.fault("a shape has more than \(Self.maximumRank) dimensions") }
            let (product, overflow) = count.multipliedReportingOverflow(by: Int(size))
            guard !overflow else { throw cursor.fault("the shape has more elements than can exist") }
            count = product
            shape.append(Int(size))
        }
        return shape
    }

    private mutating func rawValues(_ datatype: TensorDatatype, shape: [Int], size: Int, of name: String) throws -> TensorValues {
        guard size >= 0, size <= bytes.count - rawPosition else {
            throw invalid(
                "binary-short", "Input '\(name.printable)' announces \(size) raw bytes.",
                why: "\(bytes.count - rawPosition) are left in the body.",
                fix: "Send the length of the JSON part in Inference-Header-Content-Length.")
        }
        let raw = bytes[rawPosition..<rawPosition + size]
        rawPosition += size
        do {
            return try RawTensor.values(datatype, count: shape.reduce(1, *), from: raw)
        } catch let fault as RawTensor.Fault {
            throw invalid("binary-malformed", "The raw bytes of input '\(name.printable)' cannot be read: \(fault.reason).")
        }
    }

    private func invalid(_ reason: String, _ what: String, why: String? = nil, fix: String? = nil) -> Problem {
        Problem(.invalid, "inference.body.\(reason)", what, why: why, fix: fix)
    }
}
