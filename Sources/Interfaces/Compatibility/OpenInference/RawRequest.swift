// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain
import Serving

/// A request without a JSON head: its body is the raw bytes of the model's one input.
package enum RawRequest {
    /// The shape is the one declared, with the one variable dimension as large as the bytes make it; `BYTES` is one element, the body.
    ///
    /// - Throws: `Problem` `.invalid` when the model has several inputs or variable dimensions, or the bytes do not fill rows.
    package static func body(_ bytes: [UInt8], for inputs: [TensorSpecification]) throws(Problem) -> InferenceBody {
        guard inputs.count == 1, let input = inputs.first else {
            throw refusal("The model has \(inputs.count) inputs.")
        }
        let open = input.shape.indices.filter { input.shape[$0] < 0 }
        var shape = input.shape.isEmpty ? [-1] : input.shape
        let values: TensorValues
        if input.datatype == .string {
            shape = shape.map { $0 < 0 ? 1 : $0 }
            guard shape.allSatisfy({ $0 == 1 }) else { throw refusal("Its input takes several texts at once.") }
            values = .texts(of: [bytes])
        } else {
            guard open.count <= 1 else { throw refusal("Its input has \(open.count) dimensions that vary.") }
            let elements = shape.filter { $0 >= 0 }.reduce(1, *)
            let size = elements * RawTensor.elementSize(input.datatype)
            let rows = size == 0 ? 0 : bytes.count / size
            guard rows > 0, bytes.count == rows * size, open.count == 1 || input.shape.isEmpty || rows == 1 else {
                throw refusal("It has \(bytes.count) bytes, and its input needs \(size) bytes\(open.isEmpty ? "" : " for each row").")
            }
            shape = shape.map { $0 < 0 ? rows : $0 }
            do {
                values = try RawTensor.values(input.datatype, count: rows * elements, from: bytes[...])
            } catch {
                throw refusal((error as? RawTensor.Fault)?.reason ?? "\(error)")
            }
        }
        let tensor = Tensor(name: input.name, shape: shape, values: values)
        return InferenceBody(request: InferenceRequest(inputs: [tensor]), wantsBinary: true)
    }

    private static func refusal(_ why: String) -> Problem {
        Problem(
            .invalid, "inference.body.raw", "The body is no raw request for this model.", why: why,
            fix: "Send a JSON head with the inputs' names, datatypes and shapes, and its length in Inference-Header-Content-Length.")
    }
}
