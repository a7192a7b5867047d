// SPDX-License-Identifier: Apache-2.0

import Backends
import COnnxRuntime
import Domain

/// One ONNX model, prepared to run.
///
/// `@unchecked Sendable`: the session pointer is set once in `init` and freed in `deinit`, its declarations do not change, and
/// ONNX Runtime documents `Run` on one session as safe from several threads.
final class OnnxModel: LoadedModel, @unchecked Sendable {
    let inputs: [TensorSpecification]
    let outputs: [TensorSpecification]

    private let library: OnnxRuntimeLibrary
    private let session: OpaquePointer
    private let inputIndices: [String: Int]
    private let outputIndices: [String: Int]

    /// A call holds each input's memory in a stack frame of its own.
    static let mostInputs = 1024

    init(_ model: [UInt8], in library: OnnxRuntimeLibrary) throws {
        var session: OpaquePointer?
        let failure = model.withUnsafeBytes { bytes -> UnsafeMutablePointer<CChar>? in
            guard let start = bytes.baseAddress, !bytes.isEmpty else { return nil }
            return onnx_session_create(library.handle, start, bytes.count, &session)
        }
        guard let session else {
            throw Problem(
                .invalid, "serving.model.unreadable", "The model file is not one that ONNX Runtime \(library.version) can load.",
                why: model.isEmpty ? "The file is empty." : cause(failure),
                fix: "Export the model again, check it with `onnx.checker`, and register that file.")
        }
        do {
            inputs = try (0..<onnx_session_input_count(session)).map { try specification(onnx_session_input(session, $0), is: "Input") }
            outputs = try (0..<onnx_session_output_count(session)).map { try specification(onnx_session_output(session, $0), is: "Output") }
            guard inputs.count <= Self.mostInputs else {
                throw Problem(
                    .invalid, "serving.model.unsupported", "The model has \(inputs.count) inputs; \(Self.mostInputs) is the most.",
                    fix: "Export the model with one tensor for all columns of a type.")
            }
        } catch {
            onnx_session_close(session)
            throw error
        }
        self.library = library
        self.session = session
        inputIndices = Dictionary(inputs.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        outputIndices = Dictionary(outputs.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    deinit {
        onnx_session_close(session)
    }

    func infer(_ tensors: [Tensor], outputs names: [String]?) throws -> [Tensor] {
        let ports = try InputCheck(inputs: inputs, indices: inputIndices).ports(of: tensors)
        let wanted = try outputPorts(named: names)
        return try withUnsafeTemporaryAllocation(of: onnx_output.self, capacity: wanted.count) { results in
            guard let first = results.baseAddress else { return [] }
            for (position, port) in wanted.enumerated() {
                var result = onnx_output()
                result.port = port
                results.initializeElement(at: position, to: result)
            }
            return try withBoundInputs(tensors, ports: ports) { bound in
                if let failure = onnx_run(session, bound.baseAddress, bound.count, first, results.count) {
                    throw runFailure(cause(failure), on: tensors)
                }
                defer { onnx_outputs_release(session, first, results.count) }
                return try results.map { try OnnxOutput(session: session, description: $0).tensor(named: outputs[$0.port].name) }
            }
        }
    }

    private func outputPorts(named names: [String]?) throws -> [Int] {
        guard let names, !names.isEmpty else { return Array(outputs.indices) }
        var ports: [Int] = []
        for name in names {
            guard let port = outputIndices[name] else {
                throw Problem(
                    .invalid, "serving.output.unknown", "The model has no output \(quoted(name)).",
                    why: "Its outputs are \(list(outputs.map(\.name))).")
            }
            guard !ports.contains(port) else {
                throw Problem(.invalid, "serving.output.repeated", "Output \(quoted(name)) is asked for twice.")
            }
            ports.append(port)
        }
        return ports
    }

    /// Declared shapes often leave the number of rows open for each input apart; when the caller's differ, that is the reason.
    private func runFailure(_ cause: String?, on tensors: [Tensor]) -> Problem {
        let rows = tensors.compactMap { tensor in
            let declared = inputIndices[tensor.name].flatMap { inputs[$0].shape.first }
            return declared == -1 ? tensor.shape.first.map { (name: tensor.name, count: $0) } : nil
        }
        if let first = rows.first, let other = rows.first(where: { $0.count != first.count }) {
            return Problem(
                .invalid, "serving.input.rows", "The inputs have different numbers of rows.",
                why:
                    "\(quoted(first.name)) has \(first.count), \(quoted(other.name)) has \(other.count). The model says: \(cause ?? "nothing")"
            )
        }
        return Problem(.internal, "serving.model.failed", "The model failed on inputs that fit its declaration.", why: cause)
    }
}

/// Reads a declaration; refuses what is no dense tensor of a type that the seam carries.
private func specification(_ port: UnsafePointer<onnx_port>, is direction: String) throws -> TensorSpecification {
    let name = String(cString: port.pointee.name)
    guard port.pointee.is_tensor else {
        throw Problem(
            .invalid, "serving.model.unsupported", "\(direction) \(quoted(name)) of the model is a sequence or map, not a tensor.",
            why: "Classifiers exported from scikit-learn give a sequence of maps by default.",
            fix: "Export with zipmap=False: convert_sklearn(model, options={'zipmap': False}, ...)")
    }
    guard let datatype = TensorDatatype(onnx: port.pointee.element_type), port.pointee.rank <= Int(ONNX_MAXIMUM_RANK) else {
        throw Problem(
            .invalid, "serving.model.unsupported",
            "\(direction) \(quoted(name)) of the model has ONNX element type \(port.pointee.element_type) and \(port.pointee.rank) dimensions.",
            why: "Supported are \(list(TensorDatatype.allCases.map(\.rawValue))) with at most \(ONNX_MAXIMUM_RANK) dimensions.",
            fix: "Add a Cast or Reshape to the model.")
    }
    let shape = UnsafeBufferPointer(start: port.pointee.shape, count: port.pointee.rank)
    return TensorSpecification(name: name, datatype: datatype, shape: shape.map { $0 < 0 ? -1 : Int($0) })
}
