// SPDX-License-Identifier: Apache-2.0

package import Serving

/// The body of an infer request, as it was read.
package struct InferenceBody: Sendable {
    /// Repeated in the answer; the client's own.
    package var id: String?
    package var request: InferenceRequest
    /// Whether outputs are answered as raw bytes unless they say otherwise.
    package var wantsBinary: Bool
    /// What single outputs say of it.
    package var binaryOutputs: [String: Bool]

    package init(id: String? = nil, request: InferenceRequest, wantsBinary: Bool = false, binaryOutputs: [String: Bool] = [:]) {
        self.id = id
        self.request = request
        self.wantsBinary = wantsBinary
        self.binaryOutputs = binaryOutputs
    }

    package func isBinary(_ output: String) -> Bool {
        binaryOutputs[output] ?? wantsBinary
    }
}
