// SPDX-License-Identifier: Apache-2.0

import Backends
package import Serving

/// An endpoint's configuration in the words of the protocol's extension; what a release decides is not in it.
package struct ModelConfiguration: Encodable, Sendable {
    package struct Port: Encodable, Sendable {
        package var name: String
        package var dataType: String
        package var dims: [Int]

        init(_ tensor: TensorSpecification) {
            name = tensor.name
            dataType = Self.word(for: tensor.datatype)
            dims = tensor.shape
        }

        /// `TYPE_` and the datatype; but text is `TYPE_STRING`.
        private static func word(for datatype: TensorDatatype) -> String {
            datatype == .string ? "TYPE_STRING" : "TYPE_" + datatype.rawValue
        }

        private enum CodingKeys: String, CodingKey {
            case name, dims
            case dataType = "data_type"
        }
    }

    package struct VersionPolicy: Encodable, Sendable {
        package struct Specific: Encodable, Sendable {
            package var versions: [Int]
        }
        package var specific: Specific
    }

    package var name: String
    package var platform: String
    /// The part of the platform that names what runs it.
    package var backend: String
    package var versionPolicy: VersionPolicy
    /// 0: requests are not put together, and the first of the dimensions is the row.
    package var maxBatchSize = 0
    package var input: [Port]
    package var output: [Port]

    package init(_ signature: EndpointSignature) {
        name = signature.endpoint
        platform = signature.platform
        backend = signature.platform == "onnx_onnxv1" ? "onnxruntime" : signature.platform
        versionPolicy = VersionPolicy(specific: .init(versions: signature.versions))
        input = signature.inputs.map(Port.init)
        output = signature.outputs.map(Port.init)
    }

    private enum CodingKeys: String, CodingKey {
        case name, platform, backend, input, output
        case versionPolicy = "version_policy"
        case maxBatchSize = "max_batch_size"
    }
}
